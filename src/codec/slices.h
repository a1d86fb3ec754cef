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
        step_(static_cast<int64_t>(kNormal.inverse[scale_class]) << (kValueBits - bits)),
        first_(-static_cast<int64_t>(value + (1 << (kValueBits - bits) >> 1)) * kNormal.inverse[scale_class]),
        rest_(kNormal.rest[bits].data()),
        quantile_(kNormal.quantile[bits].data()),
        count_(1 << bits),
        shift_(kValueBits - bits),
        scale_(kNormal.scale[scale_class]) {}

  // Every symbol has at least 1/65536; beyond the first and the last lies nothing.
  PARTWAY_ALWAYS_INLINE uint32_t Start(int32_t symbol) const { return StartAt(symbol, first_ + symbol * step_); }

  PARTWAY_ALWAYS_INLINE Slice Of(int32_t symbol) const {
    const int64_t z = first_ + symbol * step_;
    const uint32_t start = StartAt(symbol, z);
    return {static_cast<uint16_t>(start), static_cast<uint16_t>(StartAt(symbol + 1, z + step_) - start)};
  }

  // The symbol whose slice holds `slot`.
  PARTWAY_ALWAYS_INLINE int32_t Find(uint32_t slot, Slice* slice) const {
    // A guess that is nearly always right: less the shares that the symbols up to here have for themselves, half a step below where
    // the table passes the point.
    const int32_t share = std::max(static_cast<int32_t>(slot) - (value_ >> shift_), 0);
    const int64_t off = ((2 * static_cast<int64_t>(quantile_[share >> (16 - kQuantileBits)]) - 1) * scale_) >> 17;
    int32_t symbol = std::clamp(static_cast<int32_t>((value_ + off + (1 << shift_ >> 1)) >> shift_), 0, count_ - 1);
    const int64_t z = first_ + symbol * step_;
    uint32_t start = StartAt(symbol, z), end = StartAt(symbol + 1, z + step_);
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
  // `z`: of the symbol's lower edge, in 2^16.
  PARTWAY_ALWAYS_INLINE uint32_t StartAt(int32_t symbol, int64_t z) const {
    if (symbol <= 0) [[unlikely]]
      return 0;
    if (symbol >= count_) [[unlikely]]
      return 65536;
    return static_cast<uint32_t>(symbol) + rest_[std::clamp<int64_t>(z >> 16, -kZHalf, kZHalf) + kZHalf];
  }

  int32_t value_;
  int64_t step_, first_;
  const uint16_t* rest_;
  const int16_t* quantile_;
  int32_t count_;
  int shift_;
  int64_t scale_;
};

}   // namespace partway::codec
