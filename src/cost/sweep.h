// The best option over a grid of two quantities. Pure, thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "absl/status/statusor.h"
#include "cost/flips.h"

namespace partway::cost {

struct SweepAxis {
  Axis axis = Axis::kUplink;
  std::vector<double> values;   // ascending
};

struct Grid {
  std::vector<int32_t> best;       // row-major: values of y x values of x; a row of the table or kNoOption
  std::map<int, size_t> winners;   // how many points each option wins
};

// `x` and `y` are different quantities; everything else is as in `state` and `limits`. About 3 ns for each point and option on one core.
// Errors: those of Chooser::Make; InvalidArgument for equal axes or a value that CheckState refuses.
absl::StatusOr<Grid> Sweep(const OptionTable& table, const SweepAxis& x, const SweepAxis& y, const State& state,
                           const Objective& objective, const Limits& limits, const PowerModel* power);

}   // namespace partway::cost
