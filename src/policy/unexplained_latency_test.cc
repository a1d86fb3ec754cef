#include "policy/unexplained_latency.h"

#include <gtest/gtest.h>

#include "base/rng.h"

namespace partway::policy {
namespace {

constexpr double kScale = 0.08;

// Slots of changing shape, as link and frames make them, with a device of that factor and waits of that length.
void Play(double factor, double wait_s, int slots, double noise_s, UnexplainedLatency* latency) {
  Rng rng(7);
  for (int t = 0; t < slots; ++t) {
    const double device_s = rng.Uniform(0.005, 0.05), sent = rng.Uniform(0, 1);
    latency->Add(device_s, sent, factor * device_s + wait_s * sent + noise_s * rng.Uniform(-1, 1));
  }
}

TEST(UnexplainedLatency, IsNothingWhereTheProfileIsRight) {
  UnexplainedLatency latency(kScale);
  Play(1, 0, 500, 0, &latency);
  EXPECT_NEAR(latency.device_factor(), 1, 1e-12);
  EXPECT_NEAR(latency.wait_s(), 0, 1e-12);
}

TEST(UnexplainedLatency, TellsASlowDeviceFromAQueueOnTheEdge) {
  UnexplainedLatency slow(kScale), queue(kScale), both(kScale);
  Play(2, 0, 30, 0, &slow);
  Play(1, 0.05, 30, 0, &queue);
  Play(1.5, 0.02, 30, 0, &both);
  EXPECT_NEAR(slow.device_factor(), 2, 0.02);
  EXPECT_NEAR(slow.wait_s(), 0, 0.001);
  EXPECT_NEAR(queue.device_factor(), 1, 0.02);
  EXPECT_NEAR(queue.wait_s(), 0.05, 0.001);
  EXPECT_NEAR(both.device_factor(), 1.5, 0.02);
  EXPECT_NEAR(both.wait_s(), 0.02, 0.001);
}

TEST(UnexplainedLatency, FollowsChangesAndBearsNoise) {
  UnexplainedLatency latency(kScale);
  Play(1, 0.05, 100, 0.002, &latency);
  EXPECT_NEAR(latency.wait_s(), 0.05, 0.004);
  Play(2, 0, 60, 0.002, &latency);
  EXPECT_NEAR(latency.device_factor(), 2, 0.1);
  EXPECT_NEAR(latency.wait_s(), 0, 0.004);
}

TEST(UnexplainedLatency, AWaitThatNobodyMeetsFades) {
  UnexplainedLatency latency(kScale);
  Play(1, 0.05, 50, 0, &latency);
  for (int t = 0; t < 100; ++t) latency.Add(0.02, 0, 0.02);
  // 0.05 x 0.97^100 = 0.0024, and nothing that says so.
  EXPECT_LT(latency.wait_s(), 0.003);
  EXPECT_NEAR(latency.device_factor(), 1, 1e-3);
}

TEST(UnexplainedLatency, StaysWithinItsBounds) {
  UnexplainedLatency latency(kScale);
  for (int t = 0; t < 1000; ++t) latency.Add(t % 2 == 0 ? 0 : 1e3, t % 3 == 0 ? 1 : 0, t % 5 == 0 ? 1e6 : 0);
  EXPECT_GE(latency.device_factor(), 0.05);
  EXPECT_LE(latency.device_factor(), 20);
  EXPECT_GE(latency.wait_s(), 0);
  EXPECT_LE(latency.wait_s(), 100 * kScale);
}

}   // namespace
}   // namespace partway::policy
