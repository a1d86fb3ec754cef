// Runs side by side, each of which may fail.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/parallel_for.h"
#include "base/status.h"

namespace partway::sim {

// run(0) .. run(count - 1) on at most `threads` threads. Results stand in that order; the first error, in that order, is the error of all.
template <class Result>
absl::StatusOr<std::vector<Result>> RunAll(size_t count, int threads, const std::function<absl::StatusOr<Result>(size_t)>& run) {
  std::vector<absl::StatusOr<Result>> results(count, Result());
  ParallelFor(count, threads, [&](size_t i, size_t) { results[i] = run(i); });
  std::vector<Result> all;
  all.reserve(count);
  for (absl::StatusOr<Result>& result : results) {
    RETURN_IF_ERROR(result.status());
    all.push_back(*std::move(result));
  }
  return all;
}

}   // namespace partway::sim
