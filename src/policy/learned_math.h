// The few functions that a learned policy needs, by basic arithmetic alone, so that weights give the same decisions, and a seed the same
// weights, on any machine: the C library's own differ in the last place from one to the next. Monotone, smooth, and close enough for a
// network that is trained with them; not for anything else.
#pragma once

#include <algorithm>
#include <cmath>

namespace partway::policy {

// The hyperbolic tangent by its Padé approximant x (27 + x^2) / (27 + 9 x^2), which reaches 1 with slope 0 at 3; within 0.024 of it.
inline double Squash(double x) {
  const double at = std::clamp(x, -3.0, 3.0), square = at * at;
  return at * (27 + square) / (27 + 9 * square);
}

// Of a positive, ordinary number; within 1e-6.
inline double Log2(double x) {
  int exponent = 0;
  const double mantissa = std::frexp(x, &exponent);   // 0.5 .. 1
  // 2 artanh(t) = log m with m around 1: t lies within 0.172.
  const double m = mantissa < 0.70710678118654752 ? 2 * mantissa : mantissa;
  const double t = (m - 1) / (m + 1), square = t * t;
  const double series = t * (1 + square * (1.0 / 3 + square * (1.0 / 5 + square * (1.0 / 7))));
  return 2.8853900817779268 * series + exponent - (mantissa < 0.70710678118654752 ? 1 : 0);
}

// Of a number from -1000 to 1000; relative error below 1e-5.
inline double Exp2(double x) {
  const double whole = std::floor(x), y = 0.69314718055994531 * (x - whole - 0.5);   // within 0.347
  const double series = 1 + y * (1 + y * (0.5 + y * (1.0 / 6 + y * (1.0 / 24 + y * (1.0 / 120)))));
  return std::ldexp(1.4142135623730951 * series, static_cast<int>(whole));
}

}   // namespace partway::policy
