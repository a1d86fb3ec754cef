#include "control/frame_limits.h"

#include "cost/test_tables.h"
#include "gtest/gtest.h"
#include "policy/test_problems.h"

namespace partway::control {
namespace {

// Row 0 sends: 2 + 80 kbit at 8 Mbps (10 ms) + 5 ms at the edge. Row 1 sends more and is more accurate: 2 + 40 + 5. Row 2 stays: 60 ms.
class WithinLimitsTest : public ::testing::Test {
 protected:
  const cost::OptionTable table_ = cost::MakeTable(
      1, {{0, 0.002, 80'000, 0.005, 0.70, 0, 0, 0}, {0, 0.002, 320'000, 0.005, 0.80, 0, 0, 1}, {1, 0.060, 0, 0, 0.82}});
  const policy::Problem problem_{.options = &table_, .slot_s = 1};
  const policy::SlotModel model_{problem_};
  policy::Decision Filter(double deadline_s, const policy::Decision& decision, double min_accuracy = 0.6,
                          BeyondModel beyond = {}) {
    const FrameLimits limits(table_, model_, deadline_s, std::nullopt, std::nullopt);
    return WithinLimits(policy::Seen(20, 8e6), model_, limits, beyond, min_accuracy, decision);
  }
};

policy::Decision Mix(std::initializer_list<policy::Share> shares) {
  policy::Decision decision;
  for (const policy::Share& share : shares) decision.Add(share);
  return decision;
}

TEST_F(WithinLimitsTest, WhatKeepsItStands) {
  const policy::Decision decision = Filter(0.1, Mix({{1, 12}, {2, 8}}));
  ASSERT_EQ(decision.count, 2);
  EXPECT_EQ(decision.frames(), 20);
}

// At 50 ms the device's 60 are too late. 18 frames by row 1 are left, and all 20 can go by it (25 fit into 1 s at 40 ms of link each); row 0 could take
// them too and is less accurate.
TEST_F(WithinLimitsTest, ASingleOptionThatAnswersMoreTakesThePlaceOfWhatIsLeft) {
  policy::Decision decision = Filter(0.05, Mix({{1, 18}, {2, 2}}));
  ASSERT_EQ(decision.count, 1);
  EXPECT_EQ(decision.shares[0].option, 1);
  EXPECT_EQ(decision.shares[0].frames, 20);
  // At 40 ms row 1's 47 are too late as well.
  decision = Filter(0.04, Mix({{1, 18}, {2, 2}}));
  ASSERT_EQ(decision.count, 1);
  EXPECT_EQ(decision.shares[0].option, 0);
  // Not accurate enough to take anything's place: what is left of the mixture stands.
  decision = Filter(0.04, Mix({{0, 5}, {1, 15}}), 0.75);
  ASSERT_EQ(decision.count, 1);
  EXPECT_EQ(decision.shares[0].option, 0);
  EXPECT_EQ(decision.shares[0].frames, 5);
}

TEST_F(WithinLimitsTest, WhatFramesTakeBeyondTheModelCounts) {
  // 47 ms and 10 more are beyond 50; row 0's 17 and 10 are not.
  EXPECT_EQ(Filter(0.05, Mix({{1, 20}}), 0.6, {.sent_s = 0.01}).shares[0].option, 0);
}

// 1 ms is too little for anything; row 0 comes soonest, after 17.
TEST_F(WithinLimitsTest, WhereNothingIsInTimeWhatComesSoonestIsTaken) {
  const policy::Decision decision = Filter(0.001, Mix({{1, 12}, {2, 8}}));
  ASSERT_EQ(decision.count, 1);
  EXPECT_EQ(decision.shares[0].option, 0);
  EXPECT_EQ(decision.shares[0].frames, 20);
  EXPECT_EQ(Filter(0.001, Mix({{1, 12}, {2, 8}}), 0.75).shares[0].option, 1) << "row 0 is not accurate enough";
  EXPECT_EQ(Filter(0.001, Mix({{1, 12}, {2, 8}}), 0.9).count, 2) << "nor is anything else: the policy's word stands";
}

// 4 W while computing and sending, 1 W while waiting. At 8 Mbps row 0 costs 2 ms * 4 W + 10 ms * 4 W + 5 ms * 1 W = 53 mJ, row 1 173 mJ, row 2 240 mJ.
TEST_F(WithinLimitsTest, EnergyIsALimitLikeTheDeadline) {
  const cost::PowerModel power = {.name = "test", .compute_w = 4, .transmit_w = 4, .receive_w = 1, .idle_w = 1};
  const auto filter = [&](double max_energy_j, const policy::Decision& decision) {
    const FrameLimits limits(table_, model_, std::nullopt, max_energy_j, power);
    return WithinLimits(policy::Seen(20, 8e6), model_, limits, {}, 0.6, decision);
  };
  const FrameLimits limits(table_, model_, std::nullopt, 0.1, power);
  EXPECT_NEAR(limits.EnergyExcess(policy::Seen(20, 8e6), 0), 0.53, 1e-9);
  EXPECT_NEAR(limits.EnergyExcess(policy::Seen(20, 8e6), 1), 1.73, 1e-9);
  EXPECT_NEAR(limits.EnergyExcess(policy::Seen(20, 8e6), 2), 2.4, 1e-9);
  EXPECT_EQ(filter(0.25, Mix({{1, 12}, {2, 8}})).count, 2);
  const policy::Decision cheaper = filter(0.2, Mix({{1, 12}, {2, 8}}));   // row 2 goes, row 1 can take all
  ASSERT_EQ(cheaper.count, 1);
  EXPECT_EQ(cheaper.shares[0].option, 1);
  EXPECT_EQ(cheaper.shares[0].frames, 20);
  EXPECT_EQ(filter(0.1, Mix({{1, 20}})).shares[0].option, 0);
  EXPECT_EQ(filter(0.01, Mix({{1, 20}})).shares[0].option, 0) << "nothing keeps it: the least";
}

}   // namespace
}   // namespace partway::control
