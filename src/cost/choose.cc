#include "cost/choose.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/status.h"
#include "cost/predict.h"

namespace partway::cost {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

bool MeetsFixedLimits(const OptionTable& table, size_t row, const Limits& limits) {
  for (const Constraint constraint : kConstraints) {
    if (DependsOnState(constraint) || !limits.of(constraint)) continue;
    if (!Meets(constraint, Measure(constraint, table, row, Prediction()), *limits.of(constraint))) return false;
  }
  return true;
}

}   // namespace

absl::StatusOr<Chooser> Chooser::Make(const OptionTable& table, const Objective& objective, const Limits& limits,
                                      const PowerModel* power) {
  if (table.size() == 0) return InvalidArgument("there are no options to choose from");
  if (objective == Objective()) return InvalidArgument("the objective weighs nothing");
  for (const Constraint constraint : kConstraints) {
    if (limits.of(constraint) && std::isnan(*limits.of(constraint))) {
      return InvalidArgument("the limit on ", ConstraintName(constraint), " is not a number");
    }
  }
  Chooser chooser;
  chooser.objective_ = objective;
  chooser.max_latency_s_ = std::min(limits.max_latency_s.value_or(kInfinity), kNeverSeconds);
  chooser.max_period_s_ = limits.max_period_s.value_or(kInfinity);
  chooser.max_energy_j_ = limits.max_energy_j.value_or(kInfinity);
  chooser.period_matters_ = objective.period > 0 || limits.max_period_s.has_value();
  chooser.energy_matters_ = objective.needs_power() || limits.max_energy_j.has_value();
  if (chooser.energy_matters_ && power == nullptr) {
    return InvalidArgument("energy is part of the goal, and the power of the device is not known");
  }
  if (chooser.energy_matters_) {
    chooser.watts_ = {power->compute_w, power->transmit_w, power->idle_w, power->idle_w, power->receive_w};   // as EnergyOf
    chooser.per_bit_[kUplink] = power->transmit_w_per_bps;
    chooser.per_bit_[kDownlink] = power->receive_w_per_bps;
  }
  for (size_t row = 0; row < table.size(); ++row) {
    if (!MeetsFixedLimits(table, row, limits)) continue;
    chooser.rows_.push_back(static_cast<int32_t>(row));
    chooser.rank_.push_back(table.rank[row]);
    for (int w = 0; w < kWeights; ++w) chooser.coefficient_[w].push_back(table.coefficient[w][row]);
  }
  return chooser;
}

int Chooser::Best(const Weights& weights) const {
  if (period_matters_) return energy_matters_ ? Scan<true, true>(weights) : Scan<true, false>(weights);
  return energy_matters_ ? Scan<false, true>(weights) : Scan<false, false>(weights);
}

template <bool kPeriodMatters, bool kEnergyMatters>
int Chooser::Scan(const Weights& weights) const {
  const Weights w = weights;
  const Objective o = objective_;
  const std::array<double, kWeights> watts = watts_;
  const double up_j = per_bit_[kUplink], down_j = per_bit_[kDownlink];
  const double* device = coefficient_[kDevice].data();
  const double* up = coefficient_[kUplink].data();
  const double* trip = coefficient_[kRoundTrip].data();
  const double* edge = coefficient_[kEdge].data();
  const double* down = coefficient_[kDownlink].data();
  // The values of a block first, in a loop without branches that compilers turn into vector code; then the comparison.
  constexpr size_t kBlock = 64;
  double value[kBlock];
  double best = kInfinity, above_ties = kInfinity, below_ties = kInfinity;
  size_t best_at = rows_.size();
  for (size_t first = 0; first < rows_.size(); first += kBlock) {
    const size_t count = std::min(kBlock, rows_.size() - first);
    for (size_t k = 0; k < count; ++k) {
      const size_t i = first + k;
      const double d = device[i] * w[kDevice], u = up[i] * w[kUplink], t = trip[i] * w[kRoundTrip], e = edge[i] * w[kEdge],
                   r = down[i] * w[kDownlink];
      const double latency = d + u + t + e + r;   // eq. 2
      double v = o.latency * latency;
      bool meets = latency <= max_latency_s_;
      if constexpr (kPeriodMatters) {
        const double period = std::max(std::max(d, u), std::max(e, r));
        v += o.period * period;
        meets &= period <= max_period_s_;
      }
      if constexpr (kEnergyMatters) {
        const double energy = watts[kDevice] * d + watts[kUplink] * u + up_j * up[i] + watts[kRoundTrip] * t + watts[kEdge] * e +
                              watts[kDownlink] * r + down_j * down[i];
        v += o.energy * energy + o.energy_delay * energy * latency;
        meets &= energy <= max_energy_j_;
      }
      value[k] = meets ? v : kInfinity;
    }
    for (size_t k = 0; k < count; ++k) {
      const double v = value[k];
      if (v > above_ties || v == kInfinity) continue;
      const size_t i = first + k;
      if (v < below_ties || rank_[i] < rank_[best_at]) best_at = i;
      if (v < best) {
        best = v;
        above_ties = best + best * kTieShare;
        below_ties = best - best * kTieShare;
      }
    }
  }
  return best_at == rows_.size() ? kNoOption : rows_[best_at];
}

}   // namespace partway::cost
