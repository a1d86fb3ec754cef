#include "device/depth_estimator.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace partway::device {
namespace {

constexpr double kWeightOfNewest = 0.2;
constexpr int kObservationsNeeded = 3;
constexpr int kAgreementNeeded = 3;
constexpr double kSlack = 0.1;   // frames; the dead band that keeps a ratio near a whole number from flapping

void Blend(double* mean, double sample, bool first) { *mean = first ? sample : *mean + kWeightOfNewest * (sample - *mean); }

}   // namespace

DepthEstimator::DepthEstimator(int depth_max, int compute_slots)
    : depth_max_(depth_max), compute_slots_(compute_slots), depth_(std::min(depth_max, std::max(2, compute_slots))) {
  assert(depth_max >= 1 && compute_slots >= 1);
}

void DepthEstimator::Restart() {
  observed_ = 0;
  agreeing_ = 0;
  gaps_ = 0;
}

double DepthEstimator::LinkSeconds(double network_s) const {
  if (gaps_ == 0) return network_s;
  std::array<double, kWindow> gaps = gap_s_;
  const auto known = static_cast<std::ptrdiff_t>(std::min<size_t>(static_cast<size_t>(gaps_), kWindow));
  const auto low = gaps.begin() + known / 4;
  std::nth_element(gaps.begin(), low, gaps.begin() + known);
  return std::min(network_s, *low);
}

std::optional<double> DepthEstimator::FramesToFillPipeline() const {
  if (observed_ < kObservationsNeeded) return std::nullopt;
  const int known = std::min<int>(observed_, kWindow);
  const double network_s = *std::min_element(network_s_.begin(), network_s_.begin() + known);
  const double slowest_s = std::max({device_s_ / compute_slots_, LinkSeconds(network_s), edge_s_});
  if (slowest_s <= 0) return std::nullopt;
  return (device_s_ + network_s + edge_s_) / slowest_s;
}

void DepthEstimator::Observe(const StageTimes& times) {
  Blend(&device_s_, times.device_s, observed_ == 0);
  Blend(&edge_s_, times.edge_s, observed_ == 0);
  // Counters wrap to a full window, never to "nothing known yet".
  const auto next = [](int count) { return count >= 1 << 20 ? static_cast<int>(kWindow) : count + 1; };
  if (times.arrival_gap_s) {
    gap_s_[static_cast<size_t>(gaps_) % kWindow] = *times.arrival_gap_s;
    gaps_ = next(gaps_);
  }
  network_s_[static_cast<size_t>(observed_) % kWindow] = times.network_s;
  observed_ = next(observed_);

  const std::optional<double> frames = FramesToFillPipeline();
  if (!frames) return;
  const bool up = *frames > depth_ + kSlack && depth_ < depth_max_;
  const bool down = *frames <= depth_ - 1 - kSlack && depth_ > 1;
  if (!up && !down) {
    agreeing_ = 0;
    return;
  }
  if ((up && agreeing_ < 0) || (down && agreeing_ > 0)) agreeing_ = 0;
  agreeing_ += up ? 1 : -1;
  if (std::abs(agreeing_) < kAgreementNeeded) return;
  agreeing_ = 0;
  const double wanted = std::min<double>(std::ceil(*frames - (up ? kSlack : 0)), depth_max_);
  depth_ = std::max(1, static_cast<int>(wanted));
}

}   // namespace partway::device
