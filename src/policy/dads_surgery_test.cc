#include "policy/dads_surgery.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "policy/registry.h"
#include "policy/test_dags.h"
#include "policy/test_problems.h"

namespace partway::policy {
namespace {

// An option table to go with graphs of `sizes` sizes; its rows do not matter.
cost::OptionTable AnyTable(int sizes) {
  std::vector<cost::TestRow> rows;
  for (int size = 0; size < sizes; ++size) rows.push_back({1, 0.1, 0, 0, 0.9, 0, size});
  return cost::MakeTable(1, rows);
}

TEST(DadsSurgery, LightIsTheLeastLatencyOfAllClosedSets) {
  const cost::OptionTable table = AnyTable(1);
  int sent = 0;
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    const OperatorDags dags = {RandomDag(seed, 10)};
    Problem problem = PaperLikeProblem(table);
    problem.slot_s = 10;
    problem.dags = &dags;
    ASSERT_TRUE(CheckProblem(problem).ok()) << CheckProblem(problem);
    const SlotModel model(problem);
    DadsSurgery policy(problem, 0, DadsLoad::kLight);
    Rng rng(seed);
    const Observation seen = Seen(30, rng.Uniform(0.5, 20), rng.Uniform(0, 2));
    const Decision decision = policy.Decide(seen);
    ASSERT_EQ(decision.count, 1);
    ASSERT_EQ(decision.shares[0].option, kOwnOption);
    ASSERT_TRUE(IsClosed(dags[0], policy.on_device()));
    // What it says of its set is what the set costs, and the frames are eq. 11's.
    ASSERT_EQ(decision.own.coefficient, CostOfPlacement(dags[0], policy.on_device()).coefficient);
    ASSERT_EQ(decision.shares[0].frames, static_cast<int>(model.Frames(seen, decision.own)));
    ASSERT_EQ(decision.own.accuracy, 0.5);
    double least = std::numeric_limits<double>::infinity();
    ForEachClosedSet(dags[0], [&](const std::vector<uint8_t>& set) {
      least = std::min(least, model.Latency(seen, CostOfPlacement(dags[0], set)));
    });
    ASSERT_NEAR(model.Latency(seen, decision.own), least, 1e-12 * (1 + least)) << "seed " << seed;
    sent += decision.own.coefficient[cost::kRoundTrip] > 0 ? 1 : 0;
  }
  EXPECT_GT(sent, 50);
  EXPECT_LT(sent, 250);
}

// A chain's operators are its cuts, so both ways to DADS agree.
TEST(DadsSurgery, OnAChainItIsDadsOnTheTable) {
  Rng rng(7);
  for (int round = 0; round < 100; ++round) {
    constexpr int kGroups = 6;
    std::vector<OperatorDag::Operator> operators;
    std::vector<double> bits;
    for (int g = 0; g < kGroups; ++g) {
      operators.push_back({rng.Uniform(0.001, 0.02), rng.Uniform(0.0001, 0.002)});
      bits.push_back(rng.Uniform(1e4, 1e6));
    }
    const OperatorDags dags = {ChainDag(operators, bits)};
    std::vector<cost::TestRow> rows;
    for (int cut = 0; cut <= kGroups; ++cut) {
      double head = 0, tail = 0;
      for (int g = 0; g < kGroups; ++g) (g < cut ? head : tail) += g < cut ? operators[g].device_s : operators[g].edge_s;
      rows.push_back({cut, head, cut < kGroups ? bits[static_cast<size_t>(cut)] : 0, tail});
    }
    const cost::OptionTable table = cost::MakeTable(kGroups, rows);
    Problem problem = PaperLikeProblem(table), with_dags = problem;
    with_dags.dags = &dags;
    const SlotModel model(problem);
    const Observation seen = Seen(static_cast<int>(rng.UniformInt(5, 60)), rng.Uniform(1e6, 1e8), 0.005);
    for (const char* name : {"dads", "dads-light", "dads-heavy"}) {
      const auto on_table = MakePolicy(name, problem, {}, 1).value(), on_dag = MakePolicy(name, with_dags, {}, 1).value();
      const Decision expected = on_table->Decide(seen), got = on_dag->Decide(seen);
      EXPECT_EQ(got.shares[0].option, kOwnOption);
      EXPECT_EQ(got.shares[0].frames, expected.shares[0].frames) << name;
      const OptionCost cost = model.Cost(static_cast<size_t>(expected.shares[0].option));
      for (size_t w = 0; w < cost::kWeights; ++w) EXPECT_NEAR(got.own.coefficient[w], cost.coefficient[w], 1e-9) << name;
    }
  }
}

TEST(DadsSurgery, WithoutALinkAllStaysHereAndATinyOneCarriesNothing) {
  const cost::OptionTable table = AnyTable(1);
  const OperatorDags dags = {ChainDag({{0.05, 0.001}, {0.2, 0.001}}, {1e6, 1e5})};
  Problem problem = PaperLikeProblem(table);
  problem.dags = &dags;
  for (const DadsLoad load : {DadsLoad::kLight, DadsLoad::kHeavy, DadsLoad::kSeen}) {
    DadsSurgery policy(problem, -1, load);
    for (const double uplink : {0.0, 100.0}) {
      const Decision decision = policy.Decide(Seen(30, uplink));
      EXPECT_EQ(policy.on_device(), (std::vector<uint8_t>{1, 1}));
      EXPECT_EQ(decision.own.coefficient[cost::kRoundTrip], 0);
      EXPECT_EQ(decision.shares[0].frames, 4);   // 1 / 0.25
    }
    EXPECT_EQ(policy.Decide(Seen(30, 1e9)).own.coefficient[cost::kRoundTrip], 1);
  }
}

TEST(DadsSurgery, AmongSizesTheFastestThenTheSmaller) {
  const cost::OptionTable table = AnyTable(3);
  const OperatorDag fast = ChainDag({{0.1, 0.01}}, {1e6}), slow = ChainDag({{0.2, 0.02}}, {2e6});
  const OperatorDags dags = {slow, fast, fast};
  Problem problem = PaperLikeProblem(table);
  problem.dags = &dags;
  for (const DadsLoad load : {DadsLoad::kLight, DadsLoad::kHeavy}) {
    DadsSurgery free(problem, -1, load), held(problem, 0, load);
    free.Decide(Seen(30, 1e3));
    EXPECT_EQ(free.size(), 1);
    EXPECT_EQ(held.Decide(Seen(30, 1e3)).own.coefficient[cost::kDevice], 0.2);
    EXPECT_EQ(held.size(), 0);
  }
}

}   // namespace
}   // namespace partway::policy
