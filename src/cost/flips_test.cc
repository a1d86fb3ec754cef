#include "cost/flips.h"

#include <cmath>

#include "cost/envelope.h"
#include "cost/predict.h"
#include "cost/refusals.h"
#include "cost/sweep.h"
#include "cost/test_tables.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace partway::cost {
namespace {

const Objective kObjectives[] = {
    {.latency = 1}, {.period = 1}, {.energy = 1}, {.energy_delay = 1}, {.latency = 1, .period = 3, .energy = 0.05}};
constexpr Axis kAxes[] = {Axis::kUplink,   Axis::kDeviceSpeed, Axis::kEdgeSpeed,
                          Axis::kEdgeLoad, Axis::kRoundTrip,   Axis::kMinAccuracy};

TEST(Flips, AreWhereTwoLatenciesAreEqual) {
  // Cut 1: 20 ms + 2 Mbit / x + 30 ms. Local: 100 ms. Equal at 2 Mbit / 50 ms = 40 Mbit/s.
  const OptionTable table =
      MakeTable(3, {{.cut = 1, .device_s = 0.02, .upload_bits = 2e6, .edge_s = 0.03}, {.cut = 3, .device_s = 0.1}});
  State state;
  state.uplink_bps = 1e6;
  const auto regions = RegionsAlong(Axis::kUplink, table, state, {.latency = 1}, {}, nullptr);
  ASSERT_TRUE(regions.ok());
  ASSERT_EQ(regions->size(), 2u);
  EXPECT_EQ((*regions)[0].row, 1);
  EXPECT_EQ((*regions)[0].from, 0);
  EXPECT_NEAR((*regions)[0].to, 40e6, 1e-3);
  EXPECT_EQ((*regions)[1].row, 0);
  EXPECT_TRUE(std::isinf((*regions)[1].to));

  // At 100 Mbit/s cut 1 takes 70 ms; with the edge at load L it takes 40 ms + 30 ms / (1 - L): 100 ms at L = 0.5.
  state.uplink_bps = 100e6;
  const auto load = RegionsAlong(Axis::kEdgeLoad, table, state, {.latency = 1}, {}, nullptr);
  ASSERT_EQ(load->size(), 2u);
  EXPECT_EQ((*load)[0].row, 0);
  EXPECT_NEAR((*load)[0].to, 0.5, 1e-12);
  // A round trip of 30 ms more and they are equal.
  const auto rtt = RegionsAlong(Axis::kRoundTrip, table, state, {.latency = 1}, {}, nullptr);
  ASSERT_EQ(rtt->size(), 2u);
  EXPECT_NEAR((*rtt)[0].to, 0.03, 1e-12);
  // Device speed s: 20 ms / s + 50 ms against 100 ms / s: equal at s = 1.6.
  const auto device = RegionsAlong(Axis::kDeviceSpeed, table, state, {.latency = 1}, {}, nullptr);
  ASSERT_EQ(device->size(), 2u);
  EXPECT_EQ((*device)[0].row, 0);
  EXPECT_NEAR((*device)[0].to, 1.6, 1e-12);
}

TEST(Flips, ALimitEndsARegion) {
  // Local never meets 60 ms; cut 1 takes 50 ms + 2 Mbit / x: meets it from 200 Mbit/s on.
  const OptionTable table =
      MakeTable(3, {{.cut = 1, .device_s = 0.02, .upload_bits = 2e6, .edge_s = 0.03}, {.cut = 3, .device_s = 0.1}});
  State state;
  state.uplink_bps = 1e6;
  const auto regions = RegionsAlong(Axis::kUplink, table, state, {.latency = 1}, {.max_latency_s = 0.06}, nullptr);
  ASSERT_EQ(regions->size(), 2u);
  EXPECT_EQ((*regions)[0].row, kNoOption);
  EXPECT_NEAR((*regions)[0].to, 200e6, 1);
  EXPECT_EQ((*regions)[1].row, 0);
}

TEST(Flips, AgreeWithTheChooserEverywhere) {
  Rng rng(3);
  const PowerModel power = TestPower();
  size_t flips = 0, checked = 0;
  for (int round = 0; round < 60; ++round) {
    const OptionTable table = RandomTable(&rng, static_cast<int>(rng.UniformInt(1, 60)));
    State state = TestState();
    state.uplink_bps = std::exp(rng.Uniform(13, 20));
    state.edge_load = rng.Chance(0.5) ? 0 : 0.5;
    Limits limits;
    if (rng.Chance(0.3)) limits.max_latency_s = rng.Uniform(0.03, 0.2);
    if (rng.Chance(0.3)) limits.max_period_s = rng.Uniform(0.02, 0.1);
    if (rng.Chance(0.3)) limits.max_energy_j = rng.Uniform(0.2, 0.8);
    if (rng.Chance(0.3)) limits.min_accuracy = rng.Uniform(0.4, 0.7);
    for (const Objective& objective : kObjectives) {
      for (const Axis axis : kAxes) {
        const auto regions = RegionsAlong(axis, table, state, objective, limits, &power);
        ASSERT_TRUE(regions.ok()) << regions.status();
        ASSERT_FALSE(regions->empty());
        EXPECT_EQ(regions->front().from, 0);
        for (size_t i = 0; i + 1 < regions->size(); ++i) {
          EXPECT_EQ((*regions)[i].to, (*regions)[i + 1].from) << "no gaps";
          EXPECT_NE((*regions)[i].row, (*regions)[i + 1].row) << "neighbours differ";
        }
        flips += regions->size() - 1;
        // Points inside the regions, close to both ends and in the middle.
        for (const Region& region : *regions) {
          const double low = region.from, high = std::isinf(region.to) ? std::max(low * 100, 1e12) : region.to;
          if (high - low < 1e-7 * high) continue;   // narrower than what a decision can tell
          for (const double share : {1e-6, 0.5, 1 - 1e-6}) {
            const double value = low + share * (high - low);
            Limits held = limits;
            if (axis == Axis::kMinAccuracy) held.min_accuracy = value;
            const int best = Chooser::Make(table, objective, held, &power)->Best(With(state, axis, value));
            ++checked;
            if (best == region.row) continue;
            // Rounding may part two that are equal there; their values then are.
            ASSERT_NE(best, kNoOption);
            ASSERT_NE(region.row, kNoOption);
            const State at = With(state, axis, value);
            const double a = Value(objective, Predict(table, static_cast<size_t>(best), at, &power));
            const double b = Value(objective, Predict(table, static_cast<size_t>(region.row), at, &power));
            EXPECT_NEAR(a, b, 1e-10 * a) << "round " << round << " axis " << static_cast<int>(axis) << " value " << value;
          }
        }
      }
    }
  }
  EXPECT_GT(flips, 1000u);
  EXPECT_GT(checked, 5000u);
}

TEST(Flips, RefuseRangesThatAreTurnedRound) {
  const OptionTable table = MakeTable(1, {{.cut = 1, .device_s = 0.1}});
  EXPECT_FALSE(RegionsAlong(Axis::kUplink, 5, 5, table, TestState(), {.latency = 1}, {}, nullptr).ok());
  EXPECT_FALSE(RegionsAlong(Axis::kUplink, -1, 5, table, TestState(), {.latency = 1}, {}, nullptr).ok());
  EXPECT_FALSE(RegionsAlong(Axis::kEdgeLoad, 0, 2, table, TestState(), {.latency = 1}, {}, nullptr).ok());
}

TEST(Envelope, FollowsRandomCurves) {
  Rng rng(9);
  for (int round = 0; round < 300; ++round) {
    std::vector<Curve> curves;
    const int count = static_cast<int>(rng.UniformInt(0, 25));
    for (int i = 0; i < count; ++i) {
      Curve curve{.c0 = rng.Uniform(0, 10), .c1 = rng.Uniform(0, 3), .rank = i};
      if (rng.Chance(0.4)) curve.c2 = rng.Uniform(0, 1);
      if (rng.Chance(0.5)) curve.p0 = rng.Uniform(0, 5), curve.p1 = rng.Uniform(0, 5);
      if (rng.Chance(0.3)) curve.until = rng.Uniform(-1, 20);
      curves.push_back(curve);
    }
    const std::vector<EnvelopePiece> pieces = LowerEnvelope(curves, 0, 30);
    ASSERT_FALSE(pieces.empty());
    EXPECT_EQ(pieces.front().from, 0);
    EXPECT_EQ(pieces.back().to, 30);
    for (const EnvelopePiece& piece : pieces) {
      for (const double share : {0.001, 0.5, 0.999}) {
        const double u = piece.from + share * (piece.to - piece.from);
        double least = INFINITY;
        for (const Curve& curve : curves) {
          if (u <= curve.until) least = std::min(least, curve.At(u));
        }
        if (piece.curve < 0) {
          EXPECT_TRUE(std::isinf(least));
        } else {
          EXPECT_LE(u, curves[static_cast<size_t>(piece.curve)].until);
          EXPECT_NEAR(curves[static_cast<size_t>(piece.curve)].At(u), least, 1e-9 * (1 + least)) << "round " << round;
        }
      }
    }
  }
}

TEST(Sweep, IsTheChooserPointByPoint) {
  Rng rng(2);
  const OptionTable table = RandomTable(&rng, 70);
  SweepAxis uplink{Axis::kUplink, {}}, accuracy{Axis::kMinAccuracy, {}};
  for (int i = 1; i <= 20; ++i) uplink.values.push_back(5e6 * i);
  for (int i = 0; i <= 10; ++i) accuracy.values.push_back(0.4 + 0.05 * i);
  const auto grid = Sweep(table, uplink, accuracy, TestState(), {.latency = 1}, {}, nullptr);
  ASSERT_TRUE(grid.ok()) << grid.status();
  ASSERT_EQ(grid->best.size(), 20u * 11u);
  size_t counted = 0;
  for (const auto& [row, count] : grid->winners) counted += count;
  EXPECT_EQ(counted, grid->best.size());
  for (size_t j = 0; j < 11; ++j) {
    for (size_t i = 0; i < 20; ++i) {
      const State at = With(TestState(), Axis::kUplink, uplink.values[i]);
      EXPECT_EQ(grid->best[j * 20 + i],
                Chooser::Make(table, {.latency = 1}, {.min_accuracy = accuracy.values[j]}, nullptr)->Best(at));
    }
  }
  EXPECT_FALSE(Sweep(table, uplink, uplink, TestState(), {.latency = 1}, {}, nullptr).ok());
  uplink.values.front() = -1;
  EXPECT_FALSE(Sweep(table, uplink, accuracy, TestState(), {.latency = 1}, {}, nullptr).ok());
}

}   // namespace
}   // namespace partway::cost
