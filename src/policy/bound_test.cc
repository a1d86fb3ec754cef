#include "policy/bound.h"

#include <glpk.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "policy/slot_model.h"
#include "policy/test_problems.h"

namespace partway::policy {
namespace {

// A linear programme for GLPK: maximise, variables of 0 or more, rows between bounds.
class General {
 public:
  General() : lp_(glp_create_prob()) { glp_set_obj_dir(lp_.get(), GLP_MAX); }
  int Row(double low, double high) {
    const int row = glp_add_rows(lp_.get(), 1);
    const int kind = low == high ? GLP_FX : std::isinf(low) ? GLP_UP : std::isinf(high) ? GLP_LO : GLP_DB;
    glp_set_row_bnds(lp_.get(), row, kind, low, high);
    return row;
  }
  int Column(double objective) {
    const int column = glp_add_cols(lp_.get(), 1);
    glp_set_col_bnds(lp_.get(), column, GLP_LO, 0, 0);
    glp_set_obj_coef(lp_.get(), column, objective);
    return column;
  }
  void Set(int row, int column, double value) {
    rows_.push_back(row);
    columns_.push_back(column);
    values_.push_back(value);
  }
  // NaN if it is infeasible.
  double Solve() {
    glp_load_matrix(lp_.get(), static_cast<int>(values_.size()) - 1, rows_.data(), columns_.data(), values_.data());
    glp_smcp control;
    glp_init_smcp(&control);
    control.msg_lev = GLP_MSG_OFF;
    control.tol_bnd = control.tol_dj = 1e-9;
    glp_scale_prob(lp_.get(), GLP_SF_AUTO);
    glp_adv_basis(lp_.get(), 0);
    glp_simplex(lp_.get(), &control);
    return glp_get_status(lp_.get()) == GLP_OPT ? glp_get_obj_val(lp_.get()) : NAN;
  }

 private:
  struct Delete {
    void operator()(glp_prob* lp) const { glp_delete_prob(lp); }
  };
  std::unique_ptr<glp_prob, Delete> lp_;
  std::vector<int> rows_{0}, columns_{0};   // GLPK counts from 1
  std::vector<double> values_{0};
};

// Averages of latency and accuracy as rows of the programme, over the slots in which something runs.
struct Averages {
  int latency, accuracy;
  double share, used;   // of a slot in k, in the averages
};
Averages Constrain(General* lp, const Problem& problem, double slots) {
  return {lp->Row(-INFINITY, problem.max_latency_s), lp->Row(problem.min_accuracy, INFINITY), 1 / slots, 1 / slots};
}

// One variable for each slot and option.
double GeneralSingle(const Problem& problem, const std::vector<Observation>& slots) {
  const SlotModel model(problem);
  General lp;
  const Averages rows = Constrain(&lp, problem, static_cast<double>(slots.size()));
  for (const Observation& seen : slots) {
    const int one = lp.Row(1, 1);
    for (size_t o = 0; o < model.size(); ++o) {
      const OptionCost cost = model.Cost(o);
      const int column = lp.Column(rows.share * model.Frames(seen, cost) / seen.frames);
      lp.Set(one, column, 1);
      lp.Set(rows.latency, column, rows.used * model.Latency(seen, cost));
      lp.Set(rows.accuracy, column, rows.used * cost.accuracy);
    }
  }
  return lp.Solve();
}

// For each slot and number of frames B a weight y, and for each option the part f of it: sum f = y, and each resource holds B f.
double GeneralMixed(const Problem& problem, const std::vector<Observation>& slots) {
  const SlotModel model(problem);
  General lp;
  const Averages rows = Constrain(&lp, problem, static_cast<double>(slots.size()));
  for (const Observation& seen : slots) {
    const int one = lp.Row(1, 1);
    for (int b = 0; b <= seen.frames; ++b) {
      const int weight = lp.Column(rows.share * b / seen.frames), sum = lp.Row(0, 0);
      lp.Set(one, weight, 1);
      lp.Set(sum, weight, -1);
      // Shares of the resource.
      const int device = lp.Row(-INFINITY, 0), link = lp.Row(-INFINITY, 0), edge = lp.Row(-INFINITY, 0);
      for (const int resource : {device, link, edge}) lp.Set(resource, weight, -1);
      for (size_t o = 0; o < model.size(); ++o) {
        const OptionCost cost = model.Cost(o);
        if (b > 0 && model.Frames(seen, cost) < 1) continue;   // not one whole frame fits
        const int column = lp.Column(0);
        lp.Set(sum, column, 1);
        lp.Set(device, column, b * cost.coefficient[cost::kDevice] * seen.weights[cost::kDevice] / problem.slot_s);
        lp.Set(link, column, b * cost.coefficient[cost::kUplink] / seen.uplink_bits);
        const double edge_s = cost.coefficient[cost::kEdge] * seen.weights[cost::kEdge];
        lp.Set(edge, column, problem.edge_limits_frames ? b * edge_s / problem.slot_s : 0);
        lp.Set(rows.latency, column, rows.used * model.Latency(seen, cost));
        lp.Set(rows.accuracy, column, rows.used * cost.accuracy);
      }
    }
  }
  return lp.Solve();
}

std::vector<Observation> FewSlots(Rng* rng, int slots, int most_frames) {
  std::vector<Observation> seen;
  for (int t = 0; t < slots; ++t) {
    cost::State state = cost::TestState();
    state.uplink_bps = rng->Uniform(1e6, 40e6);
    state.edge_load = rng->Uniform(0, 0.9);
    seen.push_back(MakeObservation(t, static_cast<int>(rng->UniformInt(1, most_frames)), state, 1));
  }
  return seen;
}

TEST(Bound, SingleIsWhatAGeneralSolverFinds) {
  Rng rng(1);
  int feasible = 0, not_feasible = 0;
  for (int round = 0; round < 60; ++round) {
    const cost::OptionTable table = cost::RandomTable(&rng, 25);
    Problem problem = PaperLikeProblem(table, rng.Uniform(0.02, 0.3), rng.Uniform(0.5, 0.8));
    problem.edge_limits_frames = round % 2 == 1;
    const std::vector<Observation> slots = FewSlots(&rng, 12, 40);
    const Bound bound = SingleBound(problem, slots).value();
    const double expected = GeneralSingle(problem, slots);
    ASSERT_EQ(bound.feasible, !std::isnan(expected)) << round;
    ++(bound.feasible ? feasible : not_feasible);
    if (!bound.feasible) continue;
    EXPECT_NEAR(bound.k, expected, 1e-8) << round;
    EXPECT_NEAR(bound.utility, std::log(expected), 1e-7);
    EXPECT_LE(bound.latency_s, problem.max_latency_s * (1 + 1e-9));
    EXPECT_GE(bound.accuracy, problem.min_accuracy - 1e-9);
  }
  EXPECT_GE(feasible, 15);
  EXPECT_GE(not_feasible, 5);
}

TEST(Bound, MixedIsWhatAGeneralSolverFindsAndNeverBelowSingle) {
  Rng rng(2);
  int feasible = 0, above = 0;
  for (int round = 0; round < 40; ++round) {
    const cost::OptionTable table = cost::RandomTable(&rng, 15);
    Problem problem = PaperLikeProblem(table, rng.Uniform(0.03, 0.3), rng.Uniform(0.5, 0.75));
    problem.edge_limits_frames = round % 2 == 1;
    const std::vector<Observation> slots = FewSlots(&rng, 5, 40);
    const Bound mixed = MixedBound(problem, slots).value(), single = SingleBound(problem, slots).value();
    const double expected = GeneralMixed(problem, slots);
    ASSERT_EQ(mixed.feasible, !std::isnan(expected)) << round;
    if (!mixed.feasible) {
      EXPECT_FALSE(single.feasible);
      continue;
    }
    ++feasible;
    EXPECT_NEAR(mixed.k, expected, 1e-7) << round;
    EXPECT_GE(mixed.k, single.k - 1e-9) << round;
    above += mixed.k > single.k + 0.01 ? 1 : 0;
  }
  EXPECT_GE(feasible, 15);
  EXPECT_GE(above, 5);
}

TEST(Bound, SaysHowNearAnInfeasiblePairComes) {
  // Fast and poor (10 ms, 0.5; 5 frames of 2 Mbit in 10 Mbit), slow and good (100 ms, 0.9). Half of each: 55 ms, 0.7.
  const cost::OptionTable table = cost::MakeTable(1, {{0, 0, 2e6, 0, 0.5}, {1, 0.1, 0, 0, 0.9}});
  cost::State state;
  state.uplink_bps = 200e6;   // 2 Mbit in 10 ms
  const std::vector<Observation> slots(4, MakeObservation(0, 10, state, 1));
  const auto bound = [&](double max_latency_s, double min_accuracy) {
    return SingleBound(PaperLikeProblem(table, max_latency_s, min_accuracy), slots).value();
  };
  EXPECT_FALSE(bound(0.05, 0.7).feasible);
  EXPECT_NEAR(bound(0.05, 0.7).least_latency_s, 0.055, 1e-9);
  EXPECT_NEAR(bound(0.055, 0.8).best_accuracy, 0.7, 1e-9);
  EXPECT_TRUE(bound(0.056, 0.7).feasible);
  EXPECT_TRUE(std::isinf(bound(0.05, 0.95).least_latency_s));
  EXPECT_EQ(bound(0.005, 0.4).best_accuracy, 0);
  EXPECT_EQ(bound(0.005, 0.4).k, 0);
}

TEST(Bound, SlotsInWhichNothingRunsCountForFramesOnly) {
  // No link every other slot, and nothing but the edge: k is 1 in half of the slots, latency and accuracy are those of these.
  const cost::OptionTable table = cost::MakeTable(1, {{0, 0, 1e6, 0.01, 0.9}});
  cost::State linked;
  linked.uplink_bps = 100e6;
  std::vector<Observation> slots;
  for (int t = 0; t < 10; ++t) slots.push_back(MakeObservation(t, 50, t % 2 == 0 ? linked : cost::State{}, 1));
  const Bound bound = SingleBound(PaperLikeProblem(table, 0.02, 0.9), slots).value();
  ASSERT_TRUE(bound.feasible);
  EXPECT_NEAR(bound.k, 0.5, 1e-12);
  EXPECT_NEAR(bound.latency_s, 0.02, 1e-12);   // 1 Mbit at 100 Mbit/s and 10 ms
  EXPECT_NEAR(bound.accuracy, 0.9, 1e-12);
}

TEST(Bound, RefusesWhatHasNoSlots) {
  const cost::OptionTable table = PaperLikeTable(1);
  EXPECT_NE(SingleBound(PaperLikeProblem(table), {}).status().message().find("no slot with frames"), std::string::npos);
  EXPECT_FALSE(MixedBound(PaperLikeProblem(table, 0), PaperSlots(1, 3)).ok());
}

}   // namespace
}   // namespace partway::policy
