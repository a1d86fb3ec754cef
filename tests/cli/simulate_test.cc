// `simulate` as scripts meet it: keys, numbers that can be checked by hand, records and their page, and scenarios that cannot stand.
#include <cmath>

#include "tests/cli/fixtures.h"

namespace partway::cli {
namespace {

using testing::HasSubstr;
using testing::IsSupersetOf;

// Two cuts' worth of a network: cut 1 sends 1 kbit and takes 20 ms of the device and 10 ms of the edge; cut 2 takes 100 ms of the device.
constexpr char kScenario[] = R"(name = "small"
slots = 4
slot = "1s"
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
sizes = [128, 256]
accuracy = [0.5, 0.8]
head_cycles = [[0, 10, 50],
               [0, 20, 100]]
tail_cycles = [[30, 5, 0], [60, 10, 0]]
upload_bits = [[4000, 500, 0], [16000, 1000, 0]]
[constraints]
latency = "200ms"
accuracy = 0.5
[[policy]]
name = "fixed"
cut = 1
size = 256
)";

class Simulate : public ScenarioTest {
 protected:
  Simulate() : ScenarioTest(kScenario) {}
};

TEST_F(Simulate, NumbersAreThoseOfTheModelByHand) {
  const Json json = ExpectJson(Partway({"simulate", Write(kScenario), "--json"}));
  EXPECT_EQ(json["scenario"], "small");
  EXPECT_EQ(json["slots"], 4);
  ASSERT_EQ(json["policies"].size(), 1u);
  const Json& fixed = json["policies"][0];
  EXPECT_THAT(Keys(fixed), IsSupersetOf({"policy", "size", "fps", "k", "utility", "latency_s", "accuracy", "violation", "bound",
                                         "slots_per_s"}));
  // b = min(20, 10000 / 1000, 1 / 0.02) = 10 of 20; R = 0.02 + 1000 / 10000 + 0.01.
  EXPECT_EQ(fixed["size"], 256);
  EXPECT_DOUBLE_EQ(fixed["fps"].get<double>(), 10);
  EXPECT_DOUBLE_EQ(fixed["k"].get<double>(), 0.5);
  EXPECT_NEAR(fixed["utility"].get<double>(), std::log(0.5), 1e-12);
  EXPECT_NEAR(fixed["latency_s"].get<double>(), 0.13, 1e-12);
  EXPECT_NEAR(fixed["accuracy"].get<double>(), 0.8, 1e-12);
  EXPECT_EQ(fixed["violation"]["latency_s"], 0);
  // With 500 bits all 20 fit: 0.01 + 0.05 + 0.005 s and accuracy 0.5 keep both constraints.
  EXPECT_NEAR(fixed["bound"]["k"].get<double>(), 1, 1e-9);
}

TEST_F(Simulate, TheSameSeedGivesTheSameNumbersOnAnyNumberOfThreads) {
  const std::string path = Changed("bits_per_slot = 10000", "bits_per_slot = { uniform = [1e3, 2e4] }");
  const auto run = [&](const char* threads) {
    Json json = ExpectJson(Partway(
        {"simulate", path, "--json", "--policy", "parecon,fixed", "--slots", "300", "--seeds", "3", "--threads", threads}));
    json.erase("command");
    for (Json& policy : json["policies"]) policy.erase("slots_per_s");
    return json.dump();
  };
  EXPECT_EQ(run("1"), run("3"));
}

TEST_F(Simulate, ARecordBecomesAPage) {
  const std::string record = folder_ / "r.jsonl", page = folder_ / "r.html";
  const std::string path = Changed("bits_per_slot = 10000",
                                   "bits_per_slot = { markov = { bits = [0, 10000], transitions = [[0.5, 0.5], [0.1, 0.9]] } }");
  ASSERT_EQ(Partway({"simulate", path, "--policy", "parecon,fixed", "--slots", "50", "--record", record}).code, 0);
  const std::vector<Json> slots = Rows(record, "slot");
  ASSERT_EQ(slots.size(), 100u);
  EXPECT_THAT(Keys(slots[0]),
              IsSupersetOf({"t", "a", "b", "k", "choice", "uplink_bps", "queues", "predicted_latency_s", "latency_s"}));
  EXPECT_THAT(Keys(slots[0]["queues"]), IsSupersetOf({"latency", "accuracy", "frames"}));
  const Json summary = Rows(record, "summary").at(0);
  EXPECT_EQ(summary["frames"]["offered"], 100 * 20);
  EXPECT_EQ(
      summary["frames"]["offered"].get<int>(),
      summary["frames"]["edge"].get<int>() + summary["frames"]["local"].get<int>() + summary["frames"]["dropped"].get<int>());
  ASSERT_EQ(Partway({"report", record, "-o", page}).code, 0);
  EXPECT_THAT(ReadText(page), testing::AllOf(HasSubstr("Simulated, not measured"), HasSubstr("parecon"), HasSubstr("<svg")));
}

TEST_F(Simulate, ConstraintsThatCannotBeMetAreNamedBeforeTheRun) {
  const Ended low = Partway({"simulate", Changed("latency = \"200ms\"", "latency = \"1ms\"")});
  EXPECT_EQ(low.code, 0);
  ASSERT_EQ(low.ErrLines().size(), 1u);
  EXPECT_THAT(low.err, testing::AllOf(HasSubstr("s.toml:20: [constraints]: latency 1.00 ms"), HasSubstr("least mean")));
  const Ended high = Partway({"simulate", Changed("accuracy = 0.5\n[[", "accuracy = 0.9\n[["), "--json"});
  EXPECT_THAT(high.err, HasSubstr("accuracy 0.9 cannot be met: the best option has 0.8"));
  EXPECT_EQ(Json::parse(high.out)["constraints"]["feasible"], false);
  EXPECT_TRUE(Json::parse(high.out)["policies"][0]["bound"].is_null());
}

TEST_F(Simulate, SlotsWithoutLinkOrFramesAreNoError) {
  const Json dead = ExpectJson(Partway({"simulate", Changed("bits_per_slot = 10000", "rate = \"0bps\""), "--json"}));
  EXPECT_EQ(dead["policies"][0]["fps"], 0);
  EXPECT_TRUE(dead["policies"][0]["utility"].is_null());   // log 0
  WriteText(folder_ / "frames.csv", "20\n0\n");
  const Json half =
      ExpectJson(Partway({"simulate", Changed("per_slot = 20", "per_slot = { trace = \"frames.csv\" }"), "--json"}));
  EXPECT_DOUBLE_EQ(half["policies"][0]["k"].get<double>(), 0.5);
  const Json none = ExpectJson(Partway({"simulate", Changed("per_slot = 20", "per_slot = 0"), "--json"}));
  EXPECT_EQ(none["policies"][0]["fps"], 0);
}

TEST_F(Simulate, WhatCannotStandIsRefusedByFileLineAndKey) {
  const struct {
    const char *from, *to, *names;
  } cases[] = {
      {"slots = 4", "slotz = 4", "s.toml:2: unknown key 'slotz' in the file"},
      {"slots = 4", "slots = 0", "s.toml:2: 'slots' in the file: expected a whole number from 1"},
      {"slot = \"1s\"", "slot = 1", "s.toml:3: 'slot' in the file: expected a text"},
      {"slot = \"1s\"", "slot = \"1\"", "has no unit"},
      {"seed = 1", "seed = ", "s.toml:4: not TOML"},
      {"per_slot = 20", "per_slot = -3", "s.toml:6: 'per_slot' in [frames]: expected a whole number from 0"},
      {"per_slot = 20", "per_slot = { uniform = [60, 30] }", "s.toml:6: 'uniform' in per_slot"},
      {"per_slot = 20", "per_slot = { trace = \"none.csv\" }", "s.toml:6: 'trace' in per_slot"},
      {"speed = \"1kHz\"", "speed = \"fast\"", "s.toml:8: 'speed' in [device]: 'fast' is not a speed"},
      {"speed = \"1kHz\"", "sped = \"1kHz\"", "s.toml:8: unknown key 'sped' in [device]"},
      {"bits_per_slot = 10000", "bits_per_slot = nan", "s.toml:12: 'bits_per_slot' in [link]: nan"},
      {"bits_per_slot = 10000", "bits_per_slot = -1", "s.toml:12: 'bits_per_slot' in [link]: -1"},
      {"bits_per_slot = 10000", "bits_per_slot = 1\nrate = \"1Mbps\"", "[link] has 2 of bits_per_slot or rate or trace"},
      {"bits_per_slot = 10000", "bits_per_slot = { markov = { bits = [1, 2], transitions = [[1, 0]] } }",
       "s.toml:12: 'transitions' in [markov]: 1 rows"},
      {"bits_per_slot = 10000", "bits_per_slot = { markov = { bits = [1, 2], transitions = [[1, 0], [0.5, 0.4]] } }",
       "sums to 0.9"},
      {"sizes = [128, 256]", "sizes = [256, 128]", "s.toml:14: 'sizes' in [model]"},
      {"accuracy = [0.5, 0.8]", "accuracy = [0.5]", "s.toml:15: 'accuracy' in [model]: 1 numbers; expected a list of 2"},
      {"accuracy = [0.5, 0.8]", "accuracy = [0.5, nan]", "s.toml:15: 'accuracy' in [model]: nan"},
      {"[0, 20, 100]", "[0, 20]", "s.toml:17: 'head_cycles' in [model]: 2 numbers; expected a list of 3"},
      {"[[30, 5, 0], [60, 10, 0]]", "[[30, 5, 0]]", "s.toml:18: 'tail_cycles' in [model]: 1 rows; expected a list of 2"},
      {"[16000, 1000, 0]", "[16000, 1000, 7]", "s.toml:19: 'upload_bits' in [model]: the last number of row 2 is not 0"},
      {"[16000, 1000, 0]", "[16000, -1000, 0]", "s.toml:19: 'upload_bits' in [model]: -1000"},
      {"latency = \"200ms\"", "latency = \"0ms\"", "s.toml:21: 'latency' in [constraints]: expected a time above 0"},
      {"accuracy = 0.5\n[[", "accuracy = 1.5\n[[", "s.toml:22: 'accuracy' in [constraints]: 1.5"},
      {"name = \"fixed\"", "name = \"fixd\"", "s.toml:24: 'name' in [[policy]]: no policy 'fixd'"},
      {"cut = 1", "cutt = 1", "s.toml:25: policy 'fixed' has no parameter 'cutt'"},
      {"size = 256", "size = 200", "the options have no size 200"},
  };
  for (const auto& one : cases) ExpectRefused(Changed(one.from, one.to), one.names);
  WriteText(folder_ / "bits.csv", "5\n-1\n");
  ExpectRefused(Changed("bits_per_slot = 10000", "bits_per_slot = { trace = \"bits.csv\" }"), "bits.csv:2: -1 bits");
  const std::pair<const char*, const char*> traces[] = {{"nan\n", "bits.csv:1: "},
                                                        {"", "bits.csv: the trace is empty"},
                                                        {"# a comment\n\n", "bits.csv: the trace is empty"},
                                                        {"5\nfive\n", "bits.csv:2: "}};
  for (const auto& [text, names] : traces) {
    WriteText(folder_ / "bits.csv", text);
    ExpectRefused(Changed("bits_per_slot = 10000", "bits_per_slot = { trace = \"bits.csv\" }"), names);
  }
  for (const char* frames : {"-1\n", "2.5\n", "nan\n", ""}) {
    WriteText(folder_ / "frames.csv", frames);
    ExpectRefused(Changed("per_slot = 20", "per_slot = { trace = \"frames.csv\" }"), "s.toml:6: 'trace' in per_slot: ");
  }
  for (const char* rates : {"0,-1\n", "0,nan\n", "1,5\n", "0,1e6\n0,2e6\n", "0,0\n"}) {
    WriteText(folder_ / "rates.csv", rates);
    ExpectRefused(Changed("bits_per_slot = 10000", "trace = \"rates.csv\""), "s.toml:12: 'trace' in [link]: ");
  }
  WriteText(folder_ / "empty.csv", "");
  ExpectRefused(Changed("bits_per_slot = 10000", "trace = \"empty.csv\""), "the trace is empty");
  ExpectOneLine(Partway({"simulate", Write(kScenario), "--policy", "nobody"}), 2, "no policy 'nobody'");
  ExpectOneLine(Partway({"simulate", folder_ / "none.toml"}), 1, "none.toml");
}

TEST_F(Simulate, TheShippedScenariosRun) {
  const std::string assets = Photos() + "/../scenarios/";
  for (const char* name : {"parecon-fig4.toml", "lte-walk.toml", "four-devices.toml"}) {
    const Json json = ExpectJson(Partway({"simulate", assets + name, "--slots", "20", "--json"}));
    EXPECT_FALSE(json["policies"].empty()) << name;
  }
}

}   // namespace
}   // namespace partway::cli
