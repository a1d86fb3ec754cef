// A loop on several threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/status/status.h"

namespace partway::profile {

// Runs body(i, thread) for i in [0, count), each once, on at most `threads` threads (thread = 0, 1, ...), in no order, and waits for all. After an
// error or once `stop` is set no further ones are begun; the error is returned, Cancelled for `stop`.
inline absl::Status ParallelFor(size_t count, int threads, const std::atomic<bool>& stop,
                                const std::function<absl::Status(size_t i, size_t thread)>& body) {
  std::atomic<size_t> next{0};
  std::atomic<bool> failed{false};
  std::mutex mutex;
  absl::Status status;   // guarded
  const auto work = [&](size_t thread) {
    while (!failed && !stop) {
      const size_t i = next.fetch_add(1);
      if (i >= count) return;
      if (absl::Status one = body(i, thread); !one.ok()) {
        const std::lock_guard lock(mutex);
        if (!failed.exchange(true)) status = std::move(one);
      }
    }
  };
  std::vector<std::thread> pool;
  for (size_t t = 0; t < std::min(count, static_cast<size_t>(std::max(threads, 1))); ++t) pool.emplace_back(work, t);
  for (std::thread& thread : pool) thread.join();
  if (status.ok() && stop) return absl::CancelledError("stopped");
  return status;
}

}   // namespace partway::profile
