// The whole answer to "where to cut": the best option, what it is up against, what the limits refuse, and where the answer flips.
// Pure, thread-safe.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "cost/choose.h"
#include "cost/flips.h"
#include "cost/refusals.h"

namespace partway::cost {

struct AxisFlips {
  Axis axis;
  double now = 0;                // where the state is on it
  std::vector<Region> regions;   // over all the axis can be
};

struct Plan {
  Refusals refusals;
  // Rows, or kNoOption.
  int best = kNoOption;
  int runner_up = kNoOption;   // second best
  int other_cut = kNoOption;   // best of those with another cut than the best
  int middle = kNoOption;      // best of those that run groups on both sides
  int end = kNoOption;         // best of those that run everything on one side
  std::vector<size_t> pareto;
  std::vector<AxisFlips> flips;                // empty if nothing is accepted
  std::optional<LeastRelaxation> relaxation;   // if nothing is accepted
};

// `axes`: along which to look for flips. Errors: those of Chooser::Make and CheckState.
absl::StatusOr<Plan> MakePlan(const OptionTable& table, const State& state, const Objective& objective, const Limits& limits,
                              const PowerModel* power, std::span<const Axis> axes);

}   // namespace partway::cost
