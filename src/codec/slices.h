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
        inverse_(kNormal.inverse[scale_class]),
        count_(1 << bits),
        shift_(kValueBits - bits),
        scale_class_(scale_class) {}

  // Every symbol has at least 1/65536; beyond the first and the last lies nothing.
  PARTWAY_ALWAYS_INLINE uint32_t Start(int32_t symbol) const {
    const int64_t off = (symbol << shift_) - (1 << shift_ >> 1) - value_;
    const int64_t z = std::clamp<int64_t>((off * inverse_) >> 16, -kZHalf, kZHalf);
    uint32_t below = kNormal.below[static_cast<size_t>(z + kZHalf)];
    below = symbol <= 0 ? 0 : below;
    below = symbol >= count_ ? 65536 : below;
    return static_cast<uint32_t>(symbol) + ((below * static_cast<uint32_t>(65536 - count_)) >> 16);
  }

  PARTWAY_ALWAYS_INLINE Slice Of(int32_t symbol) const {
    const uint32_t start = Start(symbol);
    return {static_cast<uint16_t>(start), static_cast<uint16_t>(Start(symbol + 1) - start)};
  }

  // The symbol whose slice holds `slot`.
  PARTWAY_ALWAYS_INLINE int32_t Find(uint32_t slot, Slice* slice) const {
    const int64_t off =
        (static_cast<int64_t>(kNormal.quantile[slot >> (16 - kQuantileBits)]) * kNormal.scale[scale_class_]) >> 16;
    int32_t symbol = std::clamp(static_cast<int32_t>((value_ + off + (1 << shift_ >> 1)) >> shift_), 0, count_ - 1);
    uint32_t start = Start(symbol), end = Start(symbol + 1);
    while (start > slot) {
      end = start;
      start = Start(--symbol);
    }
    while (end <= slot) {
      start = end;
      end = Start(++symbol + 1);
    }
    *slice = {static_cast<uint16_t>(start), static_cast<uint16_t>(end - start)};
    return symbol;
  }

 private:
  int32_t value_;
  int64_t inverse_;
  int32_t count_;
  int shift_;
  int32_t scale_class_;
};

}   // namespace partway::codec
