#include "policy/unexplained_latency.h"

#include <algorithm>
#include <cmath>

namespace partway::policy {
namespace {

constexpr double kMemory = 0.9;   // weight of a slot beside the next one's
constexpr double kNoise = 1e-4;   // variance of a slot's latency, in squares of the scale: 1 % of it
constexpr double kFade = 0.97;    // of a wait, in a slot that sends nothing
constexpr double kFactorMost = 20, kWaitMost = 100;

}   // namespace

void UnexplainedLatency::Add(double device_s, double sent, double left_s) {
  if (sent <= 0) wait_ *= kFade;
  // What is known grows old, but never to less than nothing.
  const auto age = [](double* variance) {
    const double aged = std::min(*variance / kMemory, kPrior), ratio = std::sqrt(aged / *variance);
    *variance = aged;
    return ratio;
  };
  covariance_ *= age(&var_factor_) * age(&var_wait_);

  const double d = device_s / scale_s_, s = sent;
  const double with_factor = var_factor_ * d + covariance_ * s, with_wait = covariance_ * d + var_wait_ * s;
  const double variance = d * with_factor + s * with_wait + kNoise;
  const double error = left_s / scale_s_ - (factor_ * d + wait_ * s);
  factor_ = std::clamp(factor_ + with_factor / variance * error, 1 / kFactorMost, kFactorMost);
  wait_ = std::clamp(wait_ + with_wait / variance * error, 0.0, kWaitMost);
  var_factor_ -= with_factor * with_factor / variance;
  var_wait_ -= with_wait * with_wait / variance;
  covariance_ -= with_factor * with_wait / variance;
  constexpr double kLeast = 1e-12;   // rounding must not make a variance negative
  var_factor_ = std::max(var_factor_, kLeast);
  var_wait_ = std::max(var_wait_, kLeast);
}

}   // namespace partway::policy
