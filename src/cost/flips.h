// Where the answer flips: along one quantity of the state, exactly, from end to end.
//
// Latency and energy of an option are linear in each weight of the state, and the period between frames is the larger of a constant
// and a line through 0 (predict.h), so an objective is a quadratic at most plus such a maximum. The best option along the weight is
// the lower envelope of these curves. It is walked crossing by crossing, each solved in closed form, so that a flip is a figure and not
// a step of a scan. Limits on latency, throughput and energy hold up to a point of the weight that has a closed form too.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "cost/choose.h"
#include "cost/goal.h"
#include "cost/option_table.h"
#include "cost/power.h"
#include "cost/state.h"

namespace partway::cost {

enum class Axis { kUplink, kDeviceSpeed, kEdgeSpeed, kEdgeLoad, kRoundTrip, kMinAccuracy };

// `state` or `limits` with the axis's quantity set to `value` (bit/s; speeds as in State; load; seconds; share).
State With(State state, Axis axis, double value);
double ValueOn(const State& state, const Limits& limits, Axis axis);

struct Region {
  double from = 0, to = 0;   // on the axis, from < to; ends may be 0 or infinite
  int row = kNoOption;       // the best option inside; kNoOption where none meets the limits
};

// The axis from `from` to `to` (0 <= from < to; to at most 1 for load and accuracy) cut into regions with one best option each, ascending,
// without gaps. Everything else is as in `state`. Errors: those of Chooser::Make and CheckState; InvalidArgument for a range turned round.
absl::StatusOr<std::vector<Region>> RegionsAlong(Axis axis, double from, double to, const OptionTable& table, const State& state,
                                                 const Objective& objective, const Limits& limits, const PowerModel* power);

// The same over all the axis can be: 0 to infinity, or 0 to 1.
absl::StatusOr<std::vector<Region>> RegionsAlong(Axis axis, const OptionTable& table, const State& state,
                                                 const Objective& objective, const Limits& limits, const PowerModel* power);

}   // namespace partway::cost
