#include "codec/map_model.h"

#include <algorithm>

#include "codec/normal_table.h"
#include "codec/slices.h"

namespace partway::codec {
namespace {

constexpr std::array<int32_t, 4> kFirstWeights = {430, 410, -154, 61};   // W, N, NW, NE before anything is known
constexpr int kWeightTrust = 10;                                         // so many maps count the mean over all positions
constexpr int kLivelinessTrust = 6;                                      // and so many a position that is neither lively nor calm

int64_t Held(int64_t v) { return std::clamp<int64_t>(v, -(1 << 26), 1 << 26); }

// Solves a w = b for a symmetric `a` that is positive but for rounding, by its factors L D L'; weights in 1/1024.
std::array<int32_t, 4> SolveSymmetric(std::array<std::array<int64_t, 4>, 4> a, std::array<int64_t, 4> b, int64_t ridge) {
  std::array<std::array<int64_t, 4>, 4> l{};   // 2^16
  std::array<int64_t, 4> inverse{};            // 2^40
  for (int j = 0; j < 4; ++j) {
    inverse[j] = (int64_t{1} << 40) / std::max(Held(a[j][j]), ridge);
    for (int i = j + 1; i < 4; ++i) l[i][j] = Held((Held(a[i][j]) * inverse[j]) >> 24);
    for (int i = j + 1; i < 4; ++i) {
      for (int k = j + 1; k <= i; ++k) a[i][k] -= (l[i][j] * Held(a[k][j])) >> 16;
      b[i] -= (l[i][j] * Held(b[j])) >> 16;
    }
  }
  std::array<int64_t, 4> w{};   // 2^16
  for (int j = 3; j >= 0; --j) {
    w[j] = Held(b[j]) * inverse[j] >> 24;
    for (int i = j + 1; i < 4; ++i) w[j] -= (l[i][j] * w[i]) >> 16;
    w[j] = std::clamp<int64_t>(w[j], -(1 << 17), 1 << 17);
  }
  std::array<int32_t, 4> rounded;
  for (int j = 0; j < 4; ++j) rounded[j] = static_cast<int32_t>((w[j] + 32) >> 6);
  return rounded;
}

}   // namespace

void MapModel::BeginMaps(int height, int width, int bits, const MapPriors& priors) {
  height_ = height, width_ = width;
  stride_ = static_cast<size_t>(width) + 4;
  shift_ = kValueBits - bits;
  top_ = ((1 << bits) - 1) << shift_;
  floor_ = std::max((10 << shift_) >> 8, 1);
  mean_prior_ = priors.mean << shift_;
  distance_prior_ = kNormal.scale[std::min<int>(priors.distance, 8 * kValueBits)] / 320;   // the middle of the class
  for (int32_t n = 0; n < kGains; ++n)
    gains_[n] = {(4 << 15) / (4 * (n + 1) + priors.mean_trust), (2 << 15) / (2 * (n + 1) + priors.distance_trust)};
  maps_ = solved_at_ = 0;
  const size_t padded = static_cast<size_t>(height + 1) * stride_ + 4, positions = static_cast<size_t>(height) * width;
  symbols_.assign(padded * kLanes, 0);
  normal_.assign(padded * kLanes, 0);
  block_.assign(padded, 1024);
  surprise_.assign(padded, 1024);
  liveliness_.assign(positions, 1024);
  calm_.assign(positions, 1024);
  weights_.assign(positions, kFirstWeights);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      auto& w = weights_[static_cast<size_t>(y) * width + x];
      if (x == 0) w[0] = w[2] = 0;
      if (y == 0) w[1] = w[2] = w[3] = 0;
      if (x + 1 == width) w[3] = 0;
    }
  }
  for (auto& sums : sums_) sums.assign(padded, 0);
}

void MapModel::BeginBlock() {
  mean_.fill(mean_prior_);
  distance_.fill(distance_prior_);
  observed_ = 0;
}

void MapModel::EndBlock(int maps, bool last) {
  maps_ += maps;
  if (last) return;
  const int gain = (maps << 15) / (maps_ + kLivelinessTrust);
  for (int y = 0; y < height_; ++y) {
    for (int x = 0; x < width_; ++x) {
      const size_t position = static_cast<size_t>(y) * width_ + x;
      int32_t& lively = liveliness_[position];
      lively =
          std::clamp(lively + static_cast<int32_t>((static_cast<int64_t>(block_[Padded(y, x)] - lively) * gain) >> 15), 64, 8192);
      calm_[position] = (1 << 20) / lively;
    }
  }
  if (maps_ <= kMaxSolvedMaps && 2 * maps_ >= 3 * solved_at_) SolveAll();
}

void MapModel::SolveAll() {
  solved_at_ = maps_;
  // What the mean over all positions says, as strongly as kWeightTrust maps would.
  std::array<int64_t, kProducts> prior{};
  for (int p = 0; p < kProducts; ++p) {
    for (int32_t sum : sums_[p]) prior[p] += sum;
    prior[p] = prior[p] * kWeightTrust / (static_cast<int64_t>(height_) * width_ * maps_);
  }
  for (int y = 0; y < height_; ++y) {
    for (int x = 0; x < width_; ++x) Solve(y, x, prior);
  }
}

void MapModel::Solve(int y, int x, const std::array<int64_t, kProducts>& prior) {
  const size_t at = Padded(y, x);
  const auto sum = [&](Product p, size_t where) { return prior[p] + sums_[p][where]; };
  const size_t w = at - 1, n = at - stride_, nw = n - 1, ne = n + 1;
  const bool has_w = x > 0, has_n = y > 0, has_nw = has_w && has_n, has_ne = has_n && x + 1 < width_;
  std::array<std::array<int64_t, 4>, 4> a{};
  std::array<int64_t, 4> b{};
  constexpr int64_t kNone = 1 << 12;
  a[0][0] = has_w ? sum(kOwn, w) : kNone;
  a[1][1] = has_n ? sum(kOwn, n) : kNone;
  a[2][2] = has_nw ? sum(kOwn, nw) : kNone;
  a[3][3] = has_ne ? sum(kOwn, ne) : kNone;
  if (has_w) b[0] = sum(kWest, at);
  if (has_n) b[1] = sum(kNorth, at);
  if (has_nw) {
    a[1][0] = sum(kNorthEast, w);
    a[2][0] = sum(kNorth, w);
    a[2][1] = sum(kWest, n);
    b[2] = sum(kNorthWest, at);
  }
  if (has_ne) {
    a[3][1] = sum(kWest, ne);
    b[3] = sum(kNorthEast, at);
  }
  if (has_ne && has_w) {
    a[3][0] = sum(kKnight, w);
    a[3][2] = sum(kTwoWest, ne);
  }
  const int64_t ridge = prior[kOwn] / 64 + 16;
  for (int j = 0; j < 4; ++j) a[j][j] += a[j][j] / 64 + ridge;
  weights_[static_cast<size_t>(y) * width_ + x] = SolveSymmetric(a, b, ridge);
}

}   // namespace partway::codec
