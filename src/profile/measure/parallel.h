// A loop on several threads that an error or a stop ends early.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <mutex>

#include "absl/status/status.h"
#include "base/parallel_for.h"

namespace partway::profile {

// ParallelFor of base/ whose body may fail. After an error or once `stop` is set no further bodies are begun; the error is returned, Cancelled
// for `stop`.
inline absl::Status ParallelFor(size_t count, int threads, const std::atomic<bool>& stop,
                                const std::function<absl::Status(size_t i, size_t thread)>& body) {
  std::atomic<bool> failed{false};
  std::mutex mutex;
  absl::Status status;   // guarded
  partway::ParallelFor(count, threads, [&](size_t i, size_t thread) {
    if (failed || stop) return;
    if (absl::Status one = body(i, thread); !one.ok()) {
      const std::lock_guard lock(mutex);
      if (!failed.exchange(true)) status = std::move(one);
    }
  });
  if (status.ok() && stop) return absl::CancelledError("stopped");
  return status;
}

}   // namespace partway::profile
