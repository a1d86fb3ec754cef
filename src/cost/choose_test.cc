#include "cost/choose.h"

#include <algorithm>
#include <cmath>

#include "cost/pareto.h"
#include "cost/predict.h"
#include "cost/refusals.h"
#include "cost/test_tables.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace partway::cost {
namespace {

const Objective kObjectives[] = {
    {.latency = 1}, {.period = 1}, {.energy = 1}, {.energy_delay = 1}, {.latency = 1, .period = 3, .energy = 0.05}};

State RandomState(Rng* rng) {
  State state;
  state.uplink_bps = std::exp(rng->Uniform(12, 21));
  state.downlink_bps = std::exp(rng->Uniform(15, 21));
  state.rtt_s = rng->Uniform(0, 0.05);
  state.device_speed = rng->Uniform(0.2, 3);
  state.edge_speed = rng->Uniform(0.2, 3);
  state.edge_load = rng->Uniform(0, 0.95);
  return state;
}

Limits RandomLimits(Rng* rng) {
  Limits limits;
  if (rng->Chance(0.4)) limits.max_latency_s = rng->Uniform(0.02, 0.2);
  if (rng->Chance(0.3)) limits.max_period_s = rng->Uniform(0.01, 0.1);
  if (rng->Chance(0.3)) limits.max_energy_j = rng->Uniform(0.1, 0.8);
  if (rng->Chance(0.4)) limits.min_accuracy = rng->Uniform(0.4, 0.8);
  if (rng->Chance(0.2)) limits.max_device_memory_bytes = 1e6 * static_cast<double>(rng->UniformInt(2, 9));
  if (rng->Chance(0.2)) limits.min_device_groups = static_cast<double>(rng->UniformInt(1, 4));
  if (rng->Chance(0.2)) limits.max_reconstruction_ssim = rng->Uniform(0.1, 0.9);
  return limits;
}

TEST(Chooser, PicksWhatEnumerationPicks) {
  Rng rng(11);
  const PowerModel power = TestPower();
  int none = 0;
  for (int round = 0; round < 400; ++round) {
    const OptionTable table = RandomTable(&rng, static_cast<int>(rng.UniformInt(1, 150)));
    const Limits limits = RandomLimits(&rng);
    const State state = RandomState(&rng);
    for (const Objective& objective : kObjectives) {
      const absl::StatusOr<Chooser> chooser = Chooser::Make(table, objective, limits, &power);
      ASSERT_TRUE(chooser.ok()) << chooser.status();
      const int best = chooser->Best(state);
      // The plain way: judge every row, take the least, break ties by rank.
      int expected = kNoOption;
      double least = INFINITY;
      const Refusals refusals = Judge(table, state, limits, &power);
      for (const size_t row : refusals.accepted) least = std::min(least, Value(objective, Predict(table, row, state, &power)));
      for (const size_t row : refusals.accepted) {
        if (Value(objective, Predict(table, row, state, &power)) > least * (1 + 1e-12)) continue;
        if (expected == kNoOption || table.rank[row] < table.rank[static_cast<size_t>(expected)])
          expected = static_cast<int>(row);
      }
      ASSERT_EQ(best, expected) << "round " << round;
      none += best == kNoOption ? 1 : 0;
    }
  }
  EXPECT_GT(none, 20) << "limits that nothing meets occur";
}

TEST(Chooser, BreaksTiesByAccuracyThenBytesThenDeviceWorkThenOrder) {
  const TestRow row{.cut = 1, .device_s = 0.01, .upload_bits = 1000, .edge_s = 0.02, .accuracy = 0.5};
  TestRow more_accurate = row, other_order = row;
  more_accurate.accuracy = 0.6;
  const Objective edge_only{.period = 1};   // 20 ms for all of them
  const State state = TestState();
  const auto best = [&](const std::vector<TestRow>& rows) {
    return Chooser::Make(MakeTable(3, rows), edge_only, {}, nullptr)->Best(state);
  };
  EXPECT_EQ(best({row, more_accurate}), 1);
  TestRow fewer_bytes = row, less_work = row;
  fewer_bytes.upload_bits = 500;
  less_work.device_s = 0.005;
  EXPECT_EQ(best({row, fewer_bytes}), 1);
  EXPECT_EQ(best({row, less_work}), 1);
  EXPECT_EQ(best({less_work, fewer_bytes, more_accurate}), 2);
  EXPECT_EQ(best({row, other_order}), 0);
}

TEST(Chooser, TakesNothingThatNeverEnds) {
  const OptionTable table = MakeTable(2, {{.cut = 0, .upload_bits = 8}, {.cut = 2, .device_s = 5}});
  const State no_link;
  EXPECT_EQ(Chooser::Make(table, {.latency = 1}, {}, nullptr)->Best(no_link), 1);
  const Limits small_device{.max_device_memory_bytes = 1};
  EXPECT_EQ(Chooser::Make(table, {.latency = 1}, small_device, nullptr)->Best(no_link), kNoOption);
}

TEST(Chooser, RefusesUnknownValuesUnderALimit) {
  OptionTable table = MakeTable(2, {{.cut = 0, .upload_bits = 8}, {.cut = 2, .device_s = 5}});
  table.accuracy[0] = kNotKnown;
  RankRows(&table);
  EXPECT_EQ(Chooser::Make(table, {.latency = 1}, {}, nullptr)->Best(TestState()), 0);
  EXPECT_EQ(Chooser::Make(table, {.latency = 1}, {.min_accuracy = 0.1}, nullptr)->Best(TestState()), 1);
  const Refusals refusals = Judge(table, TestState(), {.min_accuracy = 0.1}, nullptr);
  ASSERT_EQ(refusals.list.size(), 1u);
  EXPECT_TRUE(refusals.list[0].not_known);
}

TEST(Chooser, SaysWhatItLacks) {
  const OptionTable table = MakeTable(2, {{.cut = 2, .device_s = 5}});
  EXPECT_FALSE(Chooser::Make(OptionTable(), {.latency = 1}, {}, nullptr).ok());
  EXPECT_FALSE(Chooser::Make(table, {}, {}, nullptr).ok());
  EXPECT_FALSE(Chooser::Make(table, {.energy = 1}, {}, nullptr).ok());
  EXPECT_FALSE(Chooser::Make(table, {.latency = 1}, {.max_energy_j = 1}, nullptr).ok());
  EXPECT_FALSE(Chooser::Make(table, {.latency = 1}, {.max_latency_s = NAN}, nullptr).ok());
}

TEST(Pareto, KeepsExactlyWhatNothingDominates) {
  Rng rng(5);
  const PowerModel power = TestPower();
  for (int round = 0; round < 200; ++round) {
    const OptionTable table = RandomTable(&rng, static_cast<int>(rng.UniformInt(1, 60)));
    const State state = RandomState(&rng);
    const PowerModel* with = round % 2 == 0 ? &power : nullptr;
    std::vector<size_t> rows;
    for (size_t row = 0; row < table.size(); ++row) {
      if (rng.Chance(0.9)) rows.push_back(row);
    }
    const auto losses = [&](size_t row) {
      const Prediction p = Predict(table, row, state, with);
      return std::vector<double>{p.latency_s, p.period_s, with == nullptr ? 0 : p.energy_j, -table.accuracy[row]};
    };
    std::vector<size_t> expected;
    for (const size_t row : rows) {
      const bool beaten = std::any_of(rows.begin(), rows.end(), [&](size_t other) {
        const std::vector<double> a = losses(other), b = losses(row);
        bool as_good = true;
        for (size_t i = 0; i < a.size(); ++i) as_good &= a[i] <= b[i];
        return as_good && (a != b || table.rank[other] < table.rank[row]);
      });
      if (!beaten) expected.push_back(row);
    }
    EXPECT_THAT(ParetoSet(table, rows, state, with), testing::UnorderedElementsAreArray(expected));
  }
}

TEST(Refusals, CountWhatEachConstraintRefusesAndAlone) {
  // At 20 Mbps and 10 ms: cut 0 takes 1e6 / 20e6 + 10 ms + 30 ms = 90 ms, all local 200 ms.
  const OptionTable table = MakeTable(3, {{.cut = 0, .upload_bits = 1e6, .edge_s = 0.03, .accuracy = 0.7},
                                          {.cut = 1, .device_s = 0.05, .upload_bits = 2e6, .edge_s = 0.02, .accuracy = 0.5},
                                          {.cut = 3, .device_s = 0.2, .accuracy = 0.7}});
  const Refusals r = Judge(table, TestState(), {.max_latency_s = 0.1, .min_accuracy = 0.6, .min_device_groups = 1}, nullptr);
  EXPECT_TRUE(r.accepted.empty());
  EXPECT_EQ(r.refused[static_cast<size_t>(Constraint::kLatency)], 2u);   // 180 ms, 200 ms
  EXPECT_EQ(r.alone[static_cast<size_t>(Constraint::kLatency)], 1u);
  EXPECT_EQ(r.refused[static_cast<size_t>(Constraint::kAccuracy)], 1u);
  EXPECT_EQ(r.alone[static_cast<size_t>(Constraint::kDeviceGroups)], 1u);
  EXPECT_EQ(r.list.size(), 4u);
}

TEST(Relaxation, NamesTheLeastGiveOfOneConstraint) {
  const OptionTable table = MakeTable(3, {{.cut = 0, .upload_bits = 1e6, .edge_s = 0.03, .accuracy = 0.7},
                                          {.cut = 1, .device_s = 0.05, .upload_bits = 2e6, .edge_s = 0.02, .accuracy = 0.5},
                                          {.cut = 3, .device_s = 0.2, .accuracy = 0.7}});
  const Limits limits{.max_latency_s = 0.1, .min_accuracy = 0.6, .min_device_groups = 1};
  const Refusals refusals = Judge(table, TestState(), limits, nullptr);
  const auto least = Relax(table, TestState(), limits, nullptr, refusals);
  ASSERT_TRUE(least.has_value());
  EXPECT_EQ(least->refuses_most, Constraint::kLatency);
  EXPECT_EQ(least->refused, 2u);
  ASSERT_EQ(least->single.size(), 2u);
  // Latency to 200 ms lets all local through (+100 %); 0 groups instead of 1 lets cut 0 through (-100 %).
  EXPECT_EQ(least->single[0].relaxation.constraint, Constraint::kLatency);
  EXPECT_NEAR(least->single[0].relaxation.needed, 0.2, 1e-12);
  EXPECT_EQ(least->single[0].row, 2u);
  EXPECT_EQ(least->single[1].relaxation.constraint, Constraint::kDeviceGroups);
  EXPECT_EQ(least->single[1].relaxation.needed, 0);
  EXPECT_TRUE(least->together.empty());
}

TEST(Relaxation, TakesTogetherWhatNoConstraintCanDoAlone) {
  const OptionTable table = MakeTable(
      3, {{.cut = 0, .upload_bits = 1e6, .edge_s = 0.03, .accuracy = 0.5}, {.cut = 3, .device_s = 0.2, .accuracy = 0.55}});
  const Limits limits{.max_latency_s = 0.08, .min_accuracy = 0.6};
  const auto least = Relax(table, TestState(), limits, nullptr, Judge(table, TestState(), limits, nullptr));
  ASSERT_TRUE(least.has_value());
  EXPECT_TRUE(least->single.empty());
  // Cut 0: 90 ms (+12.5 %) and 0.5 (-16.7 %); all local: 200 ms (+150 %).
  EXPECT_EQ(least->together_row, 0u);
  ASSERT_EQ(least->together.size(), 2u);
  EXPECT_NEAR(least->together[0].needed, 0.09, 1e-12);
  EXPECT_NEAR(least->together[0].share(), 0.125, 1e-9);
  EXPECT_NEAR(least->together[1].needed, 0.5, 1e-12);
}

TEST(Relaxation, IsSuchThatTheRelaxedLimitsAcceptAnOption) {
  Rng rng(21);
  const PowerModel power = TestPower();
  int seen = 0;
  for (int round = 0; round < 600; ++round) {
    const OptionTable table = RandomTable(&rng, static_cast<int>(rng.UniformInt(1, 40)));
    const State state = RandomState(&rng);
    const Limits limits = RandomLimits(&rng);
    const auto least = Relax(table, state, limits, &power, Judge(table, state, limits, &power));
    if (!least) continue;
    ++seen;
    std::vector<std::vector<Relaxation>> ways;
    for (const auto& one : least->single) ways.push_back({one.relaxation});
    if (!least->together.empty()) ways.push_back(least->together);
    ASSERT_FALSE(ways.empty());
    for (const auto& way : ways) {
      Limits relaxed = limits;
      for (const Relaxation& r : way) relaxed.of(r.constraint) = r.needed;
      EXPECT_FALSE(Judge(table, state, relaxed, &power).accepted.empty());
    }
    // Giving a little less is not enough, where one constraint gives.
    for (const auto& one : least->single) {
      Limits nearly = limits;
      nearly.of(one.relaxation.constraint) = one.relaxation.limit + 0.999 * (one.relaxation.needed - one.relaxation.limit);
      EXPECT_TRUE(Judge(table, state, nearly, &power).accepted.empty());
    }
  }
  EXPECT_GT(seen, 100);
}

}   // namespace
}   // namespace partway::cost
