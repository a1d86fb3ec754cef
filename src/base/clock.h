// The Clock seam. Code that needs the time takes a `const Clock&` or, better, an Instant; tests and the simulator turn a
// ManualClock by hand.
#pragma once

#include <time.h>

#include <atomic>
#include <chrono>
#include <compare>
#include <cstdint>

#include "base/units.h"

namespace partway {

using Duration = std::chrono::nanoseconds;

constexpr double ToSeconds(Duration d) { return static_cast<double>(d.count()) * 1e-9; }
constexpr Duration FromSeconds(double s) { return Duration(static_cast<int64_t>(s * 1e9 + (s < 0 ? -0.5 : 0.5))); }
constexpr Duration FromSeconds(Seconds s) { return FromSeconds(s.value()); }

// A point on a clock, in nanoseconds since that clock's origin. Instants of different clocks do not compare.
struct Instant {
  Duration since_origin{0};

  constexpr auto operator<=>(const Instant&) const = default;
  friend constexpr Instant operator+(Instant t, Duration d) { return {t.since_origin + d}; }
  friend constexpr Instant operator-(Instant t, Duration d) { return {t.since_origin - d}; }
  friend constexpr Duration operator-(Instant a, Instant b) { return a.since_origin - b.since_origin; }
  constexpr double seconds() const { return ToSeconds(since_origin); }
};

// Any thread may call Now(); it never goes back.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant Now() const = 0;
};

// The machine's monotonic clock, its origin at construction.
class SteadyClock final : public Clock {
 public:
  Instant Now() const override { return {std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - origin_)}; }

 private:
  std::chrono::steady_clock::time_point origin_ = std::chrono::steady_clock::now();
};

// The time that the calling thread itself computed: what else the machine does disturbs it little. Only differences taken on one thread
// mean something.
class ThreadClock final : public Clock {
 public:
  Instant Now() const override {
    timespec t{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return {std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec)};
  }
};

// Stands still until told otherwise.
class ManualClock final : public Clock {
 public:
  Instant Now() const override { return {Duration(now_.load(std::memory_order_relaxed))}; }
  void Advance(Duration d) { now_.fetch_add(d.count(), std::memory_order_relaxed); }
  void Set(Instant t) { now_.store(t.since_origin.count(), std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> now_{0};
};

}   // namespace partway
