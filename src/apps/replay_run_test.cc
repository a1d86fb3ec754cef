// A record that the simulator itself has made must come out as it went in: then what a replay is off by, live, is the model's error and not the replay's.
#include "apps/replay_run.h"

#include <unistd.h>

#include <cstdio>
#include <functional>

#include "apps/recorded_run.h"
#include "apps/replay_info.h"
#include "apps/replay_input.h"
#include "apps/replay_output.h"
#include "base/text.h"
#include "gmock/gmock.h"
#include "report/record_writer.h"

namespace partway::apps {
namespace {

// Two sizes of a model of two groups, from a device that needs 60 and 110 ms for the whole.
report::RunHeader Header(const std::string& policy, double deadline_s) {
  report::RunHeader header;
  header.command = "a test";
  header.model_name = "net";
  header.groups = 2;
  header.policy = policy;
  header.link = "3 Mbps, 10 ms";
  header.seed = kPolicySeed;
  header.control = report::ControlInfo{1, 0.15, 0.7};
  report::ReplayInfo& info = header.replay.emplace();
  info.policy = policy;
  info.policy_slot_s = 0.9;
  info.fps = 20;
  info.reply_timeout_s = 5;
  info.request_bytes = 310;
  if (deadline_s > 0) info.deadline_s = deadline_s;
  info.options = {{0, 160, "jpeg:90", 0.002, 0.002, 6'000, 0.010, 4'000, 0.70},
                  {0, 224, "jpeg:90", 0.003, 0.003, 12'000, 0.018, 4'000, 0.78},
                  {1, 160, "int8-ec", 0.022, 0.002, 4'000, 0.006, 4'000, 0.69},
                  {1, 224, "int8-ec", 0.043, 0.003, 9'000, 0.010, 4'000, 0.77},
                  {2, 160, "", 0.030, 0, 0, 0, 0, 0.71},
                  {2, 224, "", 0.055, 0, 0, 0, 0, 0.79}};
  info.link = report::ReplayLink{2.5, {0.010, 1, {3e6}}, {0.010, 1, {3e6}}};
  return header;
}

report::RunRecord Written(const report::RunRecord& record) {
  const std::string path = Concat(testing::TempDir(), "/replay_run_test.", getpid(), ".jsonl");
  {
    auto writer = report::RecordWriter::Create(path, record.header);
    EXPECT_TRUE(writer.ok()) << writer.status();
    for (const report::FrameRow& frame : record.frames) (*writer)->Frame(frame);
    for (const report::SlotRow& slot : record.slots) (*writer)->Slot(slot);
    (*writer)->Finish(report::BuildSummary(record.frames));
  }
  absl::StatusOr<report::RunRecord> read = report::ReadRecord(path);
  EXPECT_TRUE(read.ok()) << read.status();
  std::remove(path.c_str());
  return *std::move(read);
}

// 160 frames at 20 a second, offered some milliseconds after they were captured; preparing takes 3 and 5 ms; the device runs at `speeds` of its profile.
report::RunRecord Simulated(report::RunHeader header, const std::vector<sim::MachineSpeeds>& speeds) {
  report::RunRecord record;
  record.header = std::move(header);
  for (int i = 0; i < 160; ++i) {
    report::FrameRow frame;
    frame.id = static_cast<uint64_t>(i);
    frame.captured_s = 3.7 + 0.05 * i;
    frame.arrived_at_s = frame.captured_s + 0.002 + 0.001 * (i % 3);
    record.frames.push_back(frame);
  }
  auto live = ProblemOf(record.header);
  EXPECT_TRUE(live.ok()) << live.status();
  auto input = ReplayInputOf(record, **live);
  EXPECT_TRUE(input.ok()) << input.status();
  const report::ReplayInfo& info = *record.header.replay;
  std::optional<Duration> deadline;
  if (info.deadline_s) deadline = FromSeconds(*info.deadline_s);
  auto controller = MakeController(**live, info.policy, kPolicySeed, deadline);
  EXPECT_TRUE(controller.ok()) << controller.status();
  input->run.options = &(*live)->table;
  input->run.controller = controller->get();
  input->run.session = ControlledSession(**controller, 2, 224);
  input->run.session.deadline = deadline;
  input->run.speeds = speeds;
  input->run.prepare_s = {{160, 0.003}, {224, 0.005}};
  auto result = sim::RunControlled(input->run, kPolicySeed);
  EXPECT_TRUE(result.ok()) << result.status();
  record.frames.clear();
  for (device::FrameRecord& frame : result->records) {
    frame.captured_s += input->origin_s;
    for (double device::FrameRecord::*at :
         {&device::FrameRecord::arrived_at_s, &device::FrameRecord::head_at_s, &device::FrameRecord::encode_at_s,
          &device::FrameRecord::upload_at_s, &device::FrameRecord::edge_at_s, &device::FrameRecord::tail_at_s}) {
      if (frame.*at >= 0) frame.*at += input->origin_s;
    }
    record.frames.emplace_back(frame);
  }
  for (const control::SlotReport& slot : result->slots) record.slots.push_back(SlotRowOf(slot, (*live)->table));
  return record;
}

void ExpectTheSame(const ReplayedRun& live, const ReplayedRun& simulated, double tolerance) {
  const ReplayErrors errors = ErrorsOf(live, simulated);
  EXPECT_NEAR(errors.fps, 0, tolerance);
  EXPECT_NEAR(errors.latency, 0, tolerance);
  EXPECT_NEAR(errors.upload_bytes, 0, tolerance);
  EXPECT_NEAR(errors.within, 0, tolerance);
  EXPECT_EQ(simulated.summary.offered, live.summary.offered);
}

class ReplayOfASimulation : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Policies, ReplayOfASimulation,
                         testing::Values("adaptive", "adaptive-single", "parecon", "all-local", "all-edge"),
                         [](const auto& policy) {
                           std::string name = policy.param;
                           std::erase(name, '-');
                           return name;
                         });

TEST_P(ReplayOfASimulation, IsTheSimulation) {
  for (const double deadline_s : {0.0, 0.15}) {
    const report::RunRecord record = Written(Simulated(Header(GetParam(), deadline_s), {{Instant{}, 0.5, 0.8}}));
    const absl::StatusOr<Replay> replay = PlayAgain(record);
    ASSERT_TRUE(replay.ok()) << replay.status();
    EXPECT_EQ(replay->live.summary.offered, 160);
    EXPECT_GT(replay->live.summary.answered(), 50) << "all on a device at half the speed are some 8 a second";
    ExpectTheSame(replay->live, replay->simulated, 1e-4);
    ASSERT_EQ(replay->simulated.slots.size(), replay->live.slots.size());
  }
}

// A device that becomes half as fast at the third slot's end: the speeds are found in the frames, slot by slot.
TEST(ReplayRun, ADeviceThatSlowsDownIsFoundInTheFrames) {
  const Instant slot_three{FromSeconds(3.7 - 2.5 + 3)};
  const Replay replay = *PlayAgain(Written(Simulated(Header("all-local", 0), {{Instant{}, 1, 1}, {slot_three, 0.5, 1}})));
  ExpectTheSame(replay.live, replay.simulated, 0.01);
  EXPECT_NEAR(replay.simulated.slots.front().latency_s, replay.live.slots.front().latency_s, 1e-6);
  EXPECT_GT(replay.simulated.slots.back().latency_s, 1.5 * replay.simulated.slots.front().latency_s);
}

// Another link than the run had: the policy decides otherwise, and the recorded decisions tell the two causes apart.
TEST(ReplayRun, RecordedDecisionsAreCarriedOut) {
  report::RunRecord record = Simulated(Header("adaptive", 0), {{Instant{}, 0.5, 1}});
  record.header.replay->link->up.rates_bps = {0.2e6};
  const Replay replay = *PlayAgain(Written(record));
  EXPECT_LT(static_cast<double>(replay.simulated.summary.upload_bytes),
            0.5 * static_cast<double>(replay.live.summary.upload_bytes));
  double live = 0, decided = 0;
  for (const report::SlotRow& slot : replay.live.slots) {
    for (const report::SlotChoice& choice : slot.choice) live += choice.frames;
  }
  for (const report::SlotRow& slot : replay.as_decided.slots) {
    for (const report::SlotChoice& choice : slot.choice) decided += choice.frames;
  }
  EXPECT_EQ(decided, live);
}

TEST(ReplayRun, ErrorsAreRelativeAndTheWorstComesFirst) {
  EXPECT_NEAR(RelativeError(10, 11), 0.1, 1e-12);
  EXPECT_NEAR(RelativeError(10, 9), -0.1, 1e-12);
  EXPECT_EQ(RelativeError(0, 0), 0);
  EXPECT_EQ(RelativeError(0, 5), 1) << "nothing to compare with, and not nothing came";
  const auto with_fps = [](const char* path, double live, double simulated) {
    Replay replay;
    replay.path = path;
    replay.live.summary.fps = live;
    replay.simulated.summary.fps = replay.as_decided.summary.fps = simulated;
    return replay;
  };
  std::vector<Replay> replays = {with_fps("good", 10, 10.1), with_fps("bad", 10, 8), with_fps("fair", 10, 10.3)};
  SortWorstFirst(&replays);
  EXPECT_EQ(replays[0].path, "bad");
  EXPECT_EQ(replays[1].path, "fair");
  const ReplayMeans means = MeansOf(replays, &Replay::simulated);
  EXPECT_NEAR(means.fps, (0.01 + 0.2 + 0.03) / 3, 1e-12) << "without sign";
  EXPECT_FALSE(means.holds());
  replays.erase(replays.begin());
  EXPECT_TRUE(MeansOf(replays, &Replay::simulated).holds());
}

TEST(ReplayRun, WhatCannotBePlayedAgainIsRefused) {
  const auto refused = [](const std::function<void(report::RunRecord*)>& change) {
    report::RunRecord record;
    record.path = "x.jsonl";
    record.header = Header("adaptive", 0);
    record.frames.emplace_back();
    record.frames.back().captured_s = record.frames.back().arrived_at_s = 4;
    change(&record);
    const absl::StatusOr<Replay> replay = PlayAgain(record);
    return replay.ok() ? std::string("played") : std::string(replay.status().message());
  };
  using testing::HasSubstr;
  EXPECT_EQ(refused([](report::RunRecord*) {}), "played");
  EXPECT_THAT(refused([](report::RunRecord* r) { r->header.replay.reset(); }), HasSubstr("x.jsonl: the record does not hold"));
  EXPECT_THAT(refused([](report::RunRecord* r) { r->frames.clear(); }), HasSubstr("no frame"));
  EXPECT_THAT(refused([](report::RunRecord* r) { r->frames[0].captured_s = 1; }), HasSubstr("before the link began"));
  EXPECT_THAT(refused([](report::RunRecord* r) { r->frames[0].arrived_at_s = 1e8; }), HasSubstr("expected at most"));
  EXPECT_THAT(refused([](report::RunRecord* r) { r->header.replay->policy = "clairvoyant"; }),
              HasSubstr("no policy 'clairvoyant'"));
  EXPECT_THAT(refused([](report::RunRecord* r) { r->header.replay->policy = "best-fixed"; }), HasSubstr("future"));
  EXPECT_THAT(refused([](report::RunRecord* r) { r->header.groups = 0; }), HasSubstr("header.model.groups"));
  EXPECT_THAT(refused([](report::RunRecord* r) { r->header.groups = 3; }), HasSubstr("cut 2 without a codec"));
  EXPECT_THAT(refused([](report::RunRecord* r) { std::swap(r->header.replay->options[0], r->header.replay->options[5]); }),
              HasSubstr("in order"));
  EXPECT_THAT(refused([](report::RunRecord* r) { r->header.replay->options.erase(r->header.replay->options.begin() + 4); }),
              HasSubstr("all-local"));
  EXPECT_THAT(refused([](report::RunRecord* r) { r->header.replay->options.clear(); }), HasSubstr("no option"));
  EXPECT_THAT(refused([](report::RunRecord* r) { r->header.replay->link.reset(); }), HasSubstr("no slot tells of an uplink"));
}

}   // namespace
}   // namespace partway::apps
