// Policies in the event simulator: slots, spreading, mixes, and what a policy is told.
#include <cstdio>

#include "cost/test_tables.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "policy/registry.h"
#include "policy/slot_model.h"
#include "policy/test_problems.h"
#include "sim/event_simulator.h"

namespace partway::sim {
namespace {

using device::FrameRecord;
using device::Outcome;

// The same answer in every slot; keeps what it is told.
class Fixed final : public policy::Policy {
 public:
  explicit Fixed(policy::Decision decision) : decision_(decision) {}
  policy::Decision Decide(const policy::Observation&) const override { return decision_; }
  void Update(const policy::Observation&, const policy::Decision&, const policy::Outcome& outcome) override {
    told.push_back(outcome);
  }
  std::vector<policy::Outcome> told;

 private:
  policy::Decision decision_;
};

// One option, as many frames as fit (eq. 11).
class AsManyAsFit final : public policy::Policy {
 public:
  AsManyAsFit(const policy::Problem& problem, int32_t option) : model_(problem), option_(option) {}
  policy::Decision Decide(const policy::Observation& seen) const override {
    return policy::Decision::Of(option_, static_cast<int>(model_.Frames(seen, model_.Cost(static_cast<size_t>(option_)))));
  }

 private:
  policy::SlotModel model_;
  int32_t option_;
};

std::vector<policy::Observation> Slots(int count, int frames, double uplink_bps) {
  cost::State state;
  state.uplink_bps = uplink_bps;
  std::vector<policy::Observation> slots;
  for (int t = 0; t < count; ++t) slots.push_back(policy::MakeObservation(t, frames, state, 1));
  return slots;
}
EventDevice Device(const cost::OptionTable& table, policy::Policy* policy, std::span<const policy::Observation> slots) {
  EventDevice d;
  d.options = &table;
  d.policy = policy;
  d.slots = slots;
  d.link = LinkOf(slots, 1);
  d.watched = true;
  return d;
}
EventDeviceResult RunWell(const EventDevice& device) {
  auto result = RunEvents({.devices = {device}}, 1);
  EXPECT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(result->done);
  EXPECT_THAT(result->devices[0].violations, testing::IsEmpty());
  return std::move(result->devices[0]);
}

// Fig. 1c: the upload is the slowest stage, as many frames as it carries are spread over the slot, so uploads run back to back and still none
// waits: 30 ms of head, 40 ms of upload, 10 ms of edge, 25 frames a second.
TEST(EventPolicy, FramesSpreadOverTheSlotTakeWhatEquation2SaysAndUploadsRunBackToBack) {
  const cost::OptionTable table = cost::MakeTable(2, {{1, 0.030, 320'000, 0.010}, {2, 0.2, 0, 0}});
  const auto slots = Slots(20, 60, 8e6);
  AsManyAsFit policy({.options = &table}, 0);
  const EventDeviceResult d = RunWell(Device(table, &policy, slots));
  EXPECT_EQ(d.counts.offered, 20 * 60);
  EXPECT_EQ(d.left_out, 20 * 35);   // 8e6 / 320000 = 25 fit
  EXPECT_EQ(d.counts.edge, 20 * 25);
  double last_end = 0;
  for (const FrameRecord& r : d.records) {
    if (r.outcome == Outcome::kDropped) {
      EXPECT_EQ(r.reason, "left out by the policy");
      continue;
    }
    EXPECT_NEAR(r.latency_s, 0.080, 1e-8);
    if (last_end > 0) {
      EXPECT_NEAR(r.upload_at_s, last_end, 1e-8);
    }
    last_end = r.upload_at_s + r.upload_s;
  }
  // The last two frames of a slot, begun at 0.92 and 0.96, end at 1.00 and 1.04: after the first slot as many come in as go out.
  ASSERT_EQ(d.slots.size(), 20u);
  for (size_t t = 1; t < d.slots.size(); ++t) EXPECT_EQ(d.slots[t].outcome.processed, 25) << "slot " << t;
}

// The paper's setting with round numbers: the table of docs/simulator.md. Where the slot model holds exactly the events add what it leaves
// out: uploads that reach into a slot with another rate, and frames that wait for them. Memory of that is short, so means agree closely.
TEST(EventPolicy, OnThePapersSlotsBothModelsAgree) {
  const cost::OptionTable table = policy::PaperLikeTable();
  const policy::Problem problem = policy::PaperLikeProblem(table);
  const policy::SlotModel model(problem);
  const auto slots = policy::PaperSlots(3, 500);
  struct Agreement {
    double k, latency;   // the first a difference, the second a share
  };
  const auto compare = [&](const std::string& name, policy::Policy* alone, policy::Policy* in_events, Agreement asked) {
    EventDevice device = Device(table, in_events, slots);
    device.session.depth_max = 16;
    const EventDeviceResult d = RunWell(device);
    double k = 0, latency_s = 0;
    for (const policy::Observation& seen : slots) {
      const policy::Decision decision = alone->Decide(seen);
      const policy::Outcome outcome = model.Apply(seen, decision);
      alone->Update(seen, decision, outcome);
      k += outcome.k() / static_cast<double>(slots.size());
      latency_s += outcome.latency_s / static_cast<double>(slots.size());
    }
    const SlotMeans means = MeansOf(d.slots, 1);
    EXPECT_LE(means.k, k + 0.005) << name;
    EXPECT_GE(means.k, k - asked.k) << name;
    EXPECT_NEAR(means.latency_s, latency_s, asked.latency * latency_s) << name;
    std::printf("| %s | %.4f | %.4f | %.1f | %.1f | %lld |\n", name.c_str(), k, means.k, latency_s * 1e3, means.latency_s * 1e3,
                static_cast<long long>(d.counts.dropped - d.left_out));
  };
  for (const int32_t option : {0, 4, 31, 49, 58, 83, 89}) {
    AsManyAsFit alone(problem, option), in_events(problem, option);
    compare(cost::OptionText(table, static_cast<size_t>(option)), &alone, &in_events, {0.002, 0.1});
  }
  const std::pair<const char*, Agreement> policies[] = {
      {"parecon", {0.01, 0.1}}, {"adaptive-single", {0.01, 0.1}}, {"adaptive", {0.02, 0.5}}};
  for (const auto& [name, asked] : policies) {
    auto alone = policy::MakePolicy(name, problem, {}, 1), in_events = policy::MakePolicy(name, problem, {}, 1);
    ASSERT_TRUE(alone.ok() && in_events.ok()) << name;
    compare(name, alone->get(), in_events->get(), asked);
  }
}

// 4 devices ask for 80 frames a second of 20 ms each, the edge has time for 50: it is never idle, each gets a quarter, what it has no
// room for is finished on its device, and the bounds of the queues bound the latency.
TEST(EventPolicy, EqualDevicesOnAFullEdgeGetEqualShares) {
  const cost::OptionTable table = cost::MakeTable(2, {{0, 0, 80'000, 0.020, 0.8}, {2, 0.020, 0, 0, 0.5}});
  const auto slots = Slots(60, 20, 8e6);
  Fixed policy(policy::Decision::Of(0, 20));
  EventScenario scenario;
  for (int i = 0; i < 4; ++i) {
    scenario.devices.push_back(Device(table, &policy, slots));
    scenario.devices.back().name = "device " + std::to_string(i);
  }
  scenario.edge_limits.max_queued_per_device = 3;
  const auto result = RunEvents(scenario, 1);
  ASSERT_TRUE(result.ok() && result->done);
  EXPECT_LE(result->edge_queued_max, 12);
  EXPECT_GE(result->edge_busy_s, 0.98 * 60);
  for (const EventDeviceResult& d : result->devices) {
    EXPECT_THAT(d.violations, testing::IsEmpty());
    EXPECT_NEAR(static_cast<double>(d.counts.edge), 60 * 50 / 4.0, 60 * 50 / 4.0 * 0.03);
    EXPECT_GT(d.counts.local, 100);
    for (const FrameRecord& r : d.records) {
      // Upload 10 ms behind at most 7 others, 12 requests before it on the edge, its own, and then all on a device that 8 frames may ask for.
      EXPECT_LE(r.latency_s, 8 * 0.010 + 13 * 0.020 + 8 * 0.020) << r.reason;
    }
  }
}

// Device, link and edge are separate resources: 10 frames a second on the device beside 20 over the link, 0.5 + 0.2 s of device and 0.8 s of
// link. Changing the option from frame to frame loses none.
TEST(EventPolicy, AMixRunsSideBySideAndLosesNoFrame) {
  const cost::OptionTable table = cost::MakeTable(2, {{1, 0.010, 320'000, 0.005, 0.8}, {2, 0.050, 0, 0, 0.5}});
  const auto slots = Slots(50, 40, 8e6);
  policy::Decision mix;
  mix.Add({0, 20});
  mix.Add({1, 10});
  Fixed policy(mix);
  const EventDeviceResult d = RunWell(Device(table, &policy, slots));
  EXPECT_EQ(d.counts.edge, 50 * 20);
  EXPECT_EQ(d.counts.local, 50 * 10);
  EXPECT_EQ(d.counts.dropped, 50 * 10);
  EXPECT_EQ(d.left_out, 50 * 10);
  EXPECT_NEAR(d.accuracy, (2 * 0.8 + 0.5) / 3, 1e-9);
  for (const FrameRecord& r : d.records) {
    if (r.outcome == Outcome::kDropped) continue;
    // Eq. 2, and the wait for a frame of the other kind that has the device.
    EXPECT_LE(r.latency_s, (r.outcome == Outcome::kEdge ? 0.055 + 0.050 : 0.050 + 0.010) + 1e-8);
  }
}

TEST(EventPolicy, IsToldWhatWasMeasuredAndWithoutAnyFrameWhatItsOptionWouldGive) {
  const cost::OptionTable table = cost::MakeTable(2, {{1, 0.030, 320'000, 0.010, 0.8}, {2, 0.2, 0, 0, 0.5}});
  const auto slots = Slots(3, 10, 8e6);
  Fixed some(policy::Decision::Of(0, 4)), none(policy::Decision::Of(1, 0));
  RunWell(Device(table, &some, slots));
  ASSERT_EQ(some.told.size(), 3u);
  for (const policy::Outcome& outcome : some.told) {
    EXPECT_EQ(outcome.offered, 10);
    EXPECT_EQ(outcome.processed, 4);
    EXPECT_NEAR(outcome.latency_s, 0.080, 1e-8);
    EXPECT_NEAR(outcome.accuracy, 0.8, 1e-12);
  }
  const EventDeviceResult d = RunWell(Device(table, &none, slots));
  ASSERT_EQ(none.told.size(), 3u);
  EXPECT_EQ(none.told[0].processed, 0);
  EXPECT_TRUE(none.told[0].any);
  EXPECT_NEAR(none.told[0].latency_s, 0.2, 1e-12);
  EXPECT_EQ(d.left_out, 30);
}

// What single frames tell: a device half as fast as believed, and what came on top on the edge.
TEST(EventPolicy, IsToldWhatTheDeviceTookAndWhatFramesWaitedOnTheEdge) {
  const cost::OptionTable table = cost::MakeTable(2, {{1, 0.005, 8000, 0.010, 0.8}, {2, 0.020, 0, 0, 0.5}});
  const auto slots = Slots(3, 40, 8e6);
  policy::Decision mix;
  mix.Add({0, 20});
  mix.Add({1, 10});
  Fixed policy(mix);
  EventDevice device = Device(table, &policy, slots);
  device.actual_device = 0.5;
  RunWell(device);
  // 20 frames a second: heads of 10 ms, uploads of 1 ms, 10 ms on the edge that never is busy with another; 10 local frames of 40 ms.
  for (const policy::Outcome& outcome : policy.told) {
    const policy::Measured& m = outcome.measured;
    EXPECT_NEAR(m.device_s / m.profile_device_s, 2, 1e-6);
    EXPECT_GE(m.sent, 19);
    EXPECT_NEAR(m.edge_s, m.sent * 0.010, 1e-9);
    // Some wait for a local frame that has the device, no longer than it takes.
    EXPECT_GE(m.queued_s, -1e-6);
    EXPECT_LE(m.queued_s, m.sent * 0.040);
  }
  Fixed again(policy::Decision::Of(0, 40));
  EventScenario two{.devices = {Device(table, &policy, slots), Device(table, &again, slots)}};
  two.devices[1].actual_edge = 0.5;   // 40 frames of 20 ms beside 20 of 10 ms: the edge is full
  ASSERT_TRUE(RunEvents(two, 1).ok());
  for (const policy::Outcome& outcome : again.told) {
    ASSERT_GT(outcome.measured.sent, 0);
    EXPECT_NEAR(outcome.measured.edge_s, outcome.measured.sent * 0.010, 1e-9);      // as the profile has it
    EXPECT_GE(outcome.measured.queued_s, outcome.measured.sent * (0.010 - 1e-6));   // the slower edge, and any queue
  }
}

TEST(EventPolicy, SlotsWithoutFramesAskNobodyAndGapsBetweenSlotsPass) {
  const cost::OptionTable table = cost::MakeTable(2, {{1, 0.030, 320'000, 0.010}, {2, 0.2, 0, 0}});
  auto slots = Slots(4, 5, 8e6);
  slots[1].frames = 0;
  slots[3].slot = 7;
  Fixed policy(policy::Decision::Of(1, 2));
  const EventDeviceResult d = RunWell(Device(table, &policy, slots));
  EXPECT_EQ(policy.told.size(), 3u);
  EXPECT_EQ(d.counts.local, 6);
  EXPECT_NEAR(d.records.back().captured_s, 7.5, 1e-9);
}

// Keeps what it sees.
class Watches final : public policy::Policy {
 public:
  policy::Decision Decide(const policy::Observation& seen) const override {
    loads.push_back(seen.state.edge_load);
    weights.push_back(seen.weights[cost::kEdge]);
    return policy::Decision::Of(0, seen.frames);
  }
  mutable std::vector<double> loads, weights;
};

// Each of two devices has 20 frames of 20 ms a second on the edge: 40 % of its time, or 20 % of two workers'.
TEST(EventPolicy, TheEdgeTellsWhatOthersTakeOfIt) {
  const cost::OptionTable table = cost::MakeTable(2, {{0, 0, 80'000, 0.020, 0.8}, {2, 0.020, 0, 0, 0.5}});
  const auto slots = Slots(4, 20, 8e6);
  for (const int workers : {1, 2}) {
    for (const bool reports : {false, true}) {
      Watches first, second;
      EventScenario scenario{.devices = {Device(table, &first, slots), Device(table, &second, slots)}};
      scenario.edge_workers = workers;
      scenario.edge_reports_load = reports;
      ASSERT_TRUE(RunEvents(scenario, 1).ok());
      const double load = reports ? 0.4 / workers : 0;
      EXPECT_EQ(first.loads[0], 0);   // nothing is known yet
      for (size_t t = 1; t < 4; ++t) {
        EXPECT_NEAR(first.loads[t], load, 0.021 / workers) << t;   // a frame may begin in the next slot
        EXPECT_NEAR(first.weights[t], 1 / (1 - first.loads[t]), 1e-12);
        EXPECT_NEAR(second.loads[t], load, 0.021 / workers) << t;
      }
    }
  }
}

// Options of a policy's own: sets of operators that are no cut.
TEST(EventPolicy, AnOptionOfItsOwnRunsAtItsCost) {
  const cost::OptionTable table = cost::MakeTable(3, {{1, 0.030, 320'000, 0.010, 0.8}, {3, 0.2, 0, 0, 0.5}});
  const auto slots = Slots(5, 3, 8e6);
  policy::Decision decision = policy::Decision::Of(policy::kOwnOption, 3);
  decision.own = {{0.020, 160'000, 1, 0.007, 0}, 0.66};
  Fixed sends(decision);
  for (const FrameRecord& r : RunWell(Device(table, &sends, slots)).records) {
    EXPECT_EQ(r.outcome, Outcome::kEdge);
    EXPECT_NEAR(r.latency_s, 0.047, 1e-8);   // 20 + 160000 / 8e6 + 7
  }
  decision.own = {{0.120, 0, 0, 0, 0}, 0.44};
  Fixed local(decision);
  const EventDeviceResult d = RunWell(Device(table, &local, slots));
  EXPECT_EQ(d.counts.local, 15);
  EXPECT_NEAR(d.latency_s, 0.120, 1e-8);
  EXPECT_NEAR(d.accuracy, 0.44, 1e-9);
}

TEST(EventPolicy, AnAnswerThatCannotBeIsAnErrorThatSaysWhich) {
  const cost::OptionTable table = cost::MakeTable(2, {{1, 0.030, 320'000, 0.010}, {2, 0.2, 0, 0}});
  const auto slots = Slots(3, 5, 8e6);
  Fixed no_option(policy::Decision::Of(2, 1)), too_many(policy::Decision::Of(0, 6));
  EXPECT_EQ(RunEvents({.devices = {Device(table, &no_option, slots)}}, 1).status().message(),
            "device: the policy answers slot 0 with option 2 for 1 frames; there are options 0 to 1");
  EXPECT_EQ(RunEvents({.devices = {Device(table, &too_many, slots)}}, 1).status().message(),
            "device: the policy answers slot 0 with 6 frames; it brings 5");
  auto backwards = slots;
  backwards[2].slot = 1;
  Fixed good(policy::Decision::Of(0, 1));
  EXPECT_EQ(RunEvents({.devices = {Device(table, &good, backwards)}}, 1).status().message(),
            "device: slot 1 after slot 1; expected ascending numbers up to 5000000");
}

}   // namespace
}   // namespace partway::sim
