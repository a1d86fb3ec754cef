// Quantities as types, so that a rate cannot be passed where a size is meant.
//
// Each is a double in its base unit (seconds, bits, bytes, bit/s, MACs, MAC/s, hertz, joules). Products and quotients that
// have a meaning here are defined below; everything else does not compile. Durations measured on a Clock are
// std::chrono::nanoseconds (base/clock.h); predictions are Seconds.
#pragma once

#include <compare>

namespace partway {

template <class Tag>
class Quantity {
 public:
  constexpr Quantity() = default;
  constexpr explicit Quantity(double value) : value_(value) {}
  constexpr double value() const { return value_; }

  constexpr auto operator<=>(const Quantity&) const = default;
  constexpr Quantity operator-() const { return Quantity(-value_); }
  constexpr Quantity& operator+=(Quantity o) {
    value_ += o.value_;
    return *this;
  }
  constexpr Quantity& operator-=(Quantity o) {
    value_ -= o.value_;
    return *this;
  }
  friend constexpr Quantity operator+(Quantity a, Quantity b) { return Quantity(a.value_ + b.value_); }
  friend constexpr Quantity operator-(Quantity a, Quantity b) { return Quantity(a.value_ - b.value_); }
  friend constexpr Quantity operator*(Quantity a, double k) { return Quantity(a.value_ * k); }
  friend constexpr Quantity operator*(double k, Quantity a) { return Quantity(a.value_ * k); }
  friend constexpr Quantity operator/(Quantity a, double k) { return Quantity(a.value_ / k); }
  friend constexpr double operator/(Quantity a, Quantity b) { return a.value_ / b.value_; }

 private:
  double value_ = 0;
};

using Seconds = Quantity<struct SecondsTag>;
using Bits = Quantity<struct BitsTag>;
using Bytes = Quantity<struct BytesTag>;
using BitsPerSecond = Quantity<struct BitsPerSecondTag>;
using Macs = Quantity<struct MacsTag>;
using MacsPerSecond = Quantity<struct MacsPerSecondTag>;
using Hertz = Quantity<struct HertzTag>;
using Joules = Quantity<struct JoulesTag>;

constexpr Bits ToBits(Bytes b) { return Bits(b.value() * 8); }
constexpr Seconds operator/(Bits amount, BitsPerSecond rate) { return Seconds(amount.value() / rate.value()); }
constexpr Seconds operator/(Macs work, MacsPerSecond rate) { return Seconds(work.value() / rate.value()); }
constexpr BitsPerSecond operator/(Bits amount, Seconds t) { return BitsPerSecond(amount.value() / t.value()); }
constexpr Bits operator*(BitsPerSecond rate, Seconds t) { return Bits(rate.value() * t.value()); }

}   // namespace partway
