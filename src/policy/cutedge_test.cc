#include "policy/cutedge.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "policy/test_problems.h"

namespace partway::policy {
namespace {

// F and H and eq. 9 without its middle term, written down once more for one size.
TEST(CutEdge, IsPareconsRuleOnCutAndFramesAtOneSize) {
  const cost::OptionTable table = PaperLikeTable();
  const Problem problem = PaperLikeProblem(table, 0.08, 0.83);
  CutEdge policy(problem, RowsOfSize(table, 4).value(), {});
  const SlotModel model(problem);
  double f = 0, h = 0;
  for (const Observation& seen : PaperSlots(2, 1500)) {
    int32_t expected = -1;
    double least = INFINITY, best_b = 0, best_r = 0;
    for (size_t i = 0; i < table.size(); ++i) {
      if (table.keys[i].size != 4) continue;
      const OptionCost cost = model.Cost(i);
      const double r = model.Latency(seen, cost), b = model.Frames(seen, cost);
      const double value = f * r - h / seen.frames * b;
      if (value > least || (value == least && (b < best_b || (b == best_b && r >= best_r)))) continue;
      least = value;
      best_b = b;
      best_r = r;
      expected = static_cast<int32_t>(i);
    }
    const Decision decision = policy.Decide(seen);
    ASSERT_EQ(decision.shares[0].option, expected) << "slot " << seen.slot;
    ASSERT_EQ(decision.shares[0].frames, static_cast<int32_t>(best_b));
    policy.Update(seen, decision, model.Apply(seen, decision));
    const double x = h == 0 ? 1.0 : std::clamp(20 / h, 0.01, 1.0);
    f = std::max(f - 0.08, 0.0) + best_r;
    h = std::max(h - best_b / seen.frames, 0.0) + x;
    ASSERT_NEAR(policy.queues().latency, f, 1e-9);
    ASSERT_NEAR(policy.queues().frames, h, 1e-9);
    ASSERT_EQ(policy.queues().accuracy, 0);
  }
}

TEST(CutEdge, KeepsTheLatencyConstraintOverTime) {
  const cost::OptionTable table = PaperLikeTable();
  const Problem problem = PaperLikeProblem(table, 0.08, 0.7);
  const auto policy = MakePolicy("cutedge", problem, {{{"size", 352}}, {}}, 1).value();   // index 4: 256 pixels of work
  const SlotModel model(problem);
  double latency_s = 0;
  const std::vector<Observation> slots = PaperSlots(3, 1500);
  for (const Observation& seen : slots) {
    const Decision decision = policy->Decide(seen);
    const Outcome outcome = model.Apply(seen, decision);
    latency_s += outcome.latency_s;
    policy->Update(seen, decision, outcome);
  }
  // The queue stays below a few dozen constraints, so the mean exceeds it by at most that over 1500 slots.
  EXPECT_LE(latency_s / 1500, 0.08 * 1.05);
}

TEST(CutEdge, WithoutALinkAndWithATinyOne) {
  const cost::OptionTable table = cost::MakeTable(2, {{0, 0, 1e6, 0.01, 0.9}, {1, 0.01, 1e5, 0.01, 0.9}, {2, 0.1, 0, 0, 0.9}});
  const auto policy = MakePolicy("cutedge", PaperLikeProblem(table), {}, 1).value();
  cost::State state;
  EXPECT_EQ(policy->Decide(MakeObservation(0, 30, state, 1)).shares[0].option, 2);
  // All queues are empty, so all values are equal: most frames decide. Nothing fits through 10 bits.
  state.uplink_bps = 10;
  const Decision decision = policy->Decide(MakeObservation(0, 30, state, 1));
  EXPECT_EQ(decision.shares[0].option, 2);
  EXPECT_EQ(decision.shares[0].frames, 10);
}

}   // namespace
}   // namespace partway::policy
