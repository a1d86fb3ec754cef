// How many times as fast a machine is as its profile says, from what work took: so that throttling and other work on it show in the next
// slot's decision. Pure; not thread-safe.
#pragma once

#include <algorithm>

namespace partway::control {

class SpeedEstimator {
 public:
  explicit SpeedEstimator(double first = 1) : speed_(first) {}

  // One piece of work: what the profile says, and what it took.
  void Took(double profiled_s, double measured_s) {
    if (!(profiled_s > 0) || !(measured_s > 0)) return;
    profiled_s_ += profiled_s;
    measured_s_ += measured_s;
  }

  // The speed with what was seen since the last call: the new slot counts for half, all of it where it says that the machine was more than kStep
  // times slower or faster than thought.
  double Take() {
    if (measured_s_ > 0) {
      const double seen = std::clamp(profiled_s_ / measured_s_, kLeast, kMost);
      const bool step = seen > kStep * speed_ || speed_ > kStep * seen;
      speed_ = step ? seen : speed_ + (seen - speed_) / 2;
      profiled_s_ = measured_s_ = 0;
    }
    return speed_;
  }

 private:
  static constexpr double kStep = 1.3, kLeast = 1e-4, kMost = 1e4;
  double speed_;
  double profiled_s_ = 0, measured_s_ = 0;
};

}   // namespace partway::control
