#include "policy/step_detector.h"

#include <algorithm>
#include <cmath>

namespace partway::policy {
namespace {

// In standard deviations of a block's mean. That deviation is an estimate itself, so few blocks ask for more.
constexpr double kFar = 4.5, kFarOfFew = 15;
constexpr double kLeastDeviation = 0.03;   // below which a difference does not matter, whatever the scatter

}   // namespace

bool StepDetector::Add(double value) {
  newest_[seen_ % kSlots] = value;
  block_ += value;
  ++seen_;
  if (seen_ % kSlots == 0) {
    if (seen_ >= 2 * kSlots) {
      ++blocks_;
      const double off = pending_ - mean_;
      mean_ += off / static_cast<double>(blocks_);
      squares_ += off * (pending_ - mean_);
    }
    pending_ = block_ / kSlots;
    block_ = 0;
  }
  if (blocks_ < kFewestBlocks) return false;
  double newest = 0;
  for (const double one : newest_) newest += one;
  const auto count = static_cast<double>(blocks_);
  const double deviation = std::max(std::sqrt(squares_ / (count - 1)), kLeastDeviation);
  if (std::abs(newest / kSlots - mean_) <= deviation * (kFar + kFarOfFew / count)) return false;
  *this = StepDetector();
  return true;
}

}   // namespace partway::policy
