// The closed set of operators whose slowest stage is the fastest (DADS' heavy workload problem, Hu et al., INFOCOM 2019, section IV:
// NP-hard, so no method is both exact and fast).
//
// The rule taken here is iterated least cuts. For weights (l_1, l_2, l_3) >= 0 of sum 1 on device, uplink and edge a least cut gives
// g(l) = min over sets of l . T, and g(l) <= least possible slowest stage <= slowest stage of any set found.
//   1. Weights of a third each: the set of least sum, whose slowest stage is at most 3 times the least possible one (the paper's argument:
//      max <= sum <= 3 max).
//   2. The weights that maximise min over the sets found so far of l . T (a linear programme in the simplex, solved at its vertices), and
//      the set of least cut there; again, until that set is no better than those found (then g is at its maximum) or kRounds.
//   3. Sets off the convex hull of all stage times are out of reach of any weights. So the cuts of the topological order, found in one
//      sweep, are compared as well: the answer is never worse than any of those.
// The least maximum over all sets looked at is returned, with the bound that g gives. On small random graphs nine answers in ten are
// optimal and the mean is 1.2 % above the optimum (slowest_stage_test.cc); on chains, and wherever all closed sets are cuts of one
// order, as in EfficientNetV2, it is exact.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "policy/min_cut.h"
#include "policy/operator_dag.h"

namespace partway::policy {

// Seconds per second at speed 1 on either side, and per uploaded bit; all above 0 and finite.
struct StageWeights {
  double device = 1, uplink = 0, edge = 1;
};

// Made once for a graph; Solve allocates nothing. Not thread-safe.
class SlowestStageCut {
 public:
  static constexpr int kRounds = 12;

  explicit SlowestStageCut(const OperatorDag& dag);

  const std::vector<uint8_t>& Solve(const StageWeights& weights);
  double slowest_s() const { return slowest_s_; }   // of the set that Solve gave
  double bound_s() const { return bound_s_; }       // no closed set's slowest stage is faster
  int rounds() const { return rounds_; }            // least cuts it took

 private:
  using Stages = std::array<double, 3>;

  void Consider(const std::vector<uint8_t>& set, const StageWeights& weights);
  void ConsiderPrefixes(const StageWeights& weights);
  // Step 2: where min over found_ of l . T is largest.
  Stages BestWeights(double* value) const;

  const OperatorDag& dag_;
  MinCut cut_;
  std::array<Stages, kRounds + 2> found_{};
  int count_ = 0;
  double slowest_s_ = 0, bound_s_ = 0;
  int rounds_ = 0;
  std::vector<uint8_t> best_;
  // For the sweep over prefixes: bits of the tensors that begin and end to cross there, and how many that must not.
  std::vector<int32_t> never_;
  std::vector<double> appear_bits_, vanish_bits_;
};

}   // namespace partway::policy
