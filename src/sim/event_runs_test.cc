// Scenarios of the slot simulator played frame by frame.
#include "sim/event_runs.h"

#include <cmath>

#include "cost/test_tables.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace partway::sim {
namespace {

using testing::HasSubstr;

// 20 frames a slot of 1 s. Cut 1: 20 ms of device, 1000 bits, 10 ms of edge, accuracy 0.8; cut 2: 40 ms of device, 0.5.
SlotScenario TwoOptions(double bits) {
  SlotScenario scenario;
  scenario.name = "two";
  scenario.slots = 10;
  scenario.frames = {20, 20, {}};
  scenario.link = ConstantBits{bits};
  scenario.options = std::make_shared<const cost::OptionTable>(
      cost::MakeTable(2, {{.cut = 1, .device_s = 0.02, .upload_bits = 1000, .edge_s = 0.01, .accuracy = 0.8},
                          {.cut = 2, .device_s = 0.04, .accuracy = 0.5}}));
  scenario.max_latency_s = 0.2;
  return scenario;
}
PolicySpec Cut(int cut) { return {"fixed", {{{"cut", cut}}, {}}}; }

EventRunResult Play(const SlotScenario& scenario, const EventSetting& setting, const PolicySpec& policy,
                    const SlotRunOptions& options = {}) {
  auto result = RunEventSlots({&scenario, &setting, &policy, scenario.seed, {}}, options);
  EXPECT_TRUE(result.ok()) << result.status();
  return result.ok() ? *std::move(result) : EventRunResult();
}

// A frame every 50 ms on a link that takes 50 ms for it: nothing waits, and each takes 20 + 50 + 10 ms. The last frame of a slot, begun at
// 0.95, ends in the next one, so that the first slot has 19 answers and the last one's last is not counted.
TEST(EventRuns, WhereNothingWaitsTheMeansAreTheSlotModels) {
  const SlotScenario scenario = TwoOptions(20'000);
  const PolicySpec policy = Cut(1);
  const EventRunResult events = Play(scenario, {}, policy);
  const SlotResult slots = RunSlots(scenario, policy, 1, {}).value();
  EXPECT_NEAR(events.devices[0].latency_s, 0.080, 1e-8);
  EXPECT_NEAR(events.devices[0].latency_s, slots.latency_s, 1e-8);
  EXPECT_NEAR(events.devices[0].accuracy, 0.8, 1e-12);
  EXPECT_DOUBLE_EQ(slots.k, 1);
  EXPECT_NEAR(events.devices[0].k, (0.95 + 9) / 10, 1e-12);
  EXPECT_EQ(events.result.devices[0].counts.edge, 200);
  EXPECT_EQ(events.offered, 200);
  EXPECT_THAT(events.violations, testing::IsEmpty());
}

// A device that is half as fast as its profile needs 80 ms for what it believes to take 40, has room for 12 of its 20 frames, and keeps the others
// waiting: one is at work, one prepared and `waiting_max` queued before it.
TEST(EventRuns, ADeviceSlowerThanItsProfileIsSlower) {
  SlotScenario scenario = TwoOptions(20'000);
  scenario.actual_device_speed = 0.5;
  const EventRunResult slow = Play(scenario, {}, Cut(2));
  EXPECT_NEAR(slow.devices[0].fps, 12.5, 0.5);
  EXPECT_GT(slow.devices[0].latency_s, 0.3);
  scenario.frames = {5, 5, {}};   // one every 200 ms
  EXPECT_NEAR(Play(scenario, {}, Cut(2)).devices[0].latency_s, 0.080, 1e-8);
}

// 4 devices of 20 frames a second and 10 ms each fill 80 % of the edge; 8 want 160 % of it.
TEST(EventRuns, DevicesShareTheEdge) {
  SlotScenario scenario = TwoOptions(20'000);
  EventSetting setting;
  setting.devices = 4;
  const EventRunResult four = Play(scenario, setting, Cut(1));
  EXPECT_NEAR(four.result.edge_busy_s, 4 * 10 * 20 * 0.01, 1e-6);
  ASSERT_EQ(four.devices.size(), 4u);
  setting.devices = 8;
  setting.edge_limits.max_queued_per_device = 2;
  const EventRunResult eight = Play(scenario, setting, Cut(1));
  EXPECT_GT(eight.result.edge_busy_s, 9.8);
  int64_t edge = 0, local = 0;
  for (const EventDeviceResult& device : eight.result.devices) {
    EXPECT_NEAR(static_cast<double>(device.counts.edge), 1000.0 / 8, 5);   // equal shares of 100 a second
    edge += device.counts.edge;
    local += device.counts.local;
  }
  EXPECT_LE(edge, 1020);
  EXPECT_GT(local, 0);   // what the edge has no room for
  setting.edge_workers = 2;
  for (const EventDeviceResult& device : Play(scenario, setting, Cut(1)).result.devices) EXPECT_EQ(device.counts.edge, 200);
}

TEST(EventRuns, TheFirstDeviceMeetsTheSlotsOfTheSlotSimulatorAndTheOthersTheirOwn) {
  SlotScenario scenario = TwoOptions(0);
  scenario.link = UniformBits{1e4, 4e4};
  scenario.frames = {5, 20, {}};
  SlotRunOptions options;
  options.log = true;
  EventSetting setting;
  setting.devices = 2;
  const EventRunResult result = Play(scenario, setting, Cut(1), options);
  const auto drawn = DrawSlots(scenario, scenario.seed);
  double difference = 0;
  for (size_t t = 0; t < drawn.size(); ++t) {
    EXPECT_EQ(result.result.devices[0].slots[t].uplink_bits, drawn[t].uplink_bits);
    EXPECT_EQ(result.result.devices[0].slots[t].outcome.offered, drawn[t].frames);
    difference += std::fabs(result.result.devices[1].slots[t].uplink_bits - drawn[t].uplink_bits);
  }
  EXPECT_GT(difference, 0);
}

TEST(EventRuns, OfATraceDevicesBeginEvenlySpread) {
  SlotScenario scenario = TwoOptions(0);
  scenario.link = ListedBits{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}};
  scenario.frames.trace = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  SlotRunOptions options;
  options.log = true;
  EventSetting setting;
  setting.devices = 2;
  const EventRunResult result = Play(scenario, setting, Cut(2), options);
  for (size_t t = 0; t < 10; ++t) {
    EXPECT_EQ(result.result.devices[0].slots[t].uplink_bits, static_cast<double>(t + 1));
    EXPECT_EQ(result.result.devices[1].slots[t].uplink_bits, static_cast<double>((t + 5) % 10 + 1));
    EXPECT_EQ(result.result.devices[1].slots[t].outcome.offered, static_cast<int>((t + 5) % 10 + 1));
  }
}

// 2 Mbit/s for half a slot and nothing in the other half: a frame of 1000 bits that comes at 0.5 waits for 0.5 s, of which a rate of 1 Mbit/s for
// the slot would know nothing.
class HalfSlots final : public net::RateProfile {
 public:
  Instant Finish(Instant start, int64_t bits) const override {
    const Duration second = std::chrono::seconds(1), half = second / 2;
    Duration at = start.since_origin;
    if (at % second >= half) at += second - at % second;
    return Instant{at + FromSeconds(static_cast<double>(bits) / 2e6)};
  }
  int64_t Carried(Instant, Instant) const override { return 1'000'000; }
  BitsPerSecond Typical() const override { return BitsPerSecond(1e6); }
};
TEST(EventRuns, ARateAgainstTimeIsPlayedWithinSlots) {
  SlotScenario scenario = TwoOptions(0);
  scenario.link = ProfiledBits{std::make_shared<HalfSlots>()};
  scenario.frames = {2, 2, {}};   // at 0 and 0.5; heads end at 0.02 and 0.52
  const double upload = 1000 / 2e6;
  EXPECT_NEAR(Play(scenario, {}, Cut(1)).result.devices[0].latency_s, (0.02 + upload + 0.01 + 0.5 + upload + 0.01) / 2, 1e-6);
}

TEST(EventRuns, TheSameSeedGivesTheSameOnAnyNumberOfThreads) {
  SlotScenario scenario = TwoOptions(0);
  scenario.link = UniformBits{1e3, 4e4};
  EventSetting setting;
  setting.devices = 3;
  setting.edge_jitter = 0.3;
  setting.faults.emplace();
  setting.faults->reply_lost = 0.1;
  setting.faults->link_resets_per_s = 0.5;
  const PolicySpec policies[] = {Cut(1), {"parecon", {}}};
  std::vector<EventRun> runs;
  for (const PolicySpec& policy : policies) {
    for (uint64_t seed = 1; seed <= 3; ++seed) runs.push_back({&scenario, &setting, &policy, seed, {}});
  }
  SlotRunOptions one, three;
  three.threads = 3;
  const auto a = RunAllEvents(runs, one).value(), b = RunAllEvents(runs, three).value();
  for (size_t i = 0; i < runs.size(); ++i) {
    EXPECT_THAT(a[i].violations, testing::IsEmpty());
    EXPECT_EQ(a[i].result.ended, b[i].result.ended);
    for (size_t d = 0; d < 3; ++d) {
      EXPECT_EQ(a[i].devices[d].latency_s, b[i].devices[d].latency_s);
      EXPECT_EQ(a[i].result.devices[d].faults, b[i].result.devices[d].faults);
    }
  }
  EXPECT_NE(a[0].devices[0].latency_s, a[1].devices[0].latency_s);
}

TEST(EventRuns, AStopEndsTheRunEarlyAndProgressAddsUp) {
  SlotScenario scenario = TwoOptions(20'000);
  scenario.slots = 2000;
  int64_t told = 0;
  SlotRunOptions options;
  options.progress = [&](int64_t more) { told += more; };
  EventSetting setting;
  setting.devices = 2;
  EXPECT_FALSE(Play(scenario, setting, Cut(1), options).result.stopped);
  EXPECT_EQ(told, 2 * 2000);
  const std::atomic<bool> stop{true};
  options.stop = &stop;
  const EventRunResult stopped = Play(scenario, setting, Cut(1), options);
  EXPECT_TRUE(stopped.result.stopped);
  EXPECT_FALSE(stopped.result.done);
  EXPECT_LT(stopped.offered, 2 * 2000 * 20);
  EXPECT_THAT(stopped.violations, testing::IsEmpty());   // nothing is wrong with it
}

// Where the accuracy of what was used is not known the mean is not either, in both simulators; where only another option's is not, it is.
TEST(EventRuns, AnAccuracyThatIsNotKnownIsNotZero) {
  SlotScenario scenario = TwoOptions(20'000);
  cost::OptionTable table = *scenario.options;
  table.accuracy[0] = cost::kNotKnown;
  scenario.options = std::make_shared<const cost::OptionTable>(table);
  EXPECT_TRUE(std::isnan(Play(scenario, {}, Cut(1)).devices[0].accuracy));
  EXPECT_TRUE(std::isnan(RunSlots(scenario, Cut(1), 1, {})->accuracy));
  EXPECT_EQ(RunSlots(scenario, Cut(1), 1, {})->accuracy_violation, 0);
  EXPECT_DOUBLE_EQ(Play(scenario, {}, Cut(2)).devices[0].accuracy, 0.5);
  EXPECT_DOUBLE_EQ(RunSlots(scenario, Cut(2), 1, {})->accuracy, 0.5);
}

TEST(EventRuns, AbsurdNumbersAreRefused) {
  SlotScenario scenario = TwoOptions(1);
  EventSetting setting;
  const auto message = [&] { return std::string(CheckEventSetting(setting, scenario).message()); };
  EXPECT_EQ(message(), "");
  setting.devices = 1001;
  EXPECT_EQ(message(), "devices: 1001; expected 1 to 1000");
  setting.devices = 1000;
  scenario.slots = 1001;
  EXPECT_THAT(message(), HasSubstr("1000 devices for 1001 slots; expected at most 1000000 slots"));
  scenario.slots = 1000;
  scenario.frames.trace = {0, 1001};
  EXPECT_THAT(message(), HasSubstr("up to 1001 frames in each of 1000 slots; expected at most 1000000000"));
  scenario.frames.trace = {};
  setting.edge_workers = 0;
  EXPECT_EQ(message(), "workers of the edge: 0; expected 1 to 1024");
}

}   // namespace
}   // namespace partway::sim
