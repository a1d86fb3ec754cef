#include "sim/controlled_run.h"

#include <functional>

#include "gmock/gmock.h"
#include "net/trace.h"
#include "policy/registry.h"
#include "policy/test_problems.h"

namespace partway::sim {
namespace {

// One size; row 0 sends 10,000 bytes in 2 ms of device and 5 ms of edge time, row 1 stays and takes 40 ms.
cost::OptionTable Table() { return cost::MakeTable(1, {{0, 0.002, 80'000, 0.005, 0.8}, {1, 0.040, 0, 0, 0.8}}); }

class ControlledRunTest : public testing::Test {
 protected:
  // By `fixed`, `cut` 0 or 1: `frames` of them, one every 100 ms, offered 3 ms after they were captured; preparing takes 4 ms. The link carries 1 MB/s
  // with 10 ms each way, the device is half as fast as its profile.
  ControlledResult Run(
      double cut, int frames, const std::function<void(ControlledRun*)>& change = [](ControlledRun*) {}) {
    const policy::Problem problem{.options = &table_, .slot_s = 0.9, .max_latency_s = 0.2};
    auto fixed = policy::MakePolicy("fixed", problem, {.numbers = {{"cut", cut}}, .texts = {}, .files = {}}, 1);
    EXPECT_TRUE(fixed.ok()) << fixed.status();
    control::ControllerOptions options;
    options.problem = problem;
    options.first_device_speed = 0.5;
    options.fall_back = false;
    control::Controller controller(options, *std::move(fixed));
    ControlledRun run;
    run.options = &table_;
    run.controller = &controller;
    run.fps = 10;
    for (int i = 0; i < frames; ++i) {
      const Instant captured{std::chrono::seconds(1) + i * std::chrono::milliseconds(100)};
      run.frames.push_back({captured, captured + std::chrono::milliseconds(3)});
    }
    run.speeds = {{Instant{}, 0.5, 1}};
    run.prepare_s = {{224, 0.004}};
    run.link.up = net::RateOverTime({{Duration(0), 8'000'000}});
    run.link.delay_up = run.link.delay_down = std::chrono::milliseconds(10);
    run.warm_up = std::chrono::seconds(1);
    change(&run);
    absl::StatusOr<ControlledResult> result = RunControlled(run, 1);
    error_ = std::string(result.status().message());
    return result.ok() ? *std::move(result) : ControlledResult{};
  }

  const cost::OptionTable table_ = Table();
  std::string error_;
};

TEST_F(ControlledRunTest, FramesThatStayTakeWhatTheTableSays) {
  const ControlledResult result = Run(1, 20);
  EXPECT_TRUE(result.done);
  ASSERT_EQ(result.records.size(), 20u);
  for (const device::FrameRecord& frame : result.records) {
    EXPECT_EQ(frame.outcome, device::Outcome::kLocal);
    // 3 until it was offered, 4 to prepare, 40 at half the speed.
    EXPECT_NEAR(frame.latency_s, 0.003 + 0.004 + 0.080, 1e-8);
    EXPECT_NEAR(frame.arrived_at_s - frame.captured_s, 0.003, 1e-9);
  }
  ASSERT_EQ(result.slots.size(), 2u);
  EXPECT_EQ(result.slots[0].outcome.offered, 10);
  EXPECT_NEAR(result.slots[1].seen.state.device_speed, 0.5, 1e-6);
}

TEST_F(ControlledRunTest, FramesThatAreSentMeetTheLinkAndTheEdge) {
  const ControlledResult result = Run(0, 30, [](ControlledRun* run) {
    run->request_bytes = 300;
    run->call = {.up = 100, .down = 100};
  });
  EXPECT_TRUE(result.done);
  ASSERT_EQ(result.records.size(), 30u);
  for (const device::FrameRecord& frame : result.records) {
    EXPECT_EQ(frame.outcome, device::Outcome::kEdge);
    EXPECT_EQ(frame.upload_bytes, 10'300);
    // Offered 3, prepared 4, encoded 2 at half the speed, 10,400 bytes at 1 MB/s, 10 there, 5 on the edge, 10 back. The first one finds two probes of some
    // 10 ms on the link.
    const double alone_s = 0.003 + 0.004 + 0.004 + 0.0104 + 0.010 + 0.005 + 0.010;
    EXPECT_NEAR(frame.latency_s, alone_s + (frame.id == 1 ? 0.0125 : 0), frame.id == 1 ? 0.005 : 1e-6) << frame.id;
  }
  // The controller found out by itself: rate, round trip, and who else uses the edge.
  ASSERT_EQ(result.slots.size(), 3u);
  const cost::State& state = result.slots[2].seen.state;
  EXPECT_NEAR(state.uplink_bps / 8e6, 1, 0.05) << "the protocol's bytes are on the link and not counted";
  EXPECT_NEAR(state.rtt_s, 0.020 + 0.000132, 1e-6);
  EXPECT_NEAR(state.edge_load, 0, 1e-6);
  EXPECT_EQ(result.slots[2].edge_workers, 1);
}

TEST_F(ControlledRunTest, SpeedsHoldFromTheirTimeOn) {
  const ControlledResult result = Run(1, 20, [](ControlledRun* run) {
    run->speeds = {{Instant{}, 2, 1}, {Instant{std::chrono::seconds(2)}, 0.5, 1}};
  });
  ASSERT_EQ(result.records.size(), 20u);
  for (const device::FrameRecord& frame : result.records) EXPECT_NEAR(frame.head_s, frame.captured_s < 2 ? 0.020 : 0.080, 1e-8);
}

// Others ask for 40 % of the edge in requests of 10 ms, one every 25: ours wait for them now and then, and the controller is told.
TEST_F(ControlledRunTest, OthersOnTheEdgeAreWaitedForAndSeen) {
  const ControlledResult result = Run(0, 50, [](ControlledRun* run) {
    run->speeds = {{Instant{}, 0.5, 1, 0.4}};
    run->frames.front().captured = run->frames.front().arrived = Instant{std::chrono::seconds(1)};
  });
  EXPECT_TRUE(result.done);
  double most_s = 0;
  for (const device::FrameRecord& frame : result.records) most_s = std::max(most_s, frame.edge_queue_s);
  EXPECT_LE(most_s, 0.010 + 1e-9);
  ASSERT_EQ(result.slots.size(), 5u);
  EXPECT_NEAR(result.slots[4].seen.state.edge_load, 0.4, 0.03);
}

TEST_F(ControlledRunTest, ALinkThatCarriesNothingEndsInTheDevice) {
  const ControlledResult result = Run(0, 10, [](ControlledRun* run) {
    // A megabyte a second until 1.35 s, then nothing for an hour.
    run->link.up =
        net::RateOverTime({{Duration(0), 8'000'000}, {std::chrono::milliseconds(1350), 0}, {std::chrono::hours(1), 0}});
    run->session.silence = std::chrono::seconds(2);
  });
  EXPECT_TRUE(result.done);
  ASSERT_EQ(result.records.size(), 10u);
  int local = 0;
  for (const device::FrameRecord& frame : result.records) local += frame.outcome == device::Outcome::kLocal ? 1 : 0;
  EXPECT_EQ(local, 6) << "those captured at 1.4 s and later were sent in vain";
}

TEST_F(ControlledRunTest, WhatCannotBePlayedIsRefused) {
  const auto refused = [&](const std::function<void(ControlledRun*)>& change) {
    Run(1, 3, change);
    return error_;
  };
  using testing::HasSubstr;
  EXPECT_THAT(refused([](ControlledRun* run) { std::swap(run->frames[0], run->frames[2]); }), HasSubstr("ascending"));
  EXPECT_THAT(refused([](ControlledRun* run) { run->frames[0].captured = Instant{std::chrono::seconds(9)}; }),
              HasSubstr("ascending"));
  EXPECT_THAT(refused([](ControlledRun* run) { run->speeds[0].device = 0; }), HasSubstr("speeds above 0"));
  EXPECT_THAT(refused([](ControlledRun* run) { run->speeds[0].others = 1; }), HasSubstr("others"));
  EXPECT_THAT(refused([](ControlledRun* run) { run->edge_workers = 0; }), HasSubstr("workers"));
}

}   // namespace
}   // namespace partway::sim
