// The decision: which option is best under a state. A goal is compiled once into columns; then each decision is one pass over them.
//
// Ties: values within 1e-12 of each other are equal; then the higher accuracy wins, then fewer uploaded bytes, then less work on the
// device, then the smaller cut, the smaller size, the earlier codec (OptionTable::rank).
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "cost/goal.h"
#include "cost/option_table.h"
#include "cost/power.h"
#include "cost/state.h"

namespace partway::cost {

inline constexpr int kNoOption = -1;
inline constexpr double kTieShare = 1e-12;

// Immutable after Make, so any number of threads may ask. Neither allocates nor locks while deciding.
class Chooser {
 public:
  // Copies what it needs of the table. Errors: InvalidArgument for an objective or a limit on energy without `power`, for a table
  // without rows, for a limit that is NaN.
  static absl::StatusOr<Chooser> Make(const OptionTable& table, const Objective& objective, const Limits& limits,
                                      const PowerModel* power);

  // The best row of the table that meets all limits; kNoOption if none does. `state` as CheckState wants it.
  int Best(const State& state) const { return Best(WeightsOf(state)); }
  int Best(const Weights& weights) const;

  // Rows that meet the limits which no state can change.
  size_t admissible() const { return rows_.size(); }

 private:
  friend class CurveMaker;
  Chooser() = default;
  template <bool kPeriodMatters, bool kEnergyMatters>
  int Scan(const Weights& weights) const;

  Objective objective_;
  double max_latency_s_ = 0, max_period_s_ = 0, max_energy_j_ = 0;   // infinite where there is no limit
  bool period_matters_ = false, energy_matters_ = false;
  std::vector<int32_t> rows_, rank_;   // of the table; the columns below are those of these rows
  std::array<std::vector<double>, kWeights> coefficient_;
  // Energy of row i = per_bit_[up] coefficient[up][i] + per_bit_[down] coefficient[down][i] + sum over w of watts_[w] coefficient[w][i] weight[w].
  std::array<double, kWeights> watts_{}, per_bit_{};
};

}   // namespace partway::cost
