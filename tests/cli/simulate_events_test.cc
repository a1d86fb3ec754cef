// `simulate --events` as scripts meet it: numbers that can be checked by hand, several devices, faults, and scenarios that cannot stand.
#include <cmath>

#include "tests/cli/fixtures.h"

namespace partway::cli {
namespace {

using testing::HasSubstr;
using testing::IsSupersetOf;

// Cut 1 at 256 takes 20 ms of the device, 1000 bits, which are 100 ms of the link, and 10 ms of the edge.
constexpr char kScenario[] = R"(name = "small"
slots = 4
seed = 1
[frames]
per_slot = 20
[device]
speed = "1kHz"
[edge]
speed = "1kHz"
[link]
bits_per_slot = 10000
[model]
sizes = [256]
accuracy = [0.8]
head_cycles = [[0, 20, 100]]
tail_cycles = [[60, 10, 0]]
upload_bits = [[16000, 1000, 0]]
[constraints]
latency = "200ms"
[[policy]]
name = "fixed"
cut = 1
)";

class SimulateEvents : public ScenarioTest {
 protected:
  SimulateEvents() : ScenarioTest(kScenario) {}
};

// b = 10 of 20 frames a slot, spread over it; the tenth, begun at 0.9 s, ends at 1.03 s, in the next slot: 9, 10, 10 and 10 answers in the slots.
TEST_F(SimulateEvents, NumbersAreThoseOfSingleFramesByHand) {
  const Json json = ExpectJson(Partway({"simulate", Write(kScenario), "--events", "--json"}));
  EXPECT_EQ(json["simulator"], "events");
  EXPECT_EQ(json["devices"], 1);
  const Json& fixed = json["policies"].at(0);
  EXPECT_THAT(Keys(fixed),
              IsSupersetOf({"policy", "size", "fps", "k", "utility", "latency_s", "accuracy", "violation", "bound", "slots_per_s",
                            "frames_per_s", "frames", "frame_latency_s", "fairness", "edge", "devices"}));
  EXPECT_NEAR(fixed["k"].get<double>(), 39 / 80.0, 1e-12);
  EXPECT_NEAR(fixed["fps"].get<double>(), 39 / 4.0, 1e-12);
  EXPECT_NEAR(fixed["latency_s"].get<double>(), 0.13, 1e-8);
  EXPECT_NEAR(fixed["frame_latency_s"]["p95"].get<double>(), 0.13, 1e-8);
  EXPECT_NEAR(fixed["accuracy"].get<double>(), 0.8, 1e-12);
  EXPECT_EQ(fixed["frames"], Json::parse(R"({"offered":80,"edge":40,"local":0,"dropped":40})"));
  EXPECT_EQ(fixed["devices"].at(0)["left_out"], 40);
  EXPECT_NEAR(fixed["edge"]["busy"].get<double>(), 40 * 0.01 / 4, 1e-9);
  EXPECT_EQ(fixed["fairness"]["jain"], 1);
  const Json slots = ExpectJson(Partway({"simulate", Write(kScenario), "--json"}));
  EXPECT_EQ(slots["simulator"], "slots");
  EXPECT_NEAR(slots["policies"].at(0)["latency_s"].get<double>(), 0.13, 1e-12);
}

TEST_F(SimulateEvents, TheScenarioChoosesTheSimulatorAndTheCommandLineOverrules) {
  const std::string path = Changed("seed = 1", "seed = 1\nsimulator = \"events\"\n[devices]\ncount = 3");
  EXPECT_EQ(ExpectJson(Partway({"simulate", path, "--json"}))["devices"], 3);
  EXPECT_EQ(ExpectJson(Partway({"simulate", path, "--json", "--devices", "2"}))["devices"], 2);
  EXPECT_EQ(ExpectJson(Partway({"simulate", path, "--json", "--simulator", "slots"}))["simulator"], "slots");
  EXPECT_THAT(Partway({"simulate", path, "--simulator", "slots"}).out,
              HasSubstr("note: one device in the slot model; [devices] count with --events"));
  const Ended table = Partway({"simulate", path});
  EXPECT_THAT(table.out,
              testing::AllOf(HasSubstr("3 devices on an edge of 1 worker"), HasSubstr("least .. most"), HasSubstr("fixed")));
  ExpectOneLine(Partway({"simulate", path, "--simulator", "slots", "--devices", "2"}), 2,
                "--devices: the slot model has one device");
  ExpectOneLine(Partway({"simulate", path, "--simulator", "frames"}), 2, "--simulator");
}

// Three devices that each want 200 ms of the edge in each 10th of a second: it is full, and each gets a third.
TEST_F(SimulateEvents, DevicesQueueOnTheEdgeAndShareIt) {
  const std::string path = Changed("[[60, 10, 0]]", "[[60, 60, 0]]");
  WriteText(path, ReadText(path) + "\n[devices]\ncount = 3\n[[policy]]\nname = \"all-local\"\n");
  const Json json = ExpectJson(Partway({"simulate", path, "--events", "--json", "--slots", "40"}));
  const Json& fixed = json["policies"].at(0);
  EXPECT_GT(fixed["edge"]["busy"].get<double>(), 0.97);   // 3 devices, 10 frames a second, 60 ms: 180 %
  EXPECT_GT(fixed["fairness"]["jain"].get<double>(), 0.999);
  EXPECT_GT(fixed["frame_latency_s"]["mean"].get<double>(), 0.18 + 0.1);   // the sum of its stages, and waiting
  EXPECT_GT(fixed["edge"]["queued_max"].get<int>(), 3);
  int64_t offered = 0;
  for (const Json& device : fixed["devices"]) {
    const Json& f = device["frames"];
    EXPECT_EQ(f["offered"].get<int64_t>(), f["edge"].get<int64_t>() + f["local"].get<int64_t>() + f["dropped"].get<int64_t>());
    offered += f["offered"].get<int64_t>();
  }
  EXPECT_EQ(offered, 3 * 40 * 20);
  EXPECT_EQ(json["policies"].at(1)["edge"]["busy"], 0);
  EXPECT_NEAR(json["policies"].at(1)["latency_s"].get<double>(), 0.1, 1e-8);
}

TEST_F(SimulateEvents, TheSameSeedGivesTheSameNumbersOnAnyNumberOfThreadsWithFaultsToo) {
  const std::string path = Changed(
      "[link]",
      "jitter = 0.2\n[devices]\ncount = 2\ndeadline = \"1s\"\n[faults]\nreply_lost = 0.2\nserver_restarts_per_s = 0.1\n[link]");
  const auto run = [&](const char* threads) {
    Json json = ExpectJson(Partway({"simulate", path, "--events", "--json", "--policy", "parecon,fixed", "--slots", "30",
                                    "--seeds", "2", "--threads", threads}));
    json.erase("command");
    for (Json& policy : json["policies"]) policy.erase("frames_per_s");
    EXPECT_GT(json["policies"].at(1)["faults"]["reply_lost"].get<int>(), 0);
    return json.dump();
  };
  EXPECT_EQ(run("1"), run("3"));
}

TEST_F(SimulateEvents, ARecordBecomesAPage) {
  const std::string record = folder_ / "r.jsonl", page = folder_ / "r.html";
  ASSERT_EQ(Partway({"simulate", Write(kScenario), "--events", "--devices", "2", "--policy", "parecon,fixed", "--slots", "30",
                     "--record", record})
                .code,
            0);
  const std::vector<Json> slots = Rows(record, "slot");
  ASSERT_EQ(slots.size(), 2u * 2 * 30);
  EXPECT_EQ(slots[0]["policy"], "parecon, device 1");
  EXPECT_EQ(slots[30]["policy"], "parecon, device 2");
  EXPECT_THAT(Keys(slots[0]["queues"]), IsSupersetOf({"latency", "accuracy", "frames"}));
  EXPECT_EQ(Rows(record, "header").at(0)["simulation"]["devices"], 2);
  const Json summary = Rows(record, "summary").at(0);
  EXPECT_EQ(summary["frames"]["offered"], 2 * 2 * 30 * 20);
  ASSERT_EQ(Partway({"report", record, "-o", page}).code, 0);
  EXPECT_THAT(ReadText(page),
              testing::AllOf(HasSubstr("frame by frame, 2 devices on one edge"), HasSubstr("fixed cut=1, device 2")));
}

TEST_F(SimulateEvents, DeadLinksAndEmptySlotsAreNoError) {
  const Json dead = ExpectJson(Partway({"simulate", Changed("bits_per_slot = 10000", "rate = \"0bps\""), "--events", "--json"}));
  EXPECT_EQ(dead["policies"].at(0)["fps"], 0);
  EXPECT_TRUE(dead["policies"].at(0)["utility"].is_null());
  EXPECT_TRUE(dead["policies"].at(0)["frame_latency_s"].is_null());
  const Json none = ExpectJson(Partway({"simulate", Changed("per_slot = 20", "per_slot = 0"), "--events", "--json"}));
  EXPECT_EQ(none["policies"].at(0)["frames"]["offered"], 0);
  WriteText(folder_ / "frames.csv", "20\n0\n");
  const Json half =
      ExpectJson(Partway({"simulate", Changed("per_slot = 20", "per_slot = { trace = \"frames.csv\" }"), "--events", "--json"}));
  EXPECT_EQ(half["policies"].at(0)["frames"]["offered"], 40);
}

TEST_F(SimulateEvents, WhatCannotStandIsRefusedByFileLineAndKey) {
  const struct {
    const char *from, *to, *names;
  } cases[] = {
      {"seed = 1", "simulator = \"frames\"", "s.toml:3: 'simulator' in the file: expected \"slots\" or \"events\""},
      {"[link]", "[devices]\ncount = 0\n[link]", "s.toml:11: 'count' in [devices]: expected a whole number from 1 to 1000"},
      {"[link]", "[devices]\ncount = 100000\n[link]", "s.toml:11: 'count' in [devices]"},
      {"[link]", "[devices]\nnumber = 2\n[link]", "s.toml:11: unknown key 'number' in [devices]"},
      {"[link]", "[devices]\ndeadline = \"0ms\"\n[link]", "s.toml:11: 'deadline' in [devices]: expected a time above 0"},
      {"[link]", "[faults]\nreply_lost = 2\n[link]", "s.toml:11: 'reply_lost' in [faults]: 2; expected a number from 0 to 1"},
      {"[link]", "[faults]\nreply_lost = nan\n[link]", "s.toml:11: 'reply_lost' in [faults]: nan"},
      {"[link]", "[faults]\nlink_resets_per_s = -1\n[link]", "s.toml:11: 'link_resets_per_s' in [faults]: -1"},
      {"[link]", "[faults]\nreplies = 1\n[link]", "s.toml:11: unknown key 'replies' in [faults]"},
      {"[link]", "workers = 0\n[link]", "s.toml:10: 'workers' in [edge]: expected a whole number from 1 to 1024"},
      {"[link]", "jitter = 1.5\n[link]", "s.toml:10: 'jitter' in [edge]: 1.5"},
      {"slots = 4", "slots = 2000000",
       "s.toml: 1 devices for 2000000 slots; expected at most 1000000 slots of all devices together"},
  };
  for (const auto& one : cases) ExpectOneLine(Partway({"simulate", Changed(one.from, one.to), "--events"}), 1, one.names);
  ExpectOneLine(Partway({"simulate", Write(kScenario), "--events", "--devices", "1001"}), 1, "devices: 1001; expected 1 to 1000");
  ExpectOneLine(Partway({"simulate", Write(kScenario), "--devices", "0"}), 2, "--devices");
}

}   // namespace
}   // namespace partway::cli
