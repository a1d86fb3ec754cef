// float32 ⇄ B-bit symbols: value = scale * (symbol - zero), with an integer zero, so that a zero stays exactly zero and a value is one
// multiplication of two floats that IEEE 754 rounds in one way only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace partway::codec {

struct Quantiser {
  float scale = 1;   // positive and normal, or any finite number for a run of one constant
  int16_t zero = 0;
};

struct ValueRange {
  float low = 0, high = 0;
  bool finite = true;        // no NaN, no infinity
  float magnitude() const;   // the larger of |low|, |high|
};

// Beyond this magnitude values are not quantised: they would come back infinite.
inline constexpr float kMaxQuantised = 0x1p126f;

ValueRange RangeOf(std::span<const float> values);
ValueRange Union(const ValueRange& a, const ValueRange& b);

// Covers low..high with 2^bits levels. A constant comes back exactly. `short_scale`: the scale's last 16 bits are 0 (rounded up), so that
// it travels in two bytes. The range must be finite and within kMaxQuantised.
Quantiser FitRange(const ValueRange& range, int bits, bool short_scale);

// Nearest level, clamped to 0..2^bits - 1. Finite values only.
void Quantise(std::span<const float> values, const Quantiser& quantiser, int bits, uint8_t* symbols);
void Dequantise(std::span<const uint8_t> symbols, const Quantiser& quantiser, float* values);

}   // namespace partway::codec
