#include "codec/quantise.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cfloat>
#include <cmath>

namespace partway::codec {
namespace {

constexpr int kZeroMax = 32000;   // of |zero|: what an int16 holds, with room for rounding

// The scale that has the first 16 of its bits and is not smaller.
float RoundUpToShort(float scale) { return std::bit_cast<float>((std::bit_cast<uint32_t>(scale) + 0xffff) & 0xffff0000); }

}   // namespace

float ValueRange::magnitude() const { return std::max(std::abs(low), std::abs(high)); }

ValueRange RangeOf(std::span<const float> values) {
  if (values.empty()) return {};
  // Eight lanes, so that compilers may use vector instructions without being allowed to reorder floats. A NaN is lost by min and max
  // but x * 0 keeps it, and makes one of an infinity.
  constexpr size_t kLanes = 8;
  std::array<float, kLanes> low, high, nans{};
  low.fill(values[0]), high.fill(values[0]);
  size_t i = 0;
  for (; i + kLanes <= values.size(); i += kLanes) {
    for (size_t k = 0; k < kLanes; ++k) {
      const float v = values[i + k];
      low[k] = v < low[k] ? v : low[k];
      high[k] = v > high[k] ? v : high[k];
      nans[k] += v * 0;
    }
  }
  for (; i < values.size(); ++i) {
    low[0] = std::min(low[0], values[i]), high[0] = std::max(high[0], values[i]);
    nans[0] += values[i] * 0;
  }
  float nan = 0;
  for (float n : nans) nan += n;
  return {*std::min_element(low.begin(), low.end()), *std::max_element(high.begin(), high.end()), nan == 0};
}

ValueRange Union(const ValueRange& a, const ValueRange& b) {
  return {std::min(a.low, b.low), std::max(a.high, b.high), a.finite && b.finite};
}

Quantiser FitRange(const ValueRange& range, int bits, bool short_scale) {
  const int levels = (1 << bits) - 1;
  if (range.low == range.high && (!short_scale || RoundUpToShort(range.low) == range.low)) return {range.low, -1};
  const double least = std::max(static_cast<double>(FLT_MIN), static_cast<double>(range.magnitude()) / kZeroMax);
  const double ideal = std::max((static_cast<double>(range.high) - range.low) / levels, least);
  float scale = static_cast<float>(ideal);
  if (scale < ideal) scale = std::nextafter(scale, FLT_MAX);
  if (short_scale) scale = RoundUpToShort(scale);
  return {scale, static_cast<int16_t>(std::lrint(-range.low / static_cast<double>(scale)))};
}

void Quantise(std::span<const float> values, const Quantiser& quantiser, int bits, uint8_t* symbols) {
  if (!(quantiser.scale >= FLT_MIN)) {   // a constant of zero or below
    std::fill_n(symbols, values.size(), uint8_t{0});
    return;
  }
  // Adding 1.5 * 2^23 leaves the nearest integer in the low bits of a float (ties to even), which vectorises everywhere.
  constexpr float kShift = 12582912;
  const float zero = quantiser.zero, top = static_cast<float>((1 << bits) - 1);
  const double inverse = 1.0 / static_cast<double>(quantiser.scale);
  const auto factor = static_cast<float>(std::min(inverse, 0x1p126));
  for (size_t i = 0; i < values.size(); ++i) {
    float level = values[i] * factor + zero;
    level = level < 0 ? 0 : level;
    level = level > top ? top : level;
    symbols[i] = static_cast<uint8_t>(std::bit_cast<uint32_t>(level + kShift));
  }
}

void Dequantise(std::span<const uint8_t> symbols, const Quantiser& quantiser, float* values) {
  const float scale = quantiser.scale;
  const int zero = quantiser.zero;
  for (size_t i = 0; i < symbols.size(); ++i) values[i] = scale * static_cast<float>(symbols[i] - zero);
}

}   // namespace partway::codec
