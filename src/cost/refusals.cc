#include "cost/refusals.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "cost/predict.h"

namespace partway::cost {

Refusals Judge(const OptionTable& table, const State& state, const Limits& limits, const PowerModel* power) {
  Refusals result;
  for (size_t row = 0; row < table.size(); ++row) {
    const Prediction prediction = Predict(table, row, state, power);
    const size_t before = result.list.size();
    for (const Constraint constraint : kConstraints) {
      // Without a link nothing that sends ever ends, whether or not a limit is set.
      const bool never = constraint == Constraint::kLatency && prediction.latency_s >= kNeverSeconds;
      if (!limits.of(constraint) && !never) continue;
      const double measure = Measure(constraint, table, row, prediction);
      if (!never && Meets(constraint, measure, *limits.of(constraint))) continue;
      result.list.push_back({row, constraint, std::isnan(measure)});
      ++result.refused[static_cast<size_t>(constraint)];
    }
    const size_t failed = result.list.size() - before;
    if (failed == 0) result.accepted.push_back(row);
    if (failed == 1) ++result.alone[static_cast<size_t>(result.list.back().constraint)];
  }
  return result;
}

double Relaxation::share() const {
  return limit == 0 ? std::numeric_limits<double>::infinity() : std::abs(needed - limit) / std::abs(limit);
}

std::optional<LeastRelaxation> Relax(const OptionTable& table, const State& state, const Limits& limits, const PowerModel* power,
                                     const Refusals& refusals) {
  if (!refusals.accepted.empty() || refusals.list.empty()) return std::nullopt;
  LeastRelaxation least;
  const auto most = std::max_element(refusals.refused.begin(), refusals.refused.end());
  least.refuses_most = static_cast<Constraint>(most - refusals.refused.begin());
  least.refused = *most;

  std::array<std::optional<LeastRelaxation::Single>, kConstraintCount> single;
  double least_worst = std::numeric_limits<double>::infinity(), least_sum = least_worst;
  for (size_t at = 0; at < refusals.list.size();) {
    // All that one option fails.
    const size_t row = refusals.list[at].row;
    const Prediction prediction = Predict(table, row, state, power);
    std::vector<Relaxation> needs;
    bool possible = prediction.latency_s < kNeverSeconds;
    for (; at < refusals.list.size() && refusals.list[at].row == row; ++at) {
      const Constraint constraint = refusals.list[at].constraint;
      possible &= !refusals.list[at].not_known;
      if (possible) needs.push_back({constraint, *limits.of(constraint), Measure(constraint, table, row, prediction)});
    }
    if (!possible) continue;
    if (needs.size() == 1) {
      std::optional<LeastRelaxation::Single>& known = single[static_cast<size_t>(needs[0].constraint)];
      if (!known || std::abs(needs[0].needed - needs[0].limit) < std::abs(known->relaxation.needed - known->relaxation.limit)) {
        known = LeastRelaxation::Single{needs[0], row};
      }
    }
    double worst = 0, sum = 0;
    for (const Relaxation& need : needs) {
      worst = std::max(worst, need.share());
      sum += need.share();
    }
    if (least.together.empty() || worst < least_worst || (worst == least_worst && sum < least_sum)) {
      least.together = std::move(needs);
      least.together_row = row;
      least_worst = worst;
      least_sum = sum;
    }
  }
  for (const auto& one : single) {
    if (one) least.single.push_back(*one);
  }
  std::stable_sort(least.single.begin(), least.single.end(),
                   [](const auto& a, const auto& b) { return a.relaxation.share() < b.relaxation.share(); });
  if (!least.single.empty()) least.together.clear();
  return least;
}

}   // namespace partway::cost
