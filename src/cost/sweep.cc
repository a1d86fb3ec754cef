#include "cost/sweep.h"

#include "base/status.h"

namespace partway::cost {

absl::StatusOr<Grid> Sweep(const OptionTable& table, const SweepAxis& x, const SweepAxis& y, const State& state,
                           const Objective& objective, const Limits& limits, const PowerModel* power) {
  if (x.axis == y.axis) return InvalidArgument("both axes are the same quantity");
  // Accuracy is no part of the state: a chooser for each value asked for, one otherwise.
  const SweepAxis* accuracy = x.axis == Axis::kMinAccuracy ? &x : y.axis == Axis::kMinAccuracy ? &y : nullptr;
  std::vector<Chooser> choosers;
  for (size_t i = 0; i < (accuracy != nullptr ? accuracy->values.size() : 1); ++i) {
    Limits held = limits;
    if (accuracy != nullptr) held.min_accuracy = accuracy->values[i];
    ASSIGN_OR_RETURN(Chooser chooser, Chooser::Make(table, objective, held, power));
    choosers.push_back(std::move(chooser));
  }
  Grid grid;
  grid.best.reserve(x.values.size() * y.values.size());
  for (size_t j = 0; j < y.values.size(); ++j) {
    for (size_t i = 0; i < x.values.size(); ++i) {
      const State at = With(With(state, x.axis, x.values[i]), y.axis, y.values[j]);
      RETURN_IF_ERROR(CheckState(at));
      const int best = choosers[accuracy == nullptr ? 0 : accuracy == &x ? i : j].Best(at);
      grid.best.push_back(best);
      ++grid.winners[best];
    }
  }
  return grid;
}

}   // namespace partway::cost
