#include "codec/half.h"

#include <bit>

namespace partway::codec {

uint16_t ToHalf(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint32_t sign = (bits >> 16) & 0x8000, magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return static_cast<uint16_t>(sign | 0x7e00);
  if (magnitude >= 0x477ff000) return static_cast<uint16_t>(sign | 0x7c00);   // 65520 and up
  if (magnitude >= 0x38800000) {                                              // 2^-14 and up: normal
    const uint32_t rebiased = magnitude - (112u << 23);
    return static_cast<uint16_t>(sign | ((rebiased + 0xfff + ((rebiased >> 13) & 1)) >> 13));
  }
  if (magnitude <= 0x33000000) return static_cast<uint16_t>(sign);   // up to 2^-25: zero, the tie included
  // Subnormal: units of 2^-24.
  const uint32_t shift = 126 - (magnitude >> 23), mantissa = (magnitude & 0x7fffff) | 0x800000;
  const uint32_t whole = mantissa >> shift, rest = mantissa & ((1u << shift) - 1), half = 1u << (shift - 1);
  return static_cast<uint16_t>(sign | (whole + (rest > half || (rest == half && (whole & 1) != 0) ? 1 : 0)));
}

float FromHalf(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000) << 16, exponent = (half >> 10) & 31, mantissa = half & 0x3ff;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000 | (mantissa << 13));
  if (exponent > 0) return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (mantissa << 13));
  if (mantissa == 0) return std::bit_cast<float>(sign);
  const auto zeros = static_cast<uint32_t>(std::countl_zero(mantissa)) - 21;   // 1..10 up to the leading one
  return std::bit_cast<float>(sign | ((113 - zeros) << 23) | ((mantissa << (13 + zeros)) & 0x7fffff));
}

}   // namespace partway::codec
