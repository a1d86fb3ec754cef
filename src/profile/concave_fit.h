// Concave, increasing regression in one dimension: the weighted least-squares fit among all concave, non-decreasing functions, exact.
//
// A function is concave and non-decreasing on points x_0 < ... < x_m exactly if it is a constant plus a sum of ramps min(x, x_j) - x_0,
// j = 1..m, with weights >= 0. So the fit is a non-negative least-squares problem with a free constant, which the active-set method of Lawson and
// Hanson ("Solving Least Squares Problems", 1974, chapter 23) solves in finitely many steps.
#pragma once

#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "profile/accuracy_table.h"

namespace partway::profile {

struct FitPoint {
  double x = 0, y = 0, weight = 1;
};

inline constexpr size_t kMaxFitPoints = 4096;

// The fit's value at each point, in the points' order. Points may come in any order; those of equal x share one value. Errors: InvalidArgument for
// no point or more than kMaxFitPoints, a number that is not finite, a weight that is not above 0. Thread-safe.
absl::StatusOr<std::vector<double>> ConcaveIncreasingFit(std::span<const FitPoint> points);

// The fit over the uncut rows of a table, weighted by their pictures; nullopt when there is none. Errors: as above.
absl::StatusOr<std::optional<AccuracyFit>> FitOf(const AccuracyTable& table);

}   // namespace partway::profile
