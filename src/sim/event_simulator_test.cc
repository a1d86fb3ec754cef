// The arithmetic of the event simulator: where nothing waits it must say what the slot model says, where something does what a pencil says.
#include "sim/event_simulator.h"

#include <algorithm>
#include <cmath>

#include "cost/test_tables.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "policy/slot_model.h"

namespace partway::sim {
namespace {

using device::FrameRecord;
using device::Outcome;

Duration Ms(double ms) { return FromSeconds(ms * 1e-3); }

// 8 Mbps, so that an upload of u ms is 1000 u bytes. Row 0 sends, row 1 is the model on the device: 50 ms.
struct StageMs {
  double head, upload, edge;
};
cost::OptionTable Stages(const StageMs& ms) {
  return cost::MakeTable(2, {{1, ms.head * 1e-3, ms.upload * 8e3, ms.edge * 1e-3, 0.7}, {2, 0.050, 0, 0, 0.6}});
}
EventDevice Device(const cost::OptionTable& table, int64_t frames) {
  EventDevice d;
  d.options = &table;
  d.frames = frames;
  d.session.depth = 8;
  d.link.up = *net::ConstantRate(BitsPerSecond(8e6));
  d.watched = true;
  return d;
}
EventResult RunWell(const EventScenario& scenario, uint64_t seed = 1) {
  auto result = RunEvents(scenario, seed);
  EXPECT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(result->done);
  for (const EventDeviceResult& d : result->devices) {
    EXPECT_THAT(d.violations, testing::IsEmpty());
    EXPECT_EQ(d.counts.offered, d.counts.edge + d.counts.local + d.counts.dropped);
  }
  return *std::move(result);
}
double EndOf(const FrameRecord& r) { return r.captured_s + r.latency_s; }
// Mean time between outcomes in the second half of the run.
double Period(const std::vector<FrameRecord>& r) {
  const size_t half = r.size() / 2;
  return (EndOf(r.back()) - EndOf(r[half - 1])) / static_cast<double>(half);
}

// Paper eq. 2 and the round trip, for random options and states: bytes and rates are whole, so each of seven lengths is rounded to a nanosecond
// and nothing else differs.
TEST(EventSimulator, OneFrameAtATimeTakesWhatEquation2Says) {
  Rng rng(5);
  for (int draw = 0; draw < 300; ++draw) {
    const int cut = static_cast<int>(rng.UniformInt(0, 3));
    cost::TestRow row{cut, cut == 0 ? 0 : rng.Uniform(0, 0.2), 8.0 * static_cast<double>(rng.UniformInt(1, 2'000'000)),
                      rng.Uniform(0, 0.05)};
    row.reply_bits = 8.0 * static_cast<double>(rng.UniformInt(0, 10'000));
    const cost::OptionTable table = cost::MakeTable(3, {row, {3, rng.Uniform(0, 0.3), 0, 0}});
    cost::State state;
    state.uplink_bps = static_cast<double>(rng.UniformInt(300'000, 200'000'000));
    state.downlink_bps = static_cast<double>(rng.UniformInt(300'000, 200'000'000));
    state.rtt_s = rng.Uniform(0, 0.1);
    state.device_speed = rng.Uniform(0.1, 4);
    state.edge_speed = rng.Uniform(0.1, 4);
    state.edge_load = rng.Uniform(0, 0.9);
    const policy::Observation seen = policy::MakeObservation(0, 1, state, 1);
    const policy::SlotModel model({.options = &table});
    EventDevice device = Device(table, 2);
    device.frame_interval = std::chrono::hours(1);
    device.session.reply_timeout = std::chrono::hours(1);
    device.option = row.cut == 3 || rng.Chance(0.2) ? 1 : 0;
    device.state = state;
    device.link = LinkOf({&seen, 1}, 1);
    const EventResult result = RunWell({.devices = {device}});
    ASSERT_EQ(result.devices[0].records.size(), 2u);
    for (const FrameRecord& r : result.devices[0].records) {
      EXPECT_NEAR(r.latency_s, model.Latency(seen, model.Cost(static_cast<size_t>(device.option))), 8e-9) << "draw " << draw;
      EXPECT_EQ(r.outcome, device.option == 1 ? Outcome::kLocal : Outcome::kEdge);
    }
  }
}

TEST(EventSimulator, ThroughputIsTheSlowestStages) {
  Rng rng(6);
  for (int draw = 0; draw < 60; ++draw) {
    const StageMs ms{rng.Uniform(1, 40), std::floor(rng.Uniform(1, 40)), rng.Uniform(1, 40)};
    const cost::OptionTable table = Stages(ms);
    for (const int workers : {1, 2}) {
      const EventResult result = RunWell({.devices = {Device(table, 200)}, .edge_workers = workers});
      EXPECT_EQ(result.devices[0].counts.edge, 200);
      const double slowest_s = std::max({ms.head, ms.upload, ms.edge / workers}) * 1e-3;
      EXPECT_NEAR(Period(result.devices[0].records), slowest_s, 2e-9) << ms.head << " " << ms.upload << " " << ms.edge;
    }
  }
}

// A camera three times as fast as the link: what is answered is as much as the link carries, and no frame waits for more frames than
// the queues hold.
TEST(EventSimulator, UnderOverloadLatencyIsBoundedByTheQueues) {
  const cost::OptionTable table = Stages({.head = 10, .upload = 30, .edge = 5});
  EventDevice device = Device(table, 3000);
  device.frame_interval = Ms(10);
  device.session.drop_oldest = true;
  device.session.waiting_max = 2;
  device.session.depth = 3;
  const EventResult result = RunWell({.devices = {device}});
  const EventDeviceResult& d = result.devices[0];
  EXPECT_NEAR(static_cast<double>(d.counts.edge), 30.0 / 0.030, 6);
  for (const FrameRecord& r : d.records) {
    // 2 waiting and 1 being prepared before it, and 3 under way, each of which takes the link's 30 ms.
    EXPECT_LE(r.latency_s, (2 + 1 + 3) * 0.030 + 1e-9) << "frame " << r.id;
    if (r.outcome == Outcome::kDropped) {
      EXPECT_EQ(r.reason, "a newer frame took its place");
    }
  }
}

// What the scheduler promises (edge/scheduler.h): in a time in which two devices both have requests queued, what they were given differs by
// at most the largest cost of each; here with one more at either end of the time.
TEST(EventSimulator, DevicesShareTheEdgesTimeNotItsRequests) {
  const cost::OptionTable dear = Stages({.head = 0, .upload = 1, .edge = 20}),
                          cheap = Stages({.head = 0, .upload = 1, .edge = 5});
  EventScenario scenario;
  scenario.devices = {Device(dear, 600), Device(cheap, 2400)};
  scenario.devices[0].name = "dear";
  scenario.devices[1].name = "cheap";
  const EventResult result = RunWell(scenario);
  double given_s[2] = {};
  int answered[2] = {};
  for (size_t i = 0; i < 2; ++i) {
    for (const FrameRecord& r : result.devices[i].records) {
      if (EndOf(r) < 1 || EndOf(r) >= 21) continue;
      given_s[i] += r.edge_s;
      ++answered[i];
    }
  }
  EXPECT_NEAR(given_s[0] + given_s[1], 20, 0.050);   // the edge is never idle
  EXPECT_NEAR(given_s[0], given_s[1], 2 * (0.020 + 0.005));
  EXPECT_NEAR(answered[1], 4 * answered[0], 10);
  EXPECT_NEAR(result.edge_busy_s, ToSeconds(result.ended - Instant{}), 0.020);
}

TEST(EventSimulator, WhatTheEdgeDoesNotAdmitIsFinishedOnTheDeviceAndSaysSo) {
  const cost::OptionTable table = Stages({.head = 0, .upload = 1, .edge = 20});
  EventScenario scenario;
  for (int i = 0; i < 6; ++i) {
    scenario.devices.push_back(Device(table, 200));
    scenario.devices.back().name = "device " + std::to_string(i);
  }
  scenario.edge_limits.max_queued = 3;
  const EventResult result = RunWell(scenario);
  EXPECT_EQ(result.edge_queued_max, 3);
  for (const EventDeviceResult& d : result.devices) {
    EXPECT_EQ(d.counts.dropped, 0);
    EXPECT_GT(d.counts.local, 0);
    EXPECT_GT(d.counts.edge, 0);
    const auto refused = std::count_if(d.records.begin(), d.records.end(), [](const FrameRecord& r) {
      return r.reason.starts_with("server full: the server's queue is full");
    });
    EXPECT_GT(refused, 0);
    for (const FrameRecord& r : d.records) EXPECT_EQ(r.outcome == Outcome::kLocal, !r.reason.empty());
  }
}

TEST(EventSimulator, ALinkWithoutRateCostsTheReplyTimeoutAndTheFrameIsFinishedOnTheDevice) {
  const cost::OptionTable table = Stages({.head = 10, .upload = 10, .edge = 5});
  cost::State state;
  state.uplink_bps = 0;
  const policy::Observation seen = policy::MakeObservation(0, 1, state, 1);
  EventDevice device = Device(table, 1);
  device.link = LinkOf({&seen, 1}, 1);
  device.session.reply_timeout = Ms(500);
  const EventResult result = RunWell({.devices = {device}});
  const FrameRecord& r = result.devices[0].records.at(0);
  EXPECT_EQ(r.outcome, Outcome::kLocal);
  EXPECT_NEAR(r.latency_s, 0.010 + 0.500 + 0.040, 1e-9);   // head, timeout, the rest of 50 ms
  EXPECT_FALSE(result.devices[0].connected);
}

TEST(EventSimulator, ASlowServerIsSeenInTheEdgesTimesAndNowhereElse) {
  const cost::OptionTable table = Stages({.head = 10, .upload = 10, .edge = 5});
  EventDevice device = Device(table, 1000);
  device.frame_interval = Ms(50);
  EventScenario scenario{.devices = {device}};
  scenario.faults.server_slow_per_s = 0.5;
  scenario.faults.slow_factor_max = 4;
  const EventResult result = RunWell(scenario);
  EXPECT_GE(result.edge_faults[static_cast<size_t>(Fault::kServerSlow)], 10);
  EXPECT_EQ(result.devices[0].counts.edge, 1000);
  int slow = 0;
  for (const FrameRecord& r : result.devices[0].records) {
    EXPECT_GE(r.edge_s, 0.005 - 1e-9);
    EXPECT_LE(r.edge_s, 0.020 + 1e-9);
    EXPECT_NEAR(r.latency_s, 0.020 + r.edge_s, 1e-8);
    slow += r.edge_s > 0.0051 ? 1 : 0;
  }
  EXPECT_GT(slow, 100);
}

TEST(EventSimulator, WhatCannotBeIsRefusedWithTheDevicesName) {
  const cost::OptionTable table = Stages({.head = 10, .upload = 10, .edge = 5});
  const auto refusal = [&](auto change) {
    EventScenario scenario{.devices = {Device(table, 1)}};
    change(&scenario);
    const absl::Status status = RunEvents(scenario, 1).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    return std::string(status.message());
  };
  using testing::HasSubstr;
  EXPECT_THAT(refusal([](EventScenario* s) { s->devices.clear(); }), HasSubstr("0 devices; expected 1 to"));
  EXPECT_THAT(refusal([](EventScenario* s) { s->devices[0].option = 2; }), HasSubstr("device: option 2; expected 0 to 1"));
  EXPECT_THAT(refusal([](EventScenario* s) { s->devices[0].options = nullptr; }), HasSubstr("device: there is no option"));
  EXPECT_THAT(refusal([](EventScenario* s) { s->devices[0].state.device_speed = 0; }), HasSubstr("device: "));
  EXPECT_THAT(refusal([](EventScenario* s) { s->devices[0].session.waiting_max = 0; }), HasSubstr("0 waiting"));
  EXPECT_THAT(refusal([](EventScenario* s) { s->edge_workers = 0; }), HasSubstr("0 workers"));
  EXPECT_THAT(refusal([](EventScenario* s) { s->edge_jitter = NAN; }), HasSubstr("jitter"));
  const cost::OptionTable no_local = cost::MakeTable(2, {{1, 0.1, 800, 0.1}});
  EXPECT_THAT(refusal([&](EventScenario* s) { s->devices[0].options = &no_local; }),
              HasSubstr("no all-local option of its size"));
}

// A device's draws are its own: with an edge that has room for all, a neighbour changes nothing.
TEST(EventSimulator, ANeighbourChangesOnlyWhatItTakes) {
  const cost::OptionTable table = Stages({.head = 10, .upload = 10, .edge = 5});
  EventScenario scenario{.devices = {Device(table, 300)}, .edge_workers = 64};
  scenario.devices[0].frame_interval = Ms(30);
  scenario.faults.reply_late = 0.3;
  scenario.faults.edge_error = 0.1;
  const EventResult alone = RunWell(scenario);
  scenario.devices.push_back(scenario.devices[0]);
  scenario.devices[1].name = "neighbour";
  const EventResult both = RunWell(scenario);
  ASSERT_EQ(both.devices[0].records.size(), 300u);
  int differ = 0;
  for (size_t i = 0; i < 300; ++i) {
    EXPECT_EQ(alone.devices[0].records[i].id, both.devices[0].records[i].id);
    EXPECT_EQ(alone.devices[0].records[i].latency_s, both.devices[0].records[i].latency_s);
    differ += both.devices[0].records[i].latency_s != both.devices[1].records[i].latency_s ? 1 : 0;
  }
  EXPECT_GT(differ, 50);
}

}   // namespace
}   // namespace partway::sim
