// Calls run(0) .. run(count - 1), each once, on at most `threads` threads and in no order; returns when all have ended. `run` must not throw.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <functional>
#include <thread>
#include <vector>

namespace partway::sim {

inline constexpr int kMostThreads = 256;

inline void ParallelFor(size_t count, int threads, const std::function<void(size_t)>& run) {
  std::atomic<size_t> next{0};
  const auto work = [&] {
    for (size_t i = next.fetch_add(1); i < count; i = next.fetch_add(1)) run(i);
  };
  const size_t helpers = std::min(static_cast<size_t>(std::clamp(threads, 1, kMostThreads)), std::max<size_t>(count, 1)) - 1;
  std::vector<std::thread> pool;
  pool.reserve(helpers);
  for (size_t i = 0; i < helpers; ++i) pool.emplace_back(work);
  work();
  for (std::thread& thread : pool) thread.join();
}

}   // namespace partway::sim
