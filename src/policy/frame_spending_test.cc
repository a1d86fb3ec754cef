#include "policy/frame_spending.h"

#include "gtest/gtest.h"
#include "policy/test_problems.h"

namespace partway::policy {
namespace {

// cut 1 sends 1000 bits: 20 ms of the device, 10 ms of the edge; cut 2 takes 50 ms of the device. 0.9 of a picture is seen at cut 1.
cost::OptionTable TwoOptions() {
  return cost::MakeTable(2, {{.cut = 1, .device_s = 0.02, .upload_bits = 1000, .edge_s = 0.01}, {.cut = 2, .device_s = 0.05}});
}

TEST(FrameSpendingTest, MeansAreOverFrames) {
  const cost::OptionTable table = TwoOptions();
  const cost::PowerModel power = cost::TestPower();
  Problem problem;
  problem.options = &table;
  problem.power = &power;
  const FrameSpending spending(problem);
  EXPECT_TRUE(spending.energy_known());
  EXPECT_TRUE(spending.exposure_known());
  const Observation seen = Seen(20, 10000);
  // 0.02 * 6 + 0.1 * 3 + 1000 * 5e-9 + 0.01 * 2 and 0.05 * 6.
  EXPECT_NEAR(spending.Energy(seen, 0), 0.440005, 1e-12);
  EXPECT_NEAR(spending.Energy(seen, 1), 0.3, 1e-12);
  SpendingMeans means;
  means.Add(spending, seen, Decision::Of(0, 1));
  means.Add(spending, seen, Decision::Of(1, 3));
  means.Add(spending, seen, Decision::Of(0, 0));
  EXPECT_EQ(means.frames(), 4);
  EXPECT_NEAR(means.energy_j(), (0.440005 + 3 * 0.3) / 4, 1e-12);
  EXPECT_NEAR(means.exposure(), 0.9 / 4, 1e-12);
  EXPECT_FALSE(means.any_unknown());
  means.Add(spending, seen, Decision::Of(kOwnOption, 1));
  EXPECT_TRUE(means.any_unknown());
}

TEST(FrameSpendingTest, WhatIsNotKnownIsSaid) {
  cost::OptionTable table = TwoOptions();
  table.distance_correlation[0] = cost::kNotKnown;
  Problem problem;
  problem.options = &table;
  const FrameSpending spending(problem);
  EXPECT_FALSE(spending.energy_known());
  EXPECT_FALSE(spending.exposure_known());
  EXPECT_EQ(spending.Energy(Seen(20, 10000), 0), 0);
  EXPECT_EQ(SpendingMeans().energy_j(), 0);
}

}   // namespace
}   // namespace partway::policy
