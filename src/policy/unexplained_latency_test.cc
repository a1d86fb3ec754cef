#include "policy/unexplained_latency.h"

#include <gtest/gtest.h>

#include <cmath>
#include <utility>

#include "base/rng.h"
#include "cost/test_tables.h"

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

// Cut 1 takes 10 ms here, 100 kbit and 20 ms on the edge, cut 2 all of 40 ms here. At 10 Mbit/s and a round trip of 5 ms a frame by the first takes
// 10 + 10 + 5 + 20 = 45 ms.
UnexplainedLatency::Coefficients TwoOptions() {
  return cost::MakeTable(2, {{.cut = 1, .device_s = 0.01, .upload_bits = 1e5, .edge_s = 0.02}, {.cut = 2, .device_s = 0.04}})
      .coefficient;
}
Observation At(double load) {
  cost::State state;
  state.uplink_bps = 10e6;
  state.rtt_s = 0.005;
  state.edge_load = load;
  return MakeObservation(0, 40, state, 1);
}
Decision Both() {
  Decision decision;
  decision.Add({0, 10});
  decision.Add({1, 10});
  return decision;
}

// Where single frames are watched, queues scatter the means as they like: the device is as fast as it was seen to be.
TEST(UnexplainedLatency, TakesNoQueueForASlowDeviceWhereFramesAreWatched) {
  const UnexplainedLatency::Coefficients options = TwoOptions();
  Rng rng(5);
  UnexplainedLatency told(kScale), inferred(kScale);
  double furthest = 1;
  for (int t = 0; t < 300; ++t) {
    const double queue_s = -0.1 * std::log(1 - rng.Uniform());   // of each frame that is sent
    // 10 frames of 45 ms and the queue, 10 of 40 ms, half as much again on the device: 10 (15 + 35) + 10 (60).
    Outcome outcome{.offered = 40, .processed = 20, .any = true, .latency_s = (10 * (0.05 + queue_s) + 10 * 0.06) / 20};
    inferred.Learn(options, At(0), Both(), outcome);
    furthest = std::max(furthest, std::abs(std::log(inferred.device_factor() / 1.5)));
    outcome.measured = {
        .device_s = 10 * 0.075, .profile_device_s = 10 * 0.05, .sent = 10, .queued_s = 10 * queue_s, .edge_s = 10 * 0.02};
    told.Learn(options, At(0), Both(), outcome);
    EXPECT_NEAR(told.device_factor(), 1.5, 1e-9) << t;
  }
  EXPECT_GT(furthest, 1);   // by a factor of e
  // Exponential, of mean 0.1; over some 16 slots a deviation of 0.1 sqrt(1 / 31) = 0.018.
  EXPECT_NEAR(told.wait_s(), 0.1, 0.06);
}

TEST(UnexplainedLatency, AWaitIsWhatTheLoadDoesNotExplain) {
  const UnexplainedLatency::Coefficients options = TwoOptions();
  UnexplainedLatency latency(kScale);
  // At a load of a half the edge's 20 ms are taken for 40 ms. Frames that took 50 ms there waited for 10.
  Outcome outcome{.offered = 40, .processed = 20, .any = true, .latency_s = 0.05};
  outcome.measured = {.device_s = 0.5, .profile_device_s = 0.5, .sent = 10, .queued_s = 10 * 0.03, .edge_s = 10 * 0.02};
  for (int t = 0; t < 200; ++t) latency.Learn(options, At(0.5), Both(), outcome);
  EXPECT_NEAR(latency.wait_s(), 0.01, 1e-6);
  EXPECT_NEAR(latency.Corrected(At(0.5)).weights[cost::kEdge], 2, 1e-12);
  EXPECT_NEAR(latency.Corrected(At(0.5)).weights[cost::kRoundTrip], 0.015, 1e-6);
  // Shorter than the load says: none, and no less.
  outcome.measured.queued_s = 0;
  for (int t = 0; t < 200; ++t) latency.Learn(options, At(0.5), Both(), outcome);
  EXPECT_EQ(latency.wait_s(), 0);
}

TEST(UnexplainedLatency, WhatIsLeftIsRoomThatAConstraintDoesNotHave) {
  const UnexplainedLatency::Coefficients options = TwoOptions();
  UnexplainedLatency latency(kScale);
  // Eq. 2: 10 frames of 45 ms, 10 of 40 ms, 42.5 ms in the mean. Local frames waited, so it was 60 ms.
  Outcome outcome{.offered = 40, .processed = 20, .any = true, .latency_s = 0.06};
  outcome.measured = {.device_s = 0.5, .profile_device_s = 0.5, .sent = 10, .queued_s = 0, .edge_s = 0.2};
  for (int t = 0; t < 300; ++t) latency.Learn(options, At(0), Both(), outcome);
  EXPECT_NEAR(latency.rest_s(), 0.0175, 1e-6);
  EXPECT_EQ(latency.device_factor(), 1);
  EXPECT_EQ(latency.wait_s(), 0);
  outcome.latency_s = 0.03;
  for (int t = 0; t < 300; ++t) latency.Learn(options, At(0), Both(), outcome);
  EXPECT_EQ(latency.rest_s(), 0);
}

// Each of eight takes at once all that it believes to be left. Believing what was reported, they take all of it in one slot and nothing in the next.
TEST(UnexplainedLatency, DevicesThatShareAnEdgeSettle) {
  constexpr int kDevices = 8;
  const UnexplainedLatency::Coefficients options = TwoOptions();
  const auto swing = [&](bool believes_reports) {
    std::vector<UnexplainedLatency> devices(kDevices, UnexplainedLatency(kScale));
    std::array<double, kDevices> took{};
    double least = 9, most = 0;
    for (int t = 0; t < 300; ++t) {
      double all = 0, next = 0;
      for (const double one : took) all += one;
      for (size_t i = 0; i < kDevices; ++i) {
        const Observation seen = At(std::min(0.95, all - took[i]));
        const Observation corrected = devices[i].Corrected(seen);
        devices[i].Learn(options, seen, Both(), {});
        took[i] = 1 / (believes_reports ? seen : corrected).weights[cost::kEdge];
        next += took[i];
      }
      if (t < 200) continue;
      least = std::min(least, next);
      most = std::max(most, next);
    }
    return std::pair(least, most);
  };
  EXPECT_LT(swing(true).first, 0.5);
  EXPECT_GT(swing(true).second, 2);
  EXPECT_NEAR(swing(false).first, 1, 0.01);
  EXPECT_NEAR(swing(false).second, 1, 0.01);
}

TEST(UnexplainedLatency, AMixtureOfWhichFramesWereLeftOutMeansASlowerDevice) {
  const UnexplainedLatency::Coefficients options = TwoOptions();
  UnexplainedLatency latency(kScale);
  // All 20 frames use the device; 4 are missing, so 16 filled what 20 should have.
  latency.Learn(options, At(0), Both(), {.offered = 40, .processed = 16, .any = true, .latency_s = 0.05});
  EXPECT_NEAR(latency.device_factor(), 20.0 / 16, 1e-12);
  EXPECT_EQ(latency.wait_s(), 0);
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
