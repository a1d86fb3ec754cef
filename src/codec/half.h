// IEEE 754 half precision, in integer arithmetic: the same bits on every machine.
#pragma once

#include <cstdint>

namespace partway::codec {

inline constexpr float kMaxHalf = 65504;   // larger magnitudes do not come back finite

// Round to nearest, ties to even; subnormals kept. |value| <= kMaxHalf (else infinity); NaN becomes a quiet NaN.
uint16_t ToHalf(float value);
float FromHalf(uint16_t half);   // exact

}   // namespace partway::codec
