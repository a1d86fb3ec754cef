#include "cost/plan.h"

#include <algorithm>

#include "base/status.h"
#include "cost/pareto.h"
#include "cost/predict.h"

namespace partway::cost {

absl::StatusOr<Plan> MakePlan(const OptionTable& table, const State& state, const Objective& objective, const Limits& limits,
                              const PowerModel* power, std::span<const Axis> axes) {
  RETURN_IF_ERROR(CheckState(state));
  ASSIGN_OR_RETURN(const Chooser chooser, Chooser::Make(table, objective, limits, power));
  Plan plan;
  plan.refusals = Judge(table, state, limits, power);
  plan.best = chooser.Best(state);
  if (plan.best == kNoOption) {
    plan.relaxation = Relax(table, state, limits, power, plan.refusals);
    return plan;
  }
  // From best to worst; the tie rule is the chooser's.
  struct Ranked {
    double value;
    size_t row;
  };
  std::vector<Ranked> ranked;
  for (const size_t row : plan.refusals.accepted) ranked.push_back({Value(objective, Predict(table, row, state, power)), row});
  const auto first = [&](auto accepts) {
    int found = kNoOption;
    double least = 0;
    for (const Ranked& candidate : ranked) {
      if (!accepts(candidate.row)) continue;
      const bool lower = found == kNoOption || candidate.value < least - least * kTieShare;
      const bool equal = found != kNoOption && candidate.value <= least + least * kTieShare;
      if (!lower && !(equal && table.rank[candidate.row] < table.rank[static_cast<size_t>(found)])) continue;
      found = static_cast<int>(candidate.row);
      least = candidate.value;
    }
    return found;
  };
  const auto best = static_cast<size_t>(plan.best);
  const int n = table.groups();
  const auto cut = [&](size_t row) { return static_cast<int>(table.keys[row].cut); };
  plan.runner_up = first([&](size_t row) { return row != best; });
  plan.other_cut = first([&](size_t row) { return cut(row) != cut(best); });
  plan.middle = first([&](size_t row) { return cut(row) > 0 && cut(row) < n; });
  plan.end = first([&](size_t row) { return cut(row) == 0 || cut(row) == n; });
  plan.pareto = ParetoSet(table, plan.refusals.accepted, state, power);
  for (const Axis axis : axes) {
    ASSIGN_OR_RETURN(std::vector<Region> regions, RegionsAlong(axis, table, state, objective, limits, power));
    plan.flips.push_back({axis, ValueOn(state, limits, axis), std::move(regions)});
  }
  return plan;
}

}   // namespace partway::cost
