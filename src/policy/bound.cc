#include "policy/bound.h"

#include <cmath>
#include <limits>

#include "base/status.h"
#include "policy/mean_lp.h"
#include "policy/mix_slot.h"
#include "policy/useful_options.h"

namespace partway::policy {
namespace {

// Averages what `best` chooses in each slot: best(seen, score, &point), false where nothing runs.
template <class Best>
MeanPoint Average(std::span<const Observation> slots, const Score& score, const Best& best) {
  MeanPoint sum;
  double all = 0, used = 0;
  for (const Observation& seen : slots) {
    if (seen.frames < 1) continue;
    ++all;
    MeanPoint point;
    if (!best(seen, score, &point)) continue;
    ++used;
    sum.k += point.k;
    sum.latency_s += point.latency_s;
    sum.accuracy += point.accuracy;
  }
  // With no option in use there is nothing to violate: 0 seconds, and as accurate as can be.
  if (used == 0) return {0, 0, 1};
  return {sum.k / all, sum.latency_s / used, sum.accuracy / used};
}

absl::Status Check(const Problem& problem, std::span<const Observation> slots) {
  RETURN_IF_ERROR(CheckProblem(problem));
  for (const Observation& seen : slots) {
    if (seen.frames >= 1) return absl::OkStatus();
  }
  return InvalidArgument("there is no slot with frames among ", slots.size(), "; the optimum needs at least one");
}

Bound BoundOf(const MeanOptimum& optimum) {
  Bound bound;
  bound.feasible = optimum.feasible;
  bound.utility = -std::numeric_limits<double>::infinity();
  bound.least_latency_s = optimum.least_latency_s;
  bound.best_accuracy = optimum.best_accuracy;
  if (!optimum.feasible) return bound;
  bound.k = optimum.mean.k;
  bound.utility = std::log(bound.k);
  bound.latency_s = optimum.mean.latency_s;
  bound.accuracy = optimum.mean.accuracy;
  return bound;
}

}   // namespace

absl::StatusOr<Bound> SingleBound(const Problem& problem, std::span<const Observation> slots) {
  RETURN_IF_ERROR(Check(problem, slots));
  const UsefulOptions options(problem);
  const auto best = [&](const Observation& seen, const Score& score, MeanPoint* point) {
    const UsefulOptions::Choice choice = options.Best(seen, score);
    *point = choice.point;
    return choice.index >= 0;
  };
  return BoundOf(
      SolveMean([&](const Score& score) { return Average(slots, score, best); }, problem.max_latency_s, problem.min_accuracy));
}

absl::StatusOr<Bound> MixedBound(const Problem& problem, std::span<const Observation> slots) {
  RETURN_IF_ERROR(Check(problem, slots));
  MixSlot slot(problem);
  const auto best = [&](const Observation& seen, const Score& score, MeanPoint* point) {
    const MixSlot::Mix mix = slot.Best(seen, score);
    *point = mix.point;
    return mix.count > 0;
  };
  return BoundOf(
      SolveMean([&](const Score& score) { return Average(slots, score, best); }, problem.max_latency_s, problem.min_accuracy));
}

}   // namespace partway::policy
