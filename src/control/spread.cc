#include "control/spread.h"

#include <algorithm>
#include <cmath>

namespace partway::control {

SpreadShare ShareOf(int frames, const policy::OptionCost& cost, const policy::Observation& seen) {
  return {frames, cost.coefficient[cost::kDevice] * seen.weights[cost::kDevice],
          seen.uplink_bits > 0 ? cost.coefficient[cost::kUplink] * seen.weights[cost::kUplink] : 0};
}

std::span<const PlannedFrame> Spreader::Spread(std::span<const SpreadShare> shares, double slot_s) {
  placed_.clear();
  planned_.clear();
  double link_s = 0, longest_head_s = 0;
  for (size_t i = 0; i < shares.size(); ++i) {
    const SpreadShare& share = shares[i];
    if (share.upload_s > 0 && share.frames > 0) longest_head_s = std::max(longest_head_s, share.head_s);
    link_s += share.upload_s * share.frames;
    for (int j = 0; j < share.frames; ++j) {
      const double order = (j + (static_cast<double>(i) + 0.5) / static_cast<double>(shares.size())) / share.frames;
      placed_.push_back({order, static_cast<double>(j) / share.frames, static_cast<int>(i)});
    }
  }
  const bool mixed = shares.size() > 1;
  if (mixed) {
    std::sort(placed_.begin(), placed_.end(),
              [](const Placed& a, const Placed& b) { return a.order != b.order ? a.order < b.order : a.share < b.share; });
  }
  const double last_s = std::nextafter(slot_s, 0.0);
  double sent_s = 0;
  for (const Placed& p : placed_) {
    const SpreadShare& share = shares[static_cast<size_t>(p.share)];
    double at_s = p.grid * slot_s;
    if (mixed && share.upload_s > 0) {
      at_s = sent_s / link_s * slot_s + (longest_head_s - share.head_s);
      sent_s += share.upload_s;
    }
    planned_.push_back({std::clamp(at_s, 0.0, last_s), p.share});
  }
  if (mixed) {
    std::stable_sort(planned_.begin(), planned_.end(),
                     [](const PlannedFrame& a, const PlannedFrame& b) { return a.at_s < b.at_s; });
  }
  return planned_;
}

}   // namespace partway::control
