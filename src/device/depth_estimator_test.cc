// The smallest depth that keeps the slowest stage busy: sum over slowest, rounded up, and steady.
#include "device/depth_estimator.h"

#include "base/rng.h"
#include "gtest/gtest.h"

namespace partway::device {
namespace {

void Observe(DepthEstimator* estimator, const StageTimes& times, int n) {
  for (int i = 0; i < n; ++i) estimator->Observe(times);
}

TEST(DepthEstimator, BeginsWithAPipelineOfTwoWithinItsBound) {
  EXPECT_EQ(DepthEstimator(8, 1).depth(), 2);
  EXPECT_EQ(DepthEstimator(8, 3).depth(), 3);
  EXPECT_EQ(DepthEstimator(1, 1).depth(), 1);
}

TEST(DepthEstimator, IsTheSumOverTheSlowestRoundedUp) {
  DepthEstimator estimator(8, 1);
  Observe(&estimator, {.device_s = 0.010, .network_s = 0.030, .edge_s = 0.025, .arrival_gap_s = 0.030}, 20);
  EXPECT_EQ(estimator.depth(), 3);   // 65 / 30
}

TEST(DepthEstimator, ALongDelayIsNoLinkTime) {
  DepthEstimator estimator(16, 1);
  // 200 ms there and back, 20 ms of it the link's own; every third distance was made by the depth.
  for (int i = 0; i < 60; ++i) {
    estimator.Observe({.device_s = 0.005, .network_s = 0.200, .edge_s = 0.005, .arrival_gap_s = i % 3 == 0 ? 0.150 : 0.020});
  }
  EXPECT_EQ(estimator.depth(), 11);   // 210 / 20
}

TEST(DepthEstimator, DoesNotFlapWhereTheRatioIsAWholeNumber) {
  DepthEstimator estimator(8, 1);
  Rng rng(1);
  int changes = 0;
  int depth = estimator.depth();
  for (int i = 0; i < 2000; ++i) {
    const double head = 0.020 * rng.Uniform(0.97, 1.03);
    estimator.Observe({.device_s = head, .network_s = 0.020, .edge_s = 0.020, .arrival_gap_s = 0.020});   // 60 / 20
    changes += estimator.depth() != depth ? 1 : 0;
    depth = estimator.depth();
  }
  EXPECT_EQ(depth, 3);
  EXPECT_EQ(changes, 1);
}

TEST(DepthEstimator, FollowsAChangeAndKeepsTheDepthOverARestart) {
  DepthEstimator estimator(8, 1);
  Observe(&estimator, {.device_s = 0.010, .network_s = 0.010, .edge_s = 0.010, .arrival_gap_s = 0.010}, 20);
  ASSERT_EQ(estimator.depth(), 3);
  estimator.Restart();
  EXPECT_EQ(estimator.depth(), 3);
  Observe(&estimator, {.device_s = 0.100, .network_s = 0.010, .edge_s = 0.010, .arrival_gap_s = 0.100}, 20);
  EXPECT_EQ(estimator.depth(), 2);   // 120 / 100
}

}   // namespace
}   // namespace partway::device
