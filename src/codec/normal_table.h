// The shape that a symbol's distance from its prediction is expected to have: Student's t with 31 degrees of freedom (nearly normal, a
// little more in the tails), as integer tables made in integer arithmetic, so that all machines agree to the bit.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace partway::codec {

// A distance z counts in steps of 1/256 of the t's own unit, which is 1.25 mean absolute distances; +-8 units are tabled.
inline constexpr int kZHalf = 2048;
inline constexpr int kQuantileBits = 12;   // the inverse is looked up by the first 12 of 16 bits

// Scales (mean absolute distances, in whatever unit the caller counts, 1 <= scale < 2^16) fall into classes, eight an octave: the first
// bits of the scale as a float, which is exact.
inline constexpr int kScaleClasses = 128;
inline constexpr int kSlopeBits = 7, kReachBits = 16;
inline int32_t ScaleClass(int32_t scale) { return (std::bit_cast<int32_t>(static_cast<float>(scale)) >> 20) - (127 << 3); }
// The middle of a class.
inline int32_t ScaleOf(int32_t scale_class) { return ((17 + 2 * (scale_class & 7)) << (scale_class >> 3)) / 16; }

struct NormalTable {
  std::array<uint16_t, 2 * kZHalf + 1> below{};   // 65535 * P(Z < z) at z - kZHalf
  // The same in what 2^bits symbols leave of 65536 when each has one for itself. One more than are used, since two are loaded at a time.
  std::array<std::array<uint16_t, 2 * kZHalf + 2>, 9> rest{};
  // By the first bits of a share of that: z at its middle. One more here too.
  std::array<std::array<int16_t, (1 << kQuantileBits) + 1>, 9> quantile{};
  // By the last three bits of a scale's class; what its other bits say, the octave, is a shift. Products with distances fit 32 bits.
  std::array<int32_t, 8> slope{};   // z = distance * slope >> (kSlopeBits + octave)
  std::array<int32_t, 8> reach{};   // distance = z * reach >> (kReachBits - octave)
};
extern const NormalTable kNormal;

}   // namespace partway::codec
