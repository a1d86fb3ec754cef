#include "codec/least_error.h"

#include <algorithm>
#include <cfloat>
#include <cmath>

namespace partway::codec {

void ValueBins::Begin(const ValueRange& range, size_t count) {
  range_ = range;
  const float width = (range.high / kBins - range.low / kBins);
  binned_ = count > kBins && width >= FLT_MIN * kBins;
  per_width_ = binned_ ? 1 / width : 0;
  size_ = binned_ ? kBins : 0;
  counts_.fill(0), values_.fill(0);
  for (size_t i = 0; i < size_; ++i) values_[i] = range.low + (static_cast<float>(i) + 0.5f) * width;
}

void ValueBins::Add(std::span<const float> values) {
  if (binned_) {
    for (float v : values) counts_[static_cast<size_t>(std::clamp((v - range_.low) * per_width_, 0.0f, kBins - 1.0f))] += 1;
    return;
  }
  for (size_t i = 0; i < values.size() && size_ < kBins; ++i, ++size_) {   // more than that only where they hardly differ
    values_[size_] = values[i];
    counts_[size_] = 1;
  }
}

double ValueBins::mean() const {
  double sum = 0, count = 0;
  for (size_t i = 0; i < size_; ++i) sum += static_cast<double>(values_[i]) * counts_[i], count += counts_[i];
  return count > 0 ? sum / count : 0;
}

double ValueBins::SquaredError(const Quantiser& quantiser, int bits) const {
  if (!(quantiser.scale >= FLT_MIN)) return 0;   // a constant
  constexpr size_t kLanes = 8;                   // sums that compilers may keep in one vector
  constexpr float kShift = 12582912;             // as in Quantise
  std::array<float, kLanes> sums{};
  const float zero = quantiser.zero, top = static_cast<float>((1 << bits) - 1);
  const auto factor = static_cast<float>(std::min(1.0 / static_cast<double>(quantiser.scale), 0x1p126));
  for (size_t i = 0; i < (size_ + kLanes - 1) / kLanes * kLanes; i += kLanes) {
    for (size_t k = 0; k < kLanes; ++k) {
      const float exact = values_[i + k] * factor + zero;
      float level = exact < 0 ? 0 : exact;
      level = level > top ? top : level;
      level = (level + kShift) - kShift;
      sums[k] += counts_[i + k] * (exact - level) * (exact - level);   // in steps
    }
  }
  double sum = 0;
  for (float s : sums) sum += s;
  return sum * quantiser.scale * quantiser.scale;
}

Quantiser FitLeastError(const ValueBins& bins, int bits, bool short_scale) {
  const double mean = bins.mean(), below = mean - bins.range().low, above = bins.range().high - mean;
  Quantiser best = FitRange(bins.range(), bits, short_scale);
  double least = bins.SquaredError(best, bits), down = 1, up = 1;   // shares of the way from the mean to either end
  const auto attempt = [&](double d, double u) {
    const ValueRange range{static_cast<float>(mean - d * below), static_cast<float>(mean + u * above)};
    const Quantiser q = FitRange(range, bits, short_scale);
    const double error = bins.SquaredError(q, bits);
    if (error >= least) return false;
    least = error, best = q, down = d, up = u;
    return true;
  };
  for (double share = 0.9; share > 0.2; share -= 0.1) attempt(share, share);
  for (const double step : {0.1, 0.05}) {
    if (!attempt(down + step, up)) attempt(down - step, up);
    if (!attempt(down, up + step)) attempt(down, up - step);
  }
  return best;
}

}   // namespace partway::codec
