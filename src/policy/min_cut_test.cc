#include "policy/min_cut.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "policy/test_dags.h"

namespace partway::policy {
namespace {

double Weigh(const OperatorDag& dag, const std::vector<uint8_t>& set, const CutWeights& w) {
  const SetCost cost = CostOfSet(dag, set);
  const double upload = cost.upload_bits == 0 || w.uplink == 0 ? 0 : cost.upload_bits * w.uplink;
  return cost.device_s * w.device + cost.edge_s * w.edge + upload + cost.reply_bits * w.downlink;
}

TEST(MinCut, IsTheLeastOfAllClosedSets) {
  int inner = 0;
  for (uint64_t seed = 1; seed <= 500; ++seed) {
    const OperatorDag dag = RandomDag(seed, 11);
    ASSERT_TRUE(CheckOperatorDag(dag).ok()) << CheckOperatorDag(dag);
    MinCut cut(dag);
    Rng rng(seed);
    for (int k = 0; k < 4; ++k) {
      const CutWeights w = {rng.Uniform(0.1, 3), rng.Uniform(0.1, 3), std::exp(rng.Uniform(-5, 2)),
                            rng.Chance(0.5) ? rng.Uniform(0, 2) : 0};
      const std::vector<uint8_t>& set = cut.Solve(w);
      ASSERT_TRUE(IsClosed(dag, set)) << "seed " << seed;
      double least = std::numeric_limits<double>::infinity();
      ForEachClosedSet(dag, [&](const std::vector<uint8_t>& other) { least = std::min(least, Weigh(dag, other, w)); });
      ASSERT_NEAR(Weigh(dag, set, w), least, 1e-12 * (1 + least)) << "seed " << seed;
      inner += std::count(set.begin(), set.end(), 0) > 0 && std::count(set.begin(), set.end(), 1) > 0 ? 1 : 0;
    }
  }
  EXPECT_GT(inner, 500);   // of 2000: the test is about sets that are neither empty nor full
}

// Random blocks in a row, each of which ends in one operator that reads all that nobody in it has read.
OperatorDag BlockyDag(uint64_t seed, int blocks, int most_operators) {
  Rng rng(seed);
  OperatorDag dag;
  const auto cost = [&](double most) { return std::floor(rng.Uniform(0, 64 * most)) / 64; };
  dag.tensors.push_back({OperatorDag::kInput, cost(6), 0, {}});
  for (int block = 0; block < blocks; ++block) {
    const size_t entry = dag.tensors.size() - 1;
    for (int64_t i = 0, n = rng.UniformInt(0, most_operators); i < n; ++i) {
      const auto op = static_cast<int32_t>(dag.operators.size());
      dag.operators.push_back({cost(2), cost(1)});
      const int64_t last = static_cast<int64_t>(dag.tensors.size()) - 1;
      for (int64_t k = 0, operands = rng.UniformInt(1, 2); k < operands; ++k) {
        std::vector<int32_t>& readers =
            dag.tensors[static_cast<size_t>(rng.UniformInt(static_cast<int64_t>(entry), last))].consumers;
        if (readers.empty() || readers.back() != op) readers.push_back(op);
      }
      dag.tensors.push_back({op, cost(4), 0, {}});
    }
    const auto end = static_cast<int32_t>(dag.operators.size());
    dag.operators.push_back({cost(2), cost(1)});
    for (size_t t = entry; t < dag.tensors.size(); ++t) {
      if (dag.tensors[t].consumers.empty()) dag.tensors[t].consumers.push_back(end);
    }
    dag.tensors.push_back({end, cost(4), 0, {}});
  }
  dag.tensors.back().reply_bits = cost(1);
  return dag;
}

TEST(MinCut, FallsIntoBlocksWithoutLosingTheLeast) {
  size_t most_blocks = 0;
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    const OperatorDag dag = BlockyDag(seed, 3, 3);
    ASSERT_TRUE(CheckOperatorDag(dag).ok()) << CheckOperatorDag(dag);
    MinCut cut(dag);
    ASSERT_GE(cut.blocks(), 3u);
    most_blocks = std::max(most_blocks, cut.blocks());
    Rng rng(seed);
    for (int k = 0; k < 4; ++k) {
      const CutWeights w = {rng.Uniform(0.1, 2), rng.Uniform(0.1, 3), std::exp(rng.Uniform(-5, 2)), rng.Uniform(0, 2)};
      const std::vector<uint8_t>& set = cut.Solve(w);
      ASSERT_TRUE(IsClosed(dag, set)) << "seed " << seed;
      double least = std::numeric_limits<double>::infinity();
      ForEachClosedSet(dag, [&](const std::vector<uint8_t>& other) { least = std::min(least, Weigh(dag, other, w)); });
      ASSERT_NEAR(Weigh(dag, set, w), least, 1e-12 * (1 + least)) << "seed " << seed;
    }
  }
  EXPECT_GT(most_blocks, 5u);   // chains within blocks divide them further
}

TEST(MinCut, KnowsWhereBlocksEnd) {
  // Two branches from operator 0 that meet in 3, then a chain of 4 and 5.
  OperatorDag dag;
  dag.operators.resize(6);
  dag.tensors = {{-1, 1, 0, {0}}, {0, 1, 0, {1, 2}}, {1, 1, 0, {3}}, {2, 1, 0, {3}},
                 {3, 1, 0, {4}},  {4, 1, 0, {5}},    {5, 1, 0, {}}};
  EXPECT_EQ(BlockPositions(dag), (std::vector<size_t>{1, 4, 5}));
  // A second end: what runs beyond a position does not need all before it.
  OperatorDag two_ends = dag;
  two_ends.tensors[4].consumers = {4, 5};
  two_ends.tensors[5].consumers = {};
  EXPECT_TRUE(BlockPositions(two_ends).empty());
  // An operator that reads nothing.
  OperatorDag reads_nothing = dag;
  reads_nothing.tensors[1].consumers = {1};
  EXPECT_TRUE(BlockPositions(reads_nothing).empty());
}

TEST(MinCut, FindsSetsThatAreNoCut) {
  // input 8 -> 0 -> two branches of one operator each -> 3. Branch 1 shrinks 6 bits to 1 cheaply, branch 2 works hard and shrinks nothing.
  OperatorDag dag;
  dag.operators = {{1, 0}, {1, 0}, {9, 0}, {9, 0}};
  dag.tensors = {{-1, 20, 0, {0}}, {0, 3, 0, {1}}, {0, 1, 0, {2}}, {1, 1, 0, {3}}, {2, 1, 0, {3}}, {3, 1, 0, {}}};
  MinCut cut(dag);
  // {0}: 1 + 4 = 5. {0, 1}: 2 + 2 = 4. {}: 20. {0, 2}: 10 + 4.
  EXPECT_EQ(cut.Solve({1, 1, 1, 0}), (std::vector<uint8_t>{1, 1, 0, 0}));
}

TEST(MinCut, EqualSetsGiveTheLargest) {
  // Each operator takes 1 s on either side, the upload nothing.
  const OperatorDag dag = ChainDag({{1, 1}, {1, 1}, {1, 1}}, {0, 0, 0});
  MinCut cut(dag);
  EXPECT_EQ(cut.Solve({1, 1, 1, 0}), (std::vector<uint8_t>{1, 1, 1}));
  // Nothing costs anything; then only the edge is free.
  EXPECT_EQ(cut.Solve({0, 0, 0, 0}), (std::vector<uint8_t>{1, 1, 1}));
  EXPECT_EQ(cut.Solve({1, 0, 0, 0}), (std::vector<uint8_t>{0, 0, 0}));
}

TEST(MinCut, NumbersFarApart) {
  // 1 bit/s: the upload of 8 Mbit takes 8e6 s against microseconds of work; then 1e15 bit/s, where it takes 8 ns.
  const OperatorDag dag = ChainDag({{1e-6, 1e-8}, {3e-6, 1e-8}}, {8e6, 4e6});
  MinCut cut(dag);
  EXPECT_EQ(cut.Solve({1, 1, 1, 0}), (std::vector<uint8_t>{1, 1}));
  EXPECT_EQ(cut.Solve({1, 1, 1e-15, 0}), (std::vector<uint8_t>{0, 0}));
  EXPECT_EQ(cut.Solve({1, 1, 1e30, 0}), (std::vector<uint8_t>{1, 1}));
}

TEST(MinCut, ATensorThatMustNotCrossKeepsBothEndsTogether) {
  const double never = std::numeric_limits<double>::infinity();
  // Cutting before operator 1 would be cheapest, but its input must not cross; then before 2.
  const OperatorDag dag = ChainDag({{1, 0}, {1, 0}, {9, 0}}, {50, never, 2});
  MinCut cut(dag);
  EXPECT_EQ(cut.Solve({1, 1, 1, 0}), (std::vector<uint8_t>{1, 1, 0}));
  // Also where uploads weigh nothing.
  EXPECT_EQ(cut.Solve({1, 0.5, 0, 0}), (std::vector<uint8_t>{0, 0, 0}));
  EXPECT_EQ(MinCut(ChainDag({{1, 9}, {9, 0}}, {0, never})).Solve({1, 1, 0, 0}), (std::vector<uint8_t>{0, 0}));
  // Nor the input itself: everything stays.
  const OperatorDag tied = ChainDag({{1, 0}, {9, 0}}, {never, never});
  EXPECT_EQ(MinCut(tied).Solve({1, 1, 1, 0}), (std::vector<uint8_t>{1, 1}));
}

}   // namespace
}   // namespace partway::policy
