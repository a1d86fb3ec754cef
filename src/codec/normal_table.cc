#include "codec/normal_table.h"

#include <algorithm>

namespace partway::codec {
namespace {

// (1 + z^2 / 31)^-16 at z = step / 512, as 2^31 times its value.
uint64_t Density(int step) {
  constexpr uint64_t kOne = 31ull << 18;   // 31 in units of 2^-18, as z^2 = step^2 / 2^18
  const uint64_t square = static_cast<uint64_t>(step) * static_cast<uint64_t>(step);
  uint64_t power = (kOne << 31) / (kOne + square);                            // 2^31 / (1 + z^2 / 31)
  for (int i = 0; i < 4; ++i) power = (power * power + (1ull << 30)) >> 31;   // to the 16th
  return power;
}

NormalTable MakeNormalTable() {
  NormalTable table;
  // Simpson's rule over each step of 1/256, from the middle outward.
  std::array<uint64_t, kZHalf + 1> upper{};   // P(0 < Z < z), unscaled
  for (int z = 1; z <= kZHalf; ++z) upper[z] = upper[z - 1] + (Density(2 * z - 2) + 4 * Density(2 * z - 1) + Density(2 * z)) / 6;
  const uint64_t whole = 2 * upper[kZHalf];
  for (int z = 0; z <= kZHalf; ++z) {
    const uint64_t share = (upper[z] * 65535 + whole / 2) / whole;   // at most 32768
    table.below[kZHalf + z] = static_cast<uint16_t>(std::min<uint64_t>(32768 + share, 65535));
    table.below[kZHalf - z] = static_cast<uint16_t>(32768 - share);
  }
  for (int bits = 2; bits <= 8; ++bits) {
    for (int z = 0; z <= 2 * kZHalf; ++z)
      table.rest[bits][z] = static_cast<uint16_t>((table.below[z] * (65536u - (1u << bits))) >> 16);
  }
  for (int bits = 2; bits <= 8; ++bits) {
    for (int slot = 0, z = 0; slot < 1 << kQuantileBits; ++slot) {
      const int middle = (slot << (16 - kQuantileBits)) + (1 << (15 - kQuantileBits));
      while (z < 2 * kZHalf && table.rest[bits][z] < middle) ++z;
      table.quantile[bits][slot] = static_cast<int16_t>(z - kZHalf);
    }
  }
  for (int k = 0; k < 8; ++k) {
    const int32_t middle = 17 + 2 * k;                               // of the class, in sixteenths
    table.reach[k] = middle * 20;                                    // / 16 * 1.25 / 256 * 2^16
    table.slope[k] = ((1 << 21) * 2 + 5 * middle) / (10 * middle);   // 16 / middle * 256 / 1.25 * 2^7
  }
  return table;
}

}   // namespace

const NormalTable kNormal = MakeNormalTable();

}   // namespace partway::codec
