// The best that any policy could reach in expectation on given states: the greatest time average of k = b / a over all ways to choose,
// slot by slot and by lot, with mean latency <= r_th and mean accuracy >= c_th (Parecon's problem P1 without its queues). Computed by its
// dual in the two prices (mean_lp.h) to 1e-9 of its value; nothing is drawn at random.
//
// As for a policy, latency and accuracy are averages over the slots in which an option runs, k over all. Slots without frames do not count.
#pragma once

#include <span>

#include "absl/status/statusor.h"
#include "policy/problem.h"

namespace partway::policy {

struct Bound {
  bool feasible = false;                // else all but the last two are 0 (and utility is -infinity)
  double k = 0;                         // greatest mean share of frames processed
  double utility = 0;                   // log k
  double latency_s = 0, accuracy = 0;   // of the optimum
  double least_latency_s = 0;           // least mean latency reachable at min_accuracy; infinite where no choice is that accurate
  double best_accuracy = 0;             // best mean accuracy reachable at max_latency_s; 0 where no choice is that fast
};

// One option a slot, as the papers have it. Errors: those of CheckProblem, no slot with frames.
absl::StatusOr<Bound> SingleBound(const Problem& problem, std::span<const Observation> slots);

// Several options a slot (mix_slot.h), with whole frames per slot and real shares of them: never below SingleBound.
absl::StatusOr<Bound> MixedBound(const Problem& problem, std::span<const Observation> slots);

}   // namespace partway::policy
