// The steps of MapModel that are done for every position: loops over 16 maps that compilers turn into vector instructions. For map_coder.cc, which
// compiles them for more than one kind of processor; integer arithmetic gives all of them the same results.
#pragma once

#include <algorithm>
#include <cstring>

#include "codec/always_inline.h"
#include "codec/map_model.h"
#include "codec/normal_table.h"

namespace partway::codec {

inline constexpr int kWeightTrust = 10;      // so many maps count the mean over all positions
inline constexpr int kLivelinessTrust = 6;   // and so many a position that is neither lively nor calm
inline constexpr int kNeighbourTrust = 7;    // of 16: how far a position follows its neighbours' surprise

template <int kWidth>
PARTWAY_ALWAYS_INLINE void MapModel::Expect(int y, int x, const Running& running, Expected* expected) const {
  const size_t at = Padded(y, x), position = static_cast<size_t>(y) * width_ + x;
  const int16_t *const west = symbols_.data() + kLanes * (at - 1), *const north = symbols_.data() + kLanes * (at - stride_),
                       *const north_west = north - kLanes, *const north_east = north + kLanes;
  const std::array<int32_t, 4> weight = weights_[position];
  const int32_t top = top_;
  // A neighbour that does not exist has weight 0.
#pragma GCC unroll 1   // so that loops are still ones when compilers look for vectors
  for (int k = 0; k < kWidth; ++k) {
    const int32_t mean = running.mean[k];
    const int32_t off = weight[0] * (west[k] - mean) + weight[1] * (north[k] - mean) + weight[2] * (north_west[k] - mean) +
                        weight[3] * (north_east[k] - mean);
    expected->value[k] = std::clamp(mean + (off >> 10), 0, top);
  }
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
  const int32_t factor = (liveliness_[position] * (1024 * 16 + kNeighbourTrust * (surprise - 1024))) >> 14, floor = floor_;
#pragma GCC unroll 1
  for (int k = 0; k < kWidth; ++k) {
    const int32_t scale = std::min(((running.distance[k] * factor) >> 10) + floor, (1 << 15) - 1);
    expected->scale[k] = scale;
    expected->scale_class[k] = ScaleClass(scale);
  }
}

template <int kWidth>
PARTWAY_ALWAYS_INLINE void MapModel::Observe(int y, int x, int maps, const Expected& expected, const Lanes& symbols,
                                             Running* running) {
  const size_t at = Padded(y, x), position = static_cast<size_t>(y) * width_ + x;
  const Gain gain = gains_[running->observed];
  const int32_t calm = calm_[position];
  running->observed = std::min(running->observed + 1, kGains - 1);
  int16_t* const here = symbols_.data() + kLanes * at;
  const int shift = shift_;
  int32_t moved = 0, usual = 0, foreseen = 0;
#pragma GCC unroll 1
  for (int k = 0; k < kWidth; ++k) {
    const int32_t v = symbols[k] << shift, off = v - expected.value[k], far = off < 0 ? -off : off;
    const int32_t mean = running->mean[k], distance = running->distance[k];
    here[k] = static_cast<int16_t>(v);
    const int32_t real = k < maps ? -1 : 0;   // lanes beyond the last map are not counted
    moved += real & far;
    usual += real & distance;
    foreseen += real & expected.scale[k];
    running->mean[k] = mean + (((v - mean) * gain.mean + (1 << 14)) >> 15);
    const int32_t calmed = std::min((far * calm) >> 10, (1 << 15) - 1);
    running->distance[k] = distance + (((calmed - distance) * gain.distance + (1 << 14)) >> 15);
  }
  block_[at] = std::clamp((moved << 10) / std::max(usual, 1), 64, 16384);
  surprise_[at] = std::clamp((moved << 10) / std::max(foreseen, 1), 64, 16384);
}

PARTWAY_ALWAYS_INLINE void MapModel::Accumulate(int maps, const Running& running) {
  if (maps_ >= kMaxSolvedMaps) return;
  // Values as so many 1/32 of their map's mean distance.
  int32_t factor[kLanes];
  for (int k = 0; k < kLanes; ++k) factor[k] = k < maps ? (1 << 19) / std::max(running.distance[k], 8) : 0;
  for (int y = 0; y < height_; ++y) {
    for (int x = 0; x < width_; ++x) {
      const size_t at = kLanes * Padded(y, x);
      for (int k = 0; k < kLanes; ++k) {
        const int32_t scaled = ((symbols_[at + k] - running.mean[k]) * factor[k]) >> 14;
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

// Numbers of kSolved positions side by side. They are integers that doubles hold exactly, products too, and what is divided is rounded as
// IEEE 754 says; so this is integer arithmetic for which processors have vector instructions, the same everywhere.
struct Solved {
  static constexpr double kInteger = 0x1.8p52;   // what is added to it keeps no fraction
  alignas(64) std::array<double, kSolved> v;

  PARTWAY_ALWAYS_INLINE void Hold(double least = -(1 << 26), double most = 1 << 26) {
#pragma GCC unroll 1   // so that loops are still ones when compilers look for vectors
    for (int k = 0; k < kSolved; ++k) v[k] = v[k] > most ? most : v[k] < least ? least : v[k];
  }
  // Less the product, which is rounded to an integer.
  PARTWAY_ALWAYS_INLINE void Subtract(const Solved& a, const Solved& b) {
#pragma GCC unroll 1
    for (int k = 0; k < kSolved; ++k) {
      const double product = a.v[k] * b.v[k] * 0x1p-16;
      v[k] -= product + kInteger - kInteger;
    }
  }
  // Plus a 64th of itself, which is rounded to an integer, and `more`.
  PARTWAY_ALWAYS_INLINE void Raise(double more) {
#pragma GCC unroll 1
    for (int k = 0; k < kSolved; ++k) v[k] += v[k] * 0x1p-6 + kInteger - kInteger + more;
  }
  // Over the divisor, in 1/2^16.
  PARTWAY_ALWAYS_INLINE Solved Over(const Solved& divisor) const {
    Solved ratio;
#pragma GCC unroll 1
    for (int k = 0; k < kSolved; ++k) ratio.v[k] = v[k] * 0x1p16 / divisor.v[k] + kInteger - kInteger;
    ratio.Hold();
    return ratio;
  }
};

// The weights of kSolved positions from x on: solves a w = b, which is positive but for rounding, by its factors L D L'.
PARTWAY_ALWAYS_INLINE void MapModel::Solve(int y, int x, const std::array<int32_t, kProducts>& prior) {
  constexpr int32_t kNone = 1 << 12;
  const int32_t ridge = prior[kOwn] / 64 + 16;
  const size_t at = Padded(y, x), w = at - 1, n = at - stride_, nw = n - 1, ne = n + 1;
  // Lower half, row by row; what involves a neighbour that does not exist is 0 but for kNone on the diagonal.
  std::array<std::array<Solved, 4>, 4> a;
  std::array<Solved, 4> b;
  const auto load = [&](Product p, size_t where, bool west, bool north, bool east, int32_t none, Solved& to)
                        PARTWAY_ALWAYS_INLINE_LAMBDA {
                          const int32_t* const sums = sums_[p].data() + where;
                          const int32_t mean = prior[p];
                          const int first = west ? 1 - x : 0, end = north && y == 0 ? 0 : east ? width_ - 1 - x : kSolved;
#pragma GCC unroll 1
                          for (int k = 0; k < kSolved; ++k) {
                            const int32_t there = k >= first ? -1 : 0, here = k < end ? there : 0, sum = mean + sums[k];
                            to.v[k] = (sum & here) | (none & ~here);
                          }
                        };
  load(kOwn, w, true, false, false, kNone, a[0][0]);
  load(kOwn, n, false, true, false, kNone, a[1][1]);
  load(kOwn, nw, true, true, false, kNone, a[2][2]);
  load(kOwn, ne, false, true, true, kNone, a[3][3]);
  load(kNorthEast, w, true, true, false, 0, a[1][0]);
  load(kNorth, w, true, true, false, 0, a[2][0]);
  load(kWest, n, true, true, false, 0, a[2][1]);
  load(kKnight, w, true, true, true, 0, a[3][0]);
  load(kWest, ne, false, true, true, 0, a[3][1]);
  load(kTwoWest, ne, true, true, true, 0, a[3][2]);
  load(kWest, at, true, false, false, 0, b[0]);
  load(kNorth, at, false, true, false, 0, b[1]);
  load(kNorthWest, at, true, true, false, 0, b[2]);
  load(kNorthEast, at, false, true, true, 0, b[3]);
  for (int j = 0; j < 4; ++j) a[j][j].Raise(ridge);
  for (int j = 0; j < 4; ++j) {
    a[j][j].Hold(ridge);
    b[j].Hold();
    for (int i = j + 1; i < 4; ++i) a[i][j].Hold();
    for (int i = j + 1; i < 4; ++i) {
      const Solved l = a[i][j].Over(a[j][j]);
      for (int k = j + 1; k <= i; ++k) a[i][k].Subtract(l, a[k][j]);
      b[i].Subtract(l, b[j]);
    }
    for (int i = j + 1; i < 4; ++i) a[i][j] = a[i][j].Over(a[j][j]);
  }
  for (int j = 3; j >= 0; --j) {
    b[j] = b[j].Over(a[j][j]);
    for (int i = j + 1; i < 4; ++i) b[j].Subtract(a[i][j], b[i]);
    b[j].Hold(-(1 << 17), 1 << 17);
  }
  std::array<int32_t, 4>* const weights = weights_.data() + static_cast<size_t>(y) * width_ + x;
  for (int j = 0; j < 4; ++j) {
    alignas(32) int32_t rounded[kSolved];
#pragma GCC unroll 1
    for (int k = 0; k < kSolved; ++k) rounded[k] = (static_cast<int32_t>(b[j].v[k]) + 32) >> 6;
    for (int k = 0; k < std::min(kSolved, width_ - x); ++k) weights[k][j] = rounded[k];
  }
}

PARTWAY_ALWAYS_INLINE void MapModel::EndBlock(int maps, const Running& running) {
  Accumulate(maps, running);
  maps_ += maps;
  const int gain = (maps << 15) / (maps_ + kLivelinessTrust);
  for (int y = 0; y < height_; ++y) {
    const int32_t* const block = block_.data() + Padded(y, 0);
    int32_t *const lively = liveliness_.data() + static_cast<size_t>(y) * width_, *const calm = calm_.data() +
                                                                                                static_cast<size_t>(y) * width_;
    for (int x = 0; x < width_; ++x) {
      lively[x] = std::clamp(lively[x] + (((block[x] - lively[x]) * gain) >> 15), 64, 8192);
      calm[x] = (1 << 20) / lively[x];
    }
  }
  if (maps_ > kMaxSolvedMaps || 2 * maps_ < 3 * solved_at_) return;
  solved_at_ = maps_;
  // What the mean over all positions says, as strongly as kWeightTrust maps would.
  std::array<int32_t, kProducts> prior{};
  for (int p = 0; p < kProducts; ++p) {
    int64_t sum = 0;
    for (int32_t s : sums_[p]) sum += s;
    prior[p] = static_cast<int32_t>(sum * kWeightTrust / (static_cast<int64_t>(height_) * width_ * maps_));
  }
  for (int y = 0; y < height_; ++y) {
    for (int x = 0; x < width_; x += kSolved) Solve(y, x, prior);
  }
}

}   // namespace partway::codec
