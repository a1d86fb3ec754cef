#include "policy/unexplained_latency.h"

#include <algorithm>
#include <cmath>

namespace partway::policy {
namespace {

constexpr double kMemory = 0.9;   // weight of a slot beside the next one's
constexpr double kNoise = 1e-4;   // variance of a slot's latency, in squares of the scale: 1 % of it
constexpr double kFade = 0.97;    // of a wait, in a slot that sends nothing
constexpr double kFactorMost = 20, kWaitMost = 100;
constexpr double kRounding = 1e-9;     // what differs by less is the same
constexpr double kToldFactor = 0.25;   // of the way to what a slot tells: machines are steady
constexpr double kToldWait = 1.0 / 16, kLoadGain = 1.0 / 16;

// Means over a decision's frames: seconds here and elsewhere, share sent; and how many use the device.
struct Parts {
  double device_s = 0, elsewhere_s = 0, sent = 0, local = 0;
};

// False where an option is no row.
bool PartsOf(const UnexplainedLatency::Coefficients& coefficient, const cost::Weights& weights, const Decision& decision,
             Parts* parts) {
  double frames = 0;
  const bool any = decision.frames() > 0;
  for (const Share& share : decision.used()) {
    if (share.option < 0) return false;
    const auto row = static_cast<size_t>(share.option);
    const double part = any ? share.frames : 1;   // else the options in use count alike
    frames += part;
    if (coefficient[cost::kDevice][row] > 0) parts->local += share.frames;
    parts->sent += part * coefficient[cost::kRoundTrip][row];
    for (size_t w = 0; w < cost::kWeights; ++w) {
      const double s = part * coefficient[w][row] * weights[w];
      (w == cost::kDevice ? parts->device_s : parts->elsewhere_s) += s;
    }
  }
  if (frames == 0) return false;
  parts->device_s /= frames;
  parts->elsewhere_s /= frames;
  parts->sent /= frames;
  return true;
}

// Of the edge's seconds, at that load in place of the one that the state names.
double EdgeFactor(const Observation& seen, double load) {
  return load == seen.state.edge_load ? 1 : (1 - seen.state.edge_load) / (1 - load);
}

}   // namespace

double UnexplainedLatency::LoadFrom(const Observation& seen) const {
  return load_ + std::max(kLoadGain, 1 / (slots_ + 1)) * (seen.state.edge_load - load_);
}

Observation UnexplainedLatency::Corrected(const Observation& seen) const {
  Observation corrected = seen;
  corrected.weights[cost::kDevice] *= believed_factor_;
  corrected.weights[cost::kRoundTrip] += wait_s();
  corrected.weights[cost::kEdge] *= EdgeFactor(seen, LoadFrom(seen));
  return corrected;
}

void UnexplainedLatency::Learn(const Coefficients& coefficient, const Observation& seen, const Decision& decision,
                               const Outcome& outcome) {
  load_ = LoadFrom(seen);
  ++slots_;
  const Measured& m = outcome.measured;
  if (m.profile_device_s > 0 || m.sent > 0) {
    Tell(coefficient, seen, decision, outcome);
  } else if (outcome.any && !told_) {
    Infer(coefficient, seen, decision, outcome);
  }
  Believe();
}

void UnexplainedLatency::Tell(const Coefficients& coefficient, const Observation& seen, const Decision& decision,
                              const Outcome& outcome) {
  const Measured& m = outcome.measured;
  if (!told_) wait_ = 0;   // begins to be known now
  if (m.profile_device_s > 0) {
    const double factor = std::clamp(m.device_s / m.profile_device_s, 1 / kFactorMost, kFactorMost);
    factor_ += (told_ ? kToldFactor : 1) * (factor - factor_);
  }
  if (m.sent > 0) {
    // Less what the load that is believed explains.
    const double explained_s = m.edge_s * (1 / (1 - load_) - 1);
    const double wait = std::clamp((m.queued_s - explained_s) / m.sent / scale_s_, -kWaitMost, kWaitMost);
    wait_ = std::max(0.0, wait_ + kToldWait * (wait - wait_));
  } else {
    wait_ *= kFade;
  }
  told_ = true;
  Believe();
  Parts parts;
  if (!outcome.any || !PartsOf(coefficient, Corrected(seen).weights, decision, &parts)) return;
  const double rest = std::clamp((outcome.latency_s - parts.device_s - parts.elsewhere_s) / scale_s_, -kWaitMost, kWaitMost);
  rest_ = std::max(0.0, rest_ + kToldWait * (rest - rest_));
}

void UnexplainedLatency::Infer(const Coefficients& coefficient, const Observation& seen, const Decision& decision,
                               const Outcome& outcome) {
  cost::Weights weights = seen.weights;
  weights[cost::kEdge] *= EdgeFactor(seen, load_);
  Parts parts;
  if (!PartsOf(coefficient, weights, decision, &parts)) return;
  if (decision.count > 1 && outcome.processed < decision.frames()) {
    // Which frames of the mixture were left out is not told. The device was full with fewer than it should have held; latencies to come say more.
    if (parts.local == 0) return;
    const double left = parts.local - (decision.frames() - outcome.processed);
    factor_ = std::min(factor_ * (left > 0.5 * parts.local ? parts.local / left : 2), kFactorMost);
    var_factor_ = kPrior;
    covariance_ = 0;
    return;
  }
  Add(parts.device_s, parts.sent, outcome.latency_s - parts.elsewhere_s);
}

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
  Believe();
}

// So that a world that is as the profile says is seen as it is, to the last bit.
void UnexplainedLatency::Believe() {
  if (std::abs(factor_ / believed_factor_ - 1) >= kRounding) believed_factor_ = factor_;
  if (std::abs(wait_ - believed_wait_) >= kRounding) believed_wait_ = wait_;
}

}   // namespace partway::policy
