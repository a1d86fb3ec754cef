#include "control/beyond.h"
#include "control/load_estimator.h"
#include "control/speed_estimator.h"
#include "gtest/gtest.h"

namespace partway::control {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// In 1 s two workers could work 2 s. They worked 1.1 s, 0.3 of it for us, so others took 0.8 / 2.
TEST(LoadEstimator, IsTheShareThatOthersTake) {
  LoadEstimator load;
  EXPECT_EQ(load.Take(), 0);
  load.Reported(seconds(100), seconds(7), 2);
  EXPECT_EQ(load.Take(), 0) << "one report says nothing of a span";
  load.Served(milliseconds(300));
  load.Reported(seconds(101), milliseconds(8100), 2);
  EXPECT_NEAR(load.Take(), 0.4, 1e-12);
  EXPECT_NEAR(load.Take(), 0.4, 1e-12) << "no news";
  load.Reported(seconds(102), milliseconds(8100), 2);
  EXPECT_EQ(load.Take(), 0);
  load.Reported(milliseconds(101500), milliseconds(8100), 2);   // overtaken by the one before
  EXPECT_EQ(load.Take(), 0);
  load.Reported(seconds(103), seconds(12), 2);
  EXPECT_EQ(load.Take(), LoadEstimator::kMost) << "3.9 s in 2";
}

TEST(LoadEstimator, AServerThatBeganAnewIsFollowed) {
  LoadEstimator load;
  load.Reported(seconds(1000), seconds(900), 1);
  load.Take();
  load.Reported(seconds(1), milliseconds(100), 1);
  load.Take();
  load.Reported(seconds(2), milliseconds(600), 1);
  EXPECT_NEAR(load.Take(), 0.5, 1e-12);
}

TEST(LoadEstimator, OwnWorkThatWasNotReportedYetIsNoNegativeLoad) {
  LoadEstimator load;
  load.Reported(seconds(1), seconds(0), 1);
  load.Take();
  load.Served(milliseconds(500));
  load.Reported(seconds(2), milliseconds(400), 1);
  EXPECT_EQ(load.Take(), 0);
}

TEST(SpeedEstimator, HalvesItsErrorEachSlotAndFollowsAStepAtOnce) {
  SpeedEstimator speed;
  EXPECT_EQ(speed.Take(), 1);
  speed.Took(0.010, 0.008);   // 1.25 times as fast
  EXPECT_NEAR(speed.Take(), 1.125, 1e-12);
  EXPECT_NEAR(speed.Take(), 1.125, 1e-12) << "no news";
  for (int i = 0; i < 10; ++i) speed.Took(0.010, 0.020);
  EXPECT_NEAR(speed.Take(), 0.5, 1e-12) << "throttled to half";
  speed.Took(0, 0.01);
  speed.Took(0.01, 0);
  EXPECT_NEAR(speed.Take(), 0.5, 1e-12) << "work that was not profiled, or not measured, tells nothing";
}

// Half the frames 10 ms over, half 30: a mean of 20 with a mean deviation of 10, and 20 + 1.5 * 10 that most keep within.
TEST(Beyond, IsWhatMostFramesKeepWithin) {
  Beyond beyond(0.01);
  EXPECT_NEAR(beyond.mostly_s(), 0.01 + 1.5 * 0.005, 1e-12);
  for (int i = 0; i < 200; ++i) beyond.Add(i % 2 == 0 ? 0.01 : 0.03);
  EXPECT_NEAR(beyond.mean_s(), 0.02, 0.001);
  EXPECT_NEAR(beyond.mostly_s(), 0.035, 0.002) << "the newest frame weighs a tenth";
  for (int i = 0; i < 200; ++i) beyond.Add(-0.01);
  EXPECT_EQ(beyond.mean_s(), 0) << "quicker than the model says is no reason to hope for more";
}

}   // namespace
}   // namespace partway::control
