// A loop on several threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <functional>
#include <thread>
#include <vector>

namespace partway {

inline constexpr int kMostThreads = 256;

// Calls run(i, thread) for i in [0, count), each once and in no order, on at most `threads` threads (thread = 0, 1, ...; the caller's is one of
// them); returns when all have ended. `run` must not throw.
inline void ParallelFor(size_t count, int threads, const std::function<void(size_t i, size_t thread)>& run) {
  std::atomic<size_t> next{0};
  const auto work = [&](size_t thread) {
    for (size_t i = next.fetch_add(1); i < count; i = next.fetch_add(1)) run(i, thread);
  };
  const size_t helpers = std::min(static_cast<size_t>(std::clamp(threads, 1, kMostThreads)), std::max<size_t>(count, 1)) - 1;
  std::vector<std::thread> pool;
  pool.reserve(helpers);
  for (size_t i = 0; i < helpers; ++i) pool.emplace_back(work, i + 1);
  work(0);
  for (std::thread& thread : pool) thread.join();
}

}   // namespace partway
