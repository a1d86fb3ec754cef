// Where to cut off the range of few bits: an outlier that is clamped costs its own error once, one that is not makes every step coarser.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "codec/quantise.h"

namespace partway::codec {

// Values as they are, or gathered into bins of equal width when there are many.
class ValueBins {
 public:
  // Finite values within `range`.
  void Begin(const ValueRange& range, size_t count);
  void Add(std::span<const float> values);
  const ValueRange& range() const { return range_; }
  double mean() const;
  // Sum of squared errors that the quantiser makes.
  double SquaredError(const Quantiser& quantiser, int bits) const;

 private:
  static constexpr size_t kBins = 256;
  ValueRange range_;
  bool binned_ = false;
  float per_width_ = 0;
  size_t size_ = 0;
  alignas(32) std::array<float, kBins> values_{}, counts_{};
};

// The quantiser over a part of the bins' range that makes the least squared error (a search over shrunk ranges: first both ends alike, then
// either end).
Quantiser FitLeastError(const ValueBins& bins, int bits, bool short_scale);

}   // namespace partway::codec
