// What a symbol of a feature map is expected to be, given those before it.
//
// Maps (channels) are coded in blocks of 16 side by side, position by position. A position's expected value in a map is the map's running mean
// plus a weighted sum of what its neighbours W, N, NW, NE are off that mean; its expected distance from that is the map's running mean
// distance, times how lively this position was in the blocks before, times how lively its neighbours are in this block. The weights belong to the position
// and are the same in all maps: after a block they are solved anew, by least squares, from all maps so far. So a frame that holds a sky in one
// corner and a crowd in the other is predicted differently there, without a bit of side information.
//
// All is integer arithmetic (in part on integers that doubles hold exactly), so that coder and decoder agree on every machine.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace partway::codec {

inline constexpr int kLanes = 16;
inline constexpr int kGains = 129;            // means and distances never stop following: from here on the gain stays as it is
inline constexpr int kMaxSolvedMaps = 1024;   // of which products are summed: 1024 * 255 * 255 is below 2^26
inline constexpr int kSolved = 8;             // positions whose weights are solved side by side
using Lanes = std::array<int32_t, kLanes>;

// What is told about all maps together at the head of the coded symbols.
struct MapPriors {
  uint8_t mean = 0;             // as a symbol
  uint8_t distance = 0;         // class of the typical mean distance (ScaleClass)
  uint8_t mean_trust = 0;       // how many quarters of an observation the prior mean counts for in each map
  uint8_t distance_trust = 0;   // as many halves for the prior distance
  bool operator==(const MapPriors&) const = default;
};

// What the maps of a block were like so far.
struct Running {
  alignas(64) Lanes mean, distance;   // of their values; of those from what was expected
  int32_t observed = 0;               // positions, as far as they make a difference
};

struct Expected {
  alignas(64) Lanes value, scale, scale_class;
};

// State over the maps of one size. One after the other: BeginMaps; for each block BeginBlock, for each position Expect and Observe, EndBlock.
class MapModel {
 public:
  void BeginMaps(int height, int width, int bits, const MapPriors& priors);
  Running BeginBlock() const;

  // Positions row by row; each once per block. `kWidth`, 8 or 16: for at most so many maps, the same all along it; 8 only in the
  // last. In map_model_steps.h, since they are compiled for more than one kind of processor.
  template <int kWidth>
  void Expect(int y, int x, const Running& running, Expected* expected) const;
  template <int kWidth>
  void Observe(int y, int x, int maps, const Expected& expected, const Lanes& symbols, Running* running);

  // After a block of `maps` maps, if another one follows.
  void EndBlock(int maps, const Running& running);

 private:
  // Sums of products over maps of a position and the one displaced by so much; from these every covariance of neighbours is read.
  enum Product {
    kOwn,
    kWest,
    kNorth,
    kNorthWest,
    kNorthEast,
    kKnight,
    kTwoWest,
    kProducts
  };   // kKnight: one up, two right of W is NE

  // With a border of one row above, two columns left and right, so that every neighbour has a place.
  size_t Padded(int y, int x) const { return static_cast<size_t>(y + 1) * stride_ + static_cast<size_t>(x + 2); }
  void Accumulate(int maps, const Running& running);
  void Solve(int y, int x, const std::array<int32_t, kProducts>& prior);

  int height_ = 0, width_ = 0, shift_ = 0, top_ = 0;
  size_t stride_ = 0;
  int32_t mean_prior_ = 0, distance_prior_ = 0, floor_ = 0;
  int maps_ = 0, solved_at_ = 0;   // maps before this block; when the weights were solved
  // By observed positions: how far, in 1/2^15, the running mean and distance go to the new observation.
  struct Gain {
    int32_t mean, distance;
  };
  std::array<Gain, kGains> gains_{};
  std::vector<int16_t> symbols_, normal_;              // padded positions of 16 maps
  std::vector<std::array<int32_t, 4>> weights_;        // per position, 1/1024: W, N, NW, NE
  std::vector<int32_t> liveliness_, calm_;             // per position: mean distance over the maps' own, 1/1024; its inverse
  std::vector<int32_t> block_, surprise_;              // the same in this block; distances over those expected; padded
  std::array<std::vector<int32_t>, kProducts> sums_;   // padded positions
};

}   // namespace partway::codec
