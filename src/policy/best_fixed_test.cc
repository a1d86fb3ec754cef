#include "policy/best_fixed.h"

#include <gtest/gtest.h>

#include "policy/slot_model.h"
#include "policy/test_problems.h"

namespace partway::policy {
namespace {

TEST(BestFixed, IsTheBestOfAllFixedRuns) {
  const cost::OptionTable table = PaperLikeTable();
  for (const double min_accuracy : {0.5, 0.7, 0.75, 0.8}) {
    for (uint64_t seed = 1; seed <= 5; ++seed) {
      const std::vector<Observation> slots = PaperSlots(seed, 300);
      Problem problem = PaperLikeProblem(table, 0.08, min_accuracy);
      problem.future = slots;
      const int32_t chosen = BestFixedOption(problem).value();
      const SlotModel model(problem);
      double best_k = -1;
      int32_t expected = -1;
      for (size_t i = 0; i < table.size(); ++i) {
        double latency_s = 0, k = 0;
        for (const Observation& seen : slots) {
          const Outcome outcome =
              model.Apply(seen, Decision::Of(static_cast<int32_t>(i), static_cast<int>(model.Frames(seen, model.Cost(i)))));
          latency_s += outcome.latency_s / 300;
          k += outcome.k() / 300;
        }
        if (latency_s > 0.08 || table.accuracy[i] < min_accuracy || k <= best_k + 1e-12) continue;
        best_k = k;
        expected = static_cast<int32_t>(i);
      }
      ASSERT_GE(expected, 0);
      EXPECT_EQ(chosen, expected);
    }
  }
}

TEST(BestFixed, TakesTheLeastViolationWhereNoneIsFeasible) {
  // r_th 0.1 s, c_th 0.8: row 0 is 0.3 s (2 beyond), row 1 has accuracy 0.4 (0.5 short), row 2 0.12 s and 0.76 (0.2 and 0.05 short).
  const cost::OptionTable table =
      cost::MakeTable(1, {{1, 0.3, 0, 0, 0.9}, {1, 0.01, 0, 0, 0.4, 0, 1}, {1, 0.12, 0, 0, 0.76, 0, 2}});
  const std::vector<Observation> slots = {Seen(30, 1e6), Seen(40, 1e6)};
  Problem problem = PaperLikeProblem(table, 0.1, 0.8);
  problem.future = slots;
  EXPECT_EQ(BestFixedOption(problem).value(), 2);
}

TEST(BestFixed, EqualOnesGoToLessLatencyThenTheEarlierRow) {
  // All carry every frame: 0.02, 0.01 and 0.01 s.
  const cost::OptionTable table =
      cost::MakeTable(1, {{1, 0.02, 0, 0, 0.9}, {1, 0.01, 0, 0, 0.9, 0, 1}, {1, 0.01, 0, 0, 0.9, 0, 2}});
  const std::vector<Observation> slots = {Seen(30, 1e6)};
  Problem problem = PaperLikeProblem(table, 0.1, 0.8);
  problem.future = slots;
  EXPECT_EQ(BestFixedOption(problem).value(), 1);
  // The same where their mean lies exactly at the constraint.
  problem.max_latency_s = 0.01;
  EXPECT_EQ(BestFixedOption(problem).value(), 1);
}

TEST(BestFixed, SlotsWithoutALinkCountAgainstWhatSends) {
  // Row 0 carries all 10 frames where there is a link, which is in one slot of three; row 1 carries 5 of 10 in each.
  const cost::OptionTable table = cost::MakeTable(1, {{0, 0, 1e5, 0.01, 0.9}, {1, 0.2, 0, 0, 0.9}});
  const std::vector<Observation> slots = {Seen(10, 0), Seen(10, 1e6), Seen(10, 0)};
  Problem problem = PaperLikeProblem(table, 0.5, 0.5);
  problem.future = slots;
  EXPECT_EQ(BestFixedOption(problem).value(), 1);
  const std::vector<Observation> dark = {Seen(10, 0)};
  const cost::OptionTable sends = cost::MakeTable(1, {{0, 0, 1e5, 0.01, 0.9}});
  problem.options = &sends;
  problem.future = dark;
  const auto policy = MakePolicy("best-fixed", problem, {}, 1).value();
  EXPECT_EQ(policy->Decide(dark[0]).count, 0);
}

TEST(BestFixed, NeedsTheFuture) {
  const cost::OptionTable table = PaperLikeTable(1);
  const absl::Status status = MakePolicy("best-fixed", PaperLikeProblem(table), {}, 1).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(FindPolicy("best-fixed")->needs_future);
}

}   // namespace
}   // namespace partway::policy
