// The steps of MapModel that are done for every position: loops over 16 maps that compilers turn into vector instructions. For map_coder.cc, which
// compiles them for more than one kind of processor; integer arithmetic gives all of them the same results.
#pragma once

#include <algorithm>
#include <cstring>

#include "codec/always_inline.h"
#include "codec/map_model.h"
#include "codec/normal_table.h"

namespace partway::codec {

inline constexpr int kNeighbourTrust = 7;   // of 16: how far a position follows its neighbours' surprise

template <int kWidth>
PARTWAY_ALWAYS_INLINE void LoadLanes(const int16_t* from, int32_t* to) {
  for (int k = 0; k < kWidth; ++k) to[k] = from[k];
}

template <int kWidth>
PARTWAY_ALWAYS_INLINE void MapModel::Expect(int y, int x, Expected* expected) {
  const size_t at = Padded(y, x), position = static_cast<size_t>(y) * width_ + x;
  const int16_t* const here = symbols_.data() + kLanes * at;
  const ptrdiff_t row = static_cast<ptrdiff_t>(stride_) * kLanes;
  const std::array<int32_t, 4> weight = weights_[position];
  // A neighbour that does not exist has weight 0.
  alignas(64) int32_t value[kWidth], west[kWidth], north[kWidth], north_west[kWidth], north_east[kWidth], mean[kWidth];
  LoadLanes<kWidth>(here - kLanes, west);
  LoadLanes<kWidth>(here - row, north);
  LoadLanes<kWidth>(here - row - kLanes, north_west);
  LoadLanes<kWidth>(here - row + kLanes, north_east);
  std::memcpy(mean, mean_.data(), sizeof mean);
  for (int k = 0; k < kWidth; ++k) {
    const int32_t off = weight[0] * (west[k] - mean[k]) + weight[1] * (north[k] - mean[k]) +
                        weight[2] * (north_west[k] - mean[k]) + weight[3] * (north_east[k] - mean[k]);
    value[k] = std::clamp(mean[k] + (off >> 10), 0, top_);
  }
  std::memcpy(expected->value.data(), value, sizeof value);
  // How much more the neighbours moved than was expected of them, 1 where there are none.
  int32_t sum = 1024, weights = 1;
  const auto add = [&](size_t where, int32_t w) {
    sum += w * surprise_[where];
    weights += w;
  };
  if (x > 0) add(at - 1, 2);
  if (y > 0) {
    add(at - stride_, 2);
    if (x > 0) add(at - stride_ - 1, 1);
    if (x + 1 < width_) add(at - stride_ + 1, 1);
  }
  constexpr std::array<int32_t, 8> kInverse = {0, 65536, 32768, 21845, 16384, 13107, 10922, 9362};   // 2^16 / weights
  const auto surprise = static_cast<int32_t>((int64_t{sum} * kInverse[weights]) >> 16);
  factor_ = (liveliness_[position] * (1024 * 16 + kNeighbourTrust * (surprise - 1024))) >> 14;
  const int32_t factor = factor_, floor = floor_;
  alignas(64) int32_t scale[kWidth], distance[kWidth], scale_class[kWidth];
  std::memcpy(distance, distance_.data(), sizeof distance);
  for (int k = 0; k < kWidth; ++k) {
    scale[k] = std::min(((distance[k] * factor) >> 10) + floor, (1 << 15) - 1);
    scale_class[k] = ScaleClass(scale[k]);
  }
  std::memcpy(scale_.data(), scale, sizeof scale);
  std::memcpy(expected->scale_class.data(), scale_class, sizeof scale_class);
}

template <int kWidth>
PARTWAY_ALWAYS_INLINE void MapModel::Observe(int y, int x, int maps, const Expected& expected, const Lanes& symbols) {
  const size_t at = Padded(y, x), position = static_cast<size_t>(y) * width_ + x;
  const int32_t mean_gain = gains_[observed_].mean, distance_gain = gains_[observed_].distance, calm = calm_[position];
  observed_ = std::min(observed_ + 1, kGains - 1);
  int16_t* const here = symbols_.data() + kLanes * at;
  int32_t moved = 0, usual = 0, foreseen = 0;
  alignas(64) int32_t value[kWidth], mean[kWidth], distance[kWidth], scale[kWidth], guess[kWidth];
  std::memcpy(value, symbols.data(), sizeof value);
  std::memcpy(mean, mean_.data(), sizeof mean);
  std::memcpy(distance, distance_.data(), sizeof distance);
  std::memcpy(scale, scale_.data(), sizeof scale);
  std::memcpy(guess, expected.value.data(), sizeof guess);
  const int shift = shift_;
  for (int k = 0; k < kWidth; ++k) {
    const int32_t v = value[k] << shift, off = v - guess[k], far = off < 0 ? -off : off;
    here[k] = static_cast<int16_t>(v);
    const bool real = k < maps;   // lanes beyond the last map are not counted
    moved += real ? far : 0;
    usual += real ? distance[k] : 0;
    foreseen += real ? scale[k] : 0;
    mean[k] += ((v - mean[k]) * mean_gain + (1 << 14)) >> 15;
    const int32_t calmed = std::min((far * calm) >> 10, (1 << 15) - 1);
    distance[k] += ((calmed - distance[k]) * distance_gain + (1 << 14)) >> 15;
  }
  std::memcpy(mean_.data(), mean, sizeof mean);
  std::memcpy(distance_.data(), distance, sizeof distance);
  block_[at] = std::clamp((moved << 10) / std::max(usual, 1), 64, 16384);
  surprise_[at] = std::clamp((moved << 10) / std::max(foreseen, 1), 64, 16384);
}

PARTWAY_ALWAYS_INLINE void MapModel::Accumulate(int maps) {
  if (maps_ >= kMaxSolvedMaps) return;
  // Values as so many 1/32 of their map's mean distance.
  int32_t factor[kLanes];
  for (int k = 0; k < kLanes; ++k) factor[k] = k < maps ? (1 << 19) / std::max(distance_[k], 8) : 0;
  for (int y = 0; y < height_; ++y) {
    for (int x = 0; x < width_; ++x) {
      const size_t at = kLanes * Padded(y, x);
      for (int k = 0; k < kLanes; ++k) {
        const int32_t scaled = ((symbols_[at + k] - mean_[k]) * factor[k]) >> 14;
        normal_[at + k] = static_cast<int16_t>(std::clamp(scaled, -255, 255));
      }
    }
  }
  const auto row = static_cast<ptrdiff_t>(stride_);
  const std::array<ptrdiff_t, kProducts> displaced = {0, -1, -row, -row - 1, -row + 1, -row + 2, -2};
  for (int y = 0; y < height_; ++y) {
    for (int x = 0; x < width_; ++x) {
      const size_t at = Padded(y, x);
      const int16_t* const own = normal_.data() + kLanes * at;
      for (int p = 0; p < kProducts; ++p) {
        const int16_t* const other = own + kLanes * displaced[p];
        int32_t sum = 0;
#pragma GCC unroll 1   // so that the loop is still one when compilers look for vectors
        for (int k = 0; k < kLanes; ++k) sum += static_cast<int32_t>(own[k]) * other[k];
        sums_[p][at] += sum;
      }
    }
  }
}

}   // namespace partway::codec
