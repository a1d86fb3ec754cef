#include "codec/map_model.h"

#include <algorithm>

#include "codec/normal_table.h"
#include "codec/slices.h"

namespace partway::codec {
namespace {

constexpr std::array<int32_t, 4> kFirstWeights = {430, 410, -154, 61};   // W, N, NW, NE before anything is known

}   // namespace

void MapModel::BeginMaps(int height, int width, int bits, const MapPriors& priors) {
  height_ = height, width_ = width;
  stride_ = static_cast<size_t>(width) + 4;
  shift_ = kValueBits - bits;
  top_ = ((1 << bits) - 1) << shift_;
  floor_ = std::max((10 << shift_) >> 8, 1);
  mean_prior_ = priors.mean << shift_;
  distance_prior_ = ScaleOf(std::min<int>(priors.distance, 8 * kValueBits));
  for (int32_t n = 0; n < kGains; ++n)
    gains_[n] = {(4 << 15) / (4 * (n + 1) + priors.mean_trust), (2 << 15) / (2 * (n + 1) + priors.distance_trust)};
  maps_ = solved_at_ = 0;
  const size_t padded = static_cast<size_t>(height + 1) * stride_ + 4 + kSolved, positions = static_cast<size_t>(height) * width;
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

Running MapModel::BeginBlock() const {
  Running running;
  running.mean.fill(mean_prior_);
  running.distance.fill(distance_prior_);
  return running;
}

}   // namespace partway::codec
