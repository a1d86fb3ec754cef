#include "control/controller.h"

#include <map>
#include <set>

#include "gmock/gmock.h"
#include "policy/test_problems.h"

namespace partway::control {
namespace {

using ::testing::ElementsAre;

// Names the same shares every slot, and remembers what it was told.
class Scripted final : public policy::Policy {
 public:
  struct Told {
    std::vector<policy::Observation> seen;
    std::vector<policy::Outcome> outcomes;
  };
  Scripted(std::vector<policy::Share> shares, Told* told) : shares_(std::move(shares)), told_(told) {}
  policy::Decision Decide(const policy::Observation&) const override {
    policy::Decision decision;
    for (const policy::Share& share : shares_) decision.Add(share);
    return decision;
  }
  void Update(const policy::Observation& seen, const policy::Decision&, const policy::Outcome& outcome) override {
    told_->seen.push_back(seen);
    told_->outcomes.push_back(outcome);
  }

 private:
  std::vector<policy::Share> shares_;
  Told* told_;
};

// Two sizes: rows 0, 1 send the picture at 224 and 256 px (cut 0), rows 2, 3 stay (cut 1). Device 20 and 40 ms for the whole.
cost::OptionTable TwoSizes() {
  return cost::MakeTable(1, {{0, 0.001, 80'000, 0.005, 0.70, 0, 0},
                             {0, 0.002, 160'000, 0.010, 0.80, 0, 1},
                             {1, 0.020, 0, 0, 0.70, 0, 0},
                             {1, 0.040, 0, 0, 0.80, 0, 1}});
}

class ControllerTest : public ::testing::Test {
 protected:
  std::unique_ptr<Controller> Make(std::vector<policy::Share> shares, bool fall_back = false) {
    ControllerOptions options;
    options.problem = {.options = &table_, .slot_s = 1, .max_latency_s = 0.1, .min_accuracy = 0.75};
    options.first_uplink_bps = 8e6;
    options.fall_back = fall_back;
    return std::make_unique<Controller>(options, std::make_unique<Scripted>(std::move(shares), &told_));
  }
  static Instant At(double s) { return Instant{FromSeconds(s)}; }
  device::FrameRecord Answered(device::FrameId id, device::Outcome outcome, double head_s, double edge_s, double latency_s) {
    device::FrameRecord r = {
        .id = id, .prepare_s = 0.001, .head_s = head_s, .edge_s = edge_s, .latency_s = latency_s, .outcome = outcome};
    if (outcome == device::Outcome::kEdge) r.upload_at_s = 0;
    return r;
  }

  const cost::OptionTable table_ = TwoSizes();
  Scripted::Told told_;
};

TEST_F(ControllerTest, PlansAreTheRows) {
  const auto controller = Make({});
  EXPECT_EQ(controller->plan(1), (device::Plan{.from = 0, .to = 1, .size = 256, .codec = table_.codecs[0]}));
  EXPECT_EQ(controller->plan(3), (device::Plan{.from = 1, .to = 1, .size = 256, .codec = "raw"}));
}

// 10 frames come every 100 ms, 4 are sent: those that lie nearest to an even grid of 250 ms, from the first on.
TEST_F(ControllerTest, FramesTakeTheirRowsEvenlyAndTheRestIsLeftOut) {
  const auto controller = Make({{1, 4}});
  EXPECT_FALSE(controller->Begin(At(0), 10, true, 0)) << "no slot has ended";
  std::vector<int> taken;
  for (int i = 0; i < 10; ++i) {
    if (const auto row = controller->Take(static_cast<device::FrameId>(i), At(0.1 * i))) {
      EXPECT_EQ(*row, 1);
      taken.push_back(i);
    }
  }
  // Half a gap (50 ms) early is near enough: 0 -> 0, 250 -> 200, 500 -> 500, 750 -> 700.
  EXPECT_THAT(taken, ElementsAre(0, 2, 5, 7));
}

TEST_F(ControllerTest, ThePolicyIsToldWhatWasMeasured) {
  const auto controller = Make({{1, 2}, {3, 1}});
  controller->Begin(At(0), 4, true, 0);
  std::set<int> rows;
  for (device::FrameId id = 0; id < 4; ++id) {
    if (const auto row = controller->Take(id, At(0.25 * static_cast<double>(id)))) rows.insert(*row);
  }
  EXPECT_THAT(rows, ElementsAre(1, 3));
  controller->Ended(Answered(0, device::Outcome::kEdge, 0.002, 0.020, 0.05));
  controller->Ended(Answered(1, device::Outcome::kLocal, 0.080, 0, 0.12));
  const auto report = controller->Begin(At(1), 4, true, 4);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->outcome.offered, 4);
  EXPECT_EQ(report->outcome.processed, 2);
  EXPECT_NEAR(report->outcome.latency_s, (0.05 + 0.12) / 2, 1e-12);
  EXPECT_NEAR(report->outcome.accuracy, 0.8, 1e-12);
  EXPECT_EQ(report->within, 1) << "120 ms are over 100";
  ASSERT_EQ(told_.outcomes.size(), 1u);
  // Speeds of the next slot: the edge took 20 ms where the profile says 10; the device 2 + 80 where it says 2 + 40.
  controller->Begin(At(2), 4, true, 4);
  ASSERT_EQ(told_.seen.size(), 2u);
  EXPECT_NEAR(told_.seen[1].state.edge_speed, 0.5, 1e-9);
  EXPECT_NEAR(told_.seen[1].state.device_speed, 42.0 / 82, 1e-9);
}

// A frame that was sent and missed its deadline had its head all the same: 4 ms where the profile says 2.
TEST_F(ControllerTest, HeadsOfLateFramesTellOfTheDevice) {
  const auto controller = Make({{1, 2}});
  controller->Begin(At(0), 2, true, 0);
  ASSERT_TRUE(controller->Take(0, At(0)));
  device::FrameRecord late = Answered(0, device::Outcome::kDropped, 0.004, 0, 0.1);
  late.upload_at_s = 0.01;
  late.deadline_missed = true;
  controller->Ended(late);
  controller->Begin(At(1), 2, true, 2);
  controller->End(2);
  ASSERT_EQ(told_.seen.size(), 2u);
  EXPECT_NEAR(told_.seen[1].state.device_speed, 0.5, 1e-9);
}

// Nothing is known of the link: send. Then 20 kB take 20 ms of 8 Mbps. At 1 s three more are handed over, 60 ms of link; a fourth would be there after 80 and done after 90 (the
// edge takes 10 ms), in time for a deadline of 100 ms from then, and late for one from 20 ms before.
TEST_F(ControllerTest, WhatTheLinkIsTooFarBehindForIsNotWorthSending) {
  ControllerOptions options;
  options.problem = {.options = &table_, .slot_s = 1, .max_latency_s = 0.1, .min_accuracy = 0.75};
  options.first_uplink_bps = 8e6;
  options.deadline_s = 0.1;
  Controller controller(options, std::make_unique<Scripted>(std::vector<policy::Share>{{1, 30}}, &told_));
  controller.Begin(At(0), 30, true, 0);
  ASSERT_EQ(controller.Take(1, At(0)), 1);
  EXPECT_TRUE(controller.WorthSending(1, At(0.5), At(0), 20'000));
  UplinkEstimator& link = controller.uplink();
  link.Handed(1, At(0.8), 40, Duration(0));
  link.Answered(1, At(0.8), FromSeconds(0.8), Duration(0));
  for (uint64_t id = 2; id < 6; ++id) {   // one after the other, 20 ms each
    const double at = 0.8 + 0.04 * static_cast<double>(id - 2);
    link.Handed(id, At(at), 20'000, Duration(0));
    link.Answered(id, At(at + 0.02), FromSeconds(at + 0.02), Duration(0));
  }
  for (uint64_t id = 6; id < 9; ++id) link.Handed(id, At(1), 20'000, Duration(0));
  EXPECT_TRUE(controller.WorthSending(1, At(1), At(0.995), 20'000));
  EXPECT_FALSE(controller.WorthSending(1, At(1), At(0.98), 20'000));
  EXPECT_TRUE(controller.WorthSending(1, At(1.7), At(0.98), 20'000)) << "half a slot without news";
}

TEST_F(ControllerTest, WithoutAServerThereIsNoUplink) {
  const auto controller = Make({{3, 1}});
  controller->Begin(At(0), 4, false, 0);
  controller->Begin(At(1), 4, true, 4);
  controller->End(4);
  EXPECT_EQ(told_.seen[0].state.uplink_bps, 0);
  EXPECT_EQ(told_.seen[1].state.uplink_bps, 8e6) << "as it was set out with";
}

// The device alone gets through 24 frames of 256 px in a second's 0.98, each in 40 ms. The edge answers 10 of 30 in time: fewer than 0.9 * 24 - 1. So the
// next slot stays on the device but for one scout (30 / 20), and as soon as that one is in time the policy decides again.
TEST_F(ControllerTest, FallsBackToTheDeviceAndReturnsOnAScoutsWord) {
  const auto controller = Make({{1, 30}}, true);
  device::FrameId next = 0;
  // Plays slot `t`; the first `in_time` frames that are sent come back after 50 ms, the others after 500. Returns how many ran by each row.
  const auto play = [&](int t, int in_time) {
    controller->Begin(At(t), 30, true, t > 0 ? 30 : 0);
    std::map<int, int> rows;
    for (int i = 0; i < 30; ++i) {
      const device::FrameId id = next++;
      const auto row = controller->Take(id, At(t + i / 30.0));
      if (!row) continue;
      const int nth = ++rows[*row];
      if (*row == 3) {
        controller->Ended(Answered(id, device::Outcome::kLocal, 0.040, 0, 0.045));
      } else {
        controller->Ended(Answered(id, device::Outcome::kEdge, 0.002, 0.010, nth <= in_time ? 0.05 : 0.5));
      }
    }
    return rows;
  };
  const auto sent_home = [](int scouts) { return std::map<int, int>{{1, scouts}, {3, 24}}; };
  EXPECT_EQ(play(0, 10), (std::map<int, int>{{1, 30}}));
  EXPECT_EQ(play(1, 0), sent_home(1)) << "the scout is late";
  EXPECT_EQ(play(2, 1), sent_home(1)) << "now it is not";
  EXPECT_EQ(play(3, 30), (std::map<int, int>{{1, 30}}));
  EXPECT_EQ(play(4, 30), (std::map<int, int>{{1, 30}}));
}

// Where the device alone answers nothing in time there is nothing to fall back to.
TEST_F(ControllerTest, NoFallingBackToWhatIsNoBetter) {
  ControllerOptions options;
  options.problem = {.options = &table_, .slot_s = 1, .max_latency_s = 0.03, .min_accuracy = 0.75};
  options.first_uplink_bps = 8e6;
  Controller controller(options, std::make_unique<Scripted>(std::vector<policy::Share>{{1, 30}}, &told_));
  for (int i = 0; i < 3; ++i) {
    controller.Begin(At(i), 30, true, i > 0 ? 30 : 0);
    EXPECT_FALSE(controller.fell_back());
  }
}

// 30 frames were foreseen and 10 came; the 10 in time are all that the device alone could have answered too. And a slot without any frame says nothing at all.
TEST_F(ControllerTest, ASlotIsJudgedByTheFramesThatCame) {
  const auto controller = Make({{1, 30}}, true);
  controller->Begin(At(0), 30, true, 0);
  for (device::FrameId id = 0; id < 10; ++id) {
    controller->Take(id, At(static_cast<double>(id) / 30));
    controller->Ended(Answered(id, device::Outcome::kEdge, 0.002, 0.010, 0.05));
  }
  const auto report = controller->Begin(At(1), 30, true, 10);
  EXPECT_EQ(report->outcome.offered, 10);
  EXPECT_NEAR(report->outcome.k(), 1, 1e-12);
  EXPECT_FALSE(controller->fell_back());
  controller->Begin(At(2), 30, true, 0);
  EXPECT_FALSE(controller->fell_back());
  EXPECT_EQ(told_.outcomes.size(), 1u);
}

// Answers take longer than a slot: the scout of one slot ends in the next, and counts there.
TEST_F(ControllerTest, AScoutThatEndsLaterCountsWhenItEnds) {
  const auto controller = Make({{1, 30}}, true);
  controller->Begin(At(0), 30, true, 0);
  controller->Begin(At(1), 30, true, 30);   // nothing was in time
  ASSERT_TRUE(controller->fell_back());
  std::optional<device::FrameId> scout;
  for (device::FrameId id = 0; id < 30; ++id) {
    const auto row = controller->Take(id, At(1 + static_cast<double>(id) / 30));
    if (row && *row == 1) scout = id;
    if (row && *row == 3) controller->Ended(Answered(id, device::Outcome::kLocal, 0.040, 0, 0.045));
  }
  ASSERT_TRUE(scout);
  controller->Begin(At(2), 30, true, 30);
  EXPECT_TRUE(controller->fell_back()) << "no word yet";
  controller->Ended(Answered(*scout, device::Outcome::kEdge, 0.002, 0.010, 0.05));
  controller->Begin(At(3), 30, true, 30);
  EXPECT_FALSE(controller->fell_back());
}

}   // namespace
}   // namespace partway::control
