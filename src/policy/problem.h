// What stays the same from slot to slot: the options, the constraints on time averages, the slot. A plain value that outlives the
// policies made for it.
#pragma once

#include <span>

#include "absl/status/status.h"
#include "cost/option_table.h"
#include "cost/power.h"
#include "policy/operator_dag.h"
#include "policy/policy.h"

namespace partway::policy {

struct Problem {
  const cost::OptionTable* options = nullptr;
  double slot_s = 1;          // length of a slot
  double max_latency_s = 0;   // r_th, on the time average over slots
  double min_accuracy = 0;    // c_th, the same
  // Whether a slot holds no more frames than the edge computes in it. The papers leave the edge unbounded (eq. 11 has no such term).
  bool edge_limits_frames = false;
  // The slots to come, for those that are allowed to know them (best-fixed and the like, in simulations); else empty.
  std::span<const Observation> future;
  // The network's operators at each size, for methods that may cut anywhere (dads); null: among the options' cuts only.
  const OperatorDags* dags = nullptr;
  // What the device draws, for methods that count energy; null: not known.
  const cost::PowerModel* power = nullptr;
};

// Errors, one line each: InvalidArgument for no options, columns of unequal length, negative or unordinary numbers in them, a slot or a
// latency that is not above 0, an accuracy outside 0..1; an accuracy constraint where an option's accuracy is not known; operator
// graphs that are not one for each size, or that CheckOperatorDag refuses.
absl::Status CheckProblem(const Problem& problem);

}   // namespace partway::policy
