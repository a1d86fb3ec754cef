// How much of the server's time others take: the server reports what its workers have worked in all, and we know what of it was ours.
// Pure; not thread-safe.
#pragma once

#include <algorithm>
#include <optional>

#include "base/clock.h"

namespace partway::control {

class LoadEstimator {
 public:
  static constexpr double kMost = 0.95;   // that is believed: there is always something left

  // `at`: the server's clock. `busy`: of all its workers since it began. Reports may come out of order; older ones are ignored.
  void Reported(Duration at, Duration busy, int workers) {
    if (last_ && at < last_->at - std::chrono::seconds(1)) Restart();   // the server began anew
    if (last_ && at <= last_->at) return;
    last_ = Report{at, busy, workers};
  }
  void Served(Duration ours) { ours_ += ours; }

  // The server may have begun anew.
  void Restart() {
    begun_.reset();
    last_.reset();
    ours_ = Duration(0);
  }

  int workers() const { return last_ ? last_->workers : 0; }   // as last reported; 0 before

  // The share since the last call that found news; that of the call before if there are none. 0 before the first.
  double Take() {
    if (!last_) return load_;
    if (begun_ && last_->at - begun_->at > kShortest) {
      const double others_s = ToSeconds(last_->busy - begun_->busy - ours_);
      load_ = std::clamp(others_s / (ToSeconds(last_->at - begun_->at) * last_->workers), 0.0, kMost);
    } else if (begun_ && last_->at >= begun_->at) {
      return load_;   // too short to tell
    }
    begun_ = last_;
    ours_ = Duration(0);
    return load_;
  }

 private:
  static constexpr Duration kShortest = std::chrono::milliseconds(100);
  struct Report {
    Duration at, busy;
    int workers;
  };
  std::optional<Report> begun_, last_;
  Duration ours_{0};
  double load_ = 0;
};

}   // namespace partway::control
