// From an expected value and a scale to the probabilities of whole symbols, and back from a point of 0..65535 to the symbol it falls on.
#pragma once

#include <algorithm>
#include <cstdint>

#include "codec/always_inline.h"
#include "codec/normal_table.h"
#include "codec/rans.h"

namespace partway::codec {

// Values count in units of which the range of a symbol has 2^14.
inline constexpr int kValueBits = 14;

// Where the symbols' slices begin, for one expected value and scale.
class Slices {
 public:
  PARTWAY_ALWAYS_INLINE Slices(int32_t value, int32_t scale_class, int bits)
      : value_(value),
        slope_(kNormal.slope[scale_class & 7]),
        reach_(kNormal.reach[scale_class & 7]),
        octave_(scale_class >> 3),
        rest_(kNormal.rest[bits].data() + kZHalf),
        quantile_(kNormal.quantile[bits].data()),
        count_(1 << bits),
        shift_(kValueBits - bits) {}

  // Every symbol has at least 1/65536; beyond the first and the last lies nothing.
  PARTWAY_ALWAYS_INLINE int32_t Start(int32_t symbol) const {
    if (symbol <= 0) [[unlikely]]
      return 0;
    if (symbol >= count_) [[unlikely]]
      return 65536;
    const int32_t distance = (symbol << shift_) - (1 << shift_ >> 1) - value_;   // of its lower edge
    return symbol + rest_[std::clamp((distance * slope_) >> (kSlopeBits + octave_), -kZHalf, kZHalf)];
  }

  PARTWAY_ALWAYS_INLINE Slice Of(int32_t symbol) const { return Between(Start(symbol), Start(symbol + 1)); }

  // The symbol whose slice holds `slot`.
  PARTWAY_ALWAYS_INLINE int32_t Find(uint32_t slot, Slice* slice) const {
    const auto point = static_cast<int32_t>(slot);
    // A guess that is nearly always right: less the shares that the symbols up to here have for themselves, half a step below where
    // the table passes the point.
    const int32_t share = std::max(point - (value_ >> shift_), 0) >> (16 - kQuantileBits);
    const int32_t off = ((2 * quantile_[share] - 1) * reach_) >> (kReachBits + 1 - octave_);
    int32_t symbol = std::clamp((value_ + off + (1 << shift_ >> 1)) >> shift_, 0, count_ - 1);
    int32_t start = Start(symbol), end = Start(symbol + 1);
    while (start > point) {
      end = start;
      start = Start(--symbol);
    }
    while (end <= point) {
      start = end;
      end = Start(++symbol + 1);
    }
    *slice = Between(start, end);
    return symbol;
  }

 private:
  static Slice Between(int32_t start, int32_t end) {
    return {static_cast<uint16_t>(start), static_cast<uint16_t>(end - start - 1)};
  }

  int32_t value_, slope_, reach_, octave_;
  const uint16_t* rest_;
  const int16_t* quantile_;
  int32_t count_;
  int shift_;
};

}   // namespace partway::codec
