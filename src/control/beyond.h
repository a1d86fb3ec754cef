// What frames took beyond eq. 2 lately (resizing, queues, threads), with how much it scatters: mean and mean deviation with forgetting, as TCP keeps
// its round trip (V. Jacobson, "Congestion Avoidance and Control", SIGCOMM 1988, appendix A). Pure; not thread-safe.
#pragma once

#include <algorithm>
#include <cmath>

namespace partway::control {

class Beyond {
 public:
  explicit Beyond(double first_s = 0) : mean_s_(first_s), deviation_s_(first_s / 2) {}
  void Add(double s) {
    deviation_s_ += kGain * (std::abs(s - mean_s_) - deviation_s_);
    mean_s_ += kGain * (s - mean_s_);
  }
  double mean_s() const { return std::max(mean_s_, 0.0); }
  // That some nine in ten keep within: 1.5 mean deviations are 1.2 standard ones of a normal scatter.
  double mostly_s() const { return std::max(mean_s_ + 1.5 * deviation_s_, 0.0); }

 private:
  static constexpr double kGain = 0.1;   // of one frame
  double mean_s_, deviation_s_;
};

}   // namespace partway::control
