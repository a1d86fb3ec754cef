#include "policy/parecon.h"

#include <gtest/gtest.h>

#include <cmath>

#include "policy/registry.h"
#include "policy/test_problems.h"

namespace partway::policy {
namespace {

// The equations once more, written down as the paper has them: no blocks, no columns of weights, one option after the other.
class Reference {
 public:
  Reference(const Problem& problem, double v) : problem_(problem), v_(v) {}

  struct Choice {
    size_t option = 0;
    double b = 0, r = 0, c = 0;
  };
  Choice Slot(int a, double d) {
    const cost::OptionTable& o = *problem_.options;
    Choice best;
    double least = INFINITY;
    for (size_t i = 0; i < o.size(); ++i) {
      const double head = o.coefficient[cost::kDevice][i], bits = o.coefficient[cost::kUplink][i],
                   tail = o.coefficient[cost::kEdge][i];
      const double r = head + bits * problem_.slot_s / d + tail;   // (2)
      double b = a;
      if (bits > 0) b = std::min(b, d / bits);
      if (head > 0) b = std::min(b, problem_.slot_s / head);
      b = std::floor(b);                                               // (11)
      const double value = f_ * r - g_ * o.accuracy[i] - h_ * b / a;   // (9)
      if (value < least || (value == least && (b > best.b || (b == best.b && r < best.r)))) {
        least = value;
        best = {i, b, r, o.accuracy[i]};
      }
    }
    const double x = h_ == 0 ? 1.0 : std::min(std::max(v_ / h_, 0.01), 1.0);   // (8)
    f_ = std::max(f_ - problem_.max_latency_s, 0.0) + best.r;                  // (4)
    g_ = std::max(g_ - best.c, 0.0) + problem_.min_accuracy;                   // (5)
    h_ = std::max(h_ - best.b / a, 0.0) + x;                                   // (6)
    return best;
  }
  double f_ = 0, g_ = 0, h_ = 0;

 private:
  const Problem& problem_;
  double v_;
};

TEST(Parecon, DoesWhatTheEquationsSay) {
  const cost::OptionTable table = PaperLikeTable();
  for (const double min_accuracy : {0.5, 0.7, 0.8}) {
    const Problem problem = PaperLikeProblem(table, 0.08, min_accuracy);
    for (uint64_t seed = 1; seed <= 3; ++seed) {
      Parecon parecon(problem, {});
      Reference reference(problem, 20);
      const SlotModel model(problem);
      for (const Observation& seen : PaperSlots(seed, 1500)) {
        const Decision decision = parecon.Decide(seen);
        const Reference::Choice expected = reference.Slot(seen.frames, seen.uplink_bits);
        ASSERT_EQ(decision.count, 1);
        ASSERT_EQ(decision.shares[0].option, static_cast<int32_t>(expected.option)) << "slot " << seen.slot;
        ASSERT_EQ(decision.shares[0].frames, static_cast<int32_t>(expected.b));
        const Outcome outcome = model.Apply(seen, decision);
        ASSERT_NEAR(outcome.latency_s, expected.r, 1e-12);
        parecon.Update(seen, decision, outcome);
        ASSERT_NEAR(parecon.queues().latency, reference.f_, 1e-9);
        ASSERT_NEAR(parecon.queues().accuracy, reference.g_, 1e-9);
        ASSERT_NEAR(parecon.queues().frames, reference.h_, 1e-9);
      }
    }
  }
}

TEST(Parecon, TakesMoreFramesThenLessLatencyWhereAllIsEqual) {
  // At the start every value is 0. Of the options with b = 10 (the first has 5: 1 s / 0.2 s) the one of 0.02 s is the fastest.
  const cost::OptionTable table =
      cost::MakeTable(2, {{0, 0.2, 0, 0.0, 0.9}, {1, 0.01, 0, 0.03, 0.5}, {1, 0.01, 0, 0.01, 0.4, 0, 1}, {2, 0.02, 0, 0, 0.3}});
  Parecon parecon(PaperLikeProblem(table), {});
  const Decision decision = parecon.Decide(MakeObservation(0, 10, cost::TestState(), 1));
  // Rows 2 (round trip 10 ms on top: 0.03 s) and 3 (0.02 s).
  EXPECT_EQ(decision.shares[0].option, 3);
  EXPECT_EQ(decision.shares[0].frames, 10);
}

TEST(Parecon, StaysOnTheDeviceWhereThereIsNoLink) {
  const cost::OptionTable table = PaperLikeTable(3);
  Parecon parecon(PaperLikeProblem(table), {});
  const Observation seen = MakeObservation(0, 30, cost::State{}, 1);   // uplink 0
  const Decision decision = parecon.Decide(seen);
  ASSERT_EQ(decision.count, 1);
  EXPECT_TRUE(table.local(static_cast<size_t>(decision.shares[0].option)));
}

TEST(Parecon, ProcessesNothingWhereNothingRuns) {
  const cost::OptionTable table = cost::MakeTable(1, {{0, 0, 1e6, 0.01, 0.9}});
  Parecon parecon(PaperLikeProblem(table), {});
  const Observation seen = MakeObservation(0, 30, cost::State{}, 1);
  const Decision decision = parecon.Decide(seen);
  EXPECT_EQ(decision.count, 0);
  const Outcome outcome = SlotModel(PaperLikeProblem(table)).Apply(seen, decision);
  EXPECT_FALSE(outcome.any);
  EXPECT_EQ(outcome.k(), 0);
  parecon.Update(seen, decision, outcome);
  // No latency and no accuracy were seen; H takes in x(0) = 1.
  EXPECT_EQ(parecon.queues().latency, 0);
  EXPECT_EQ(parecon.queues().accuracy, 0);
  EXPECT_EQ(parecon.queues().frames, 1);
}

TEST(Registry, NamesWhatIsWrong) {
  const cost::OptionTable table = PaperLikeTable(1);
  const Problem problem = PaperLikeProblem(table);
  EXPECT_TRUE(MakePolicy("parecon", problem, {}, 1).ok());
  const auto message = [&](std::string_view name, const Parameters& given) {
    return std::string(MakePolicy(name, problem, given, 1).status().message());
  };
  EXPECT_NE(message("parekon", {}).find("no policy 'parekon'; there are adaptive, adaptive-single, parecon"), std::string::npos);
  EXPECT_NE(message("parecon", {{{"W", 1}}, {}}).find("no parameter 'W'; it has V, x_min, x_max"), std::string::npos);
  EXPECT_NE(message("parecon", {{{"V", -1}}, {}}).find("'V' of policy 'parecon' is -1"), std::string::npos);
  EXPECT_NE(message("parecon", {{{"V", NAN}}, {}}).find("'V' of policy 'parecon' is nan"), std::string::npos);
  EXPECT_NE(message("parecon", {{}, {{"V", "x"}}}).find("is a text; expected a number"), std::string::npos);
}

TEST(Problem, IsCheckedOnce) {
  cost::OptionTable table = PaperLikeTable(1);
  Problem problem = PaperLikeProblem(table);
  EXPECT_TRUE(CheckProblem(problem).ok());
  problem.max_latency_s = 0;
  EXPECT_NE(CheckProblem(problem).message().find("latency constraint is 0"), std::string::npos);
  problem = PaperLikeProblem(table, 0.1, 1.5);
  EXPECT_NE(CheckProblem(problem).message().find("accuracy constraint is 1.5"), std::string::npos);
  problem = PaperLikeProblem(table);
  table.coefficient[cost::kUplink][3] = -1;
  EXPECT_NE(CheckProblem(problem).message().find("costs -1"), std::string::npos);
  table.coefficient[cost::kUplink][3] = 1;
  table.accuracy[2] = cost::kNotKnown;
  EXPECT_NE(CheckProblem(problem).message().find("is not known"), std::string::npos);
}

}   // namespace
}   // namespace partway::policy
