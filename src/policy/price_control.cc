#include "policy/price_control.h"

#include <algorithm>
#include <cmath>

namespace partway::policy {
namespace {

// Least prices, part of what is maximised: a whole r_th of latency, and an accuracy of 1, are worth this much k where neither constraint binds.
constexpr double kLeastLatencyPrice = 1e-4, kLeastAccuracyPrice = 1e-3;
// How far prices follow a violation of one slot's r_th, or of an accuracy of 1, and at most.
constexpr double kFollowLatency = 0.003, kFollowAccuracy = 0.03, kFollowMost = 0.1;
// Most credit: as many slots at no latency; as many at an accuracy better by 1.
constexpr double kMostLatencyCredit = 150, kMostAccuracyCredit = 15;
constexpr double kHurry = 3;           // times as fast is worked off what is above the loan
constexpr double kNarrowest = 0.5;     // r' is no less than this share of r_th
constexpr double kSolveEvery = 0.25;   // of the slots kept
constexpr double kFactorMost = 20, kFactorJump = 0.25;

double BestAccuracy(const Problem& problem) {
  double best = 0;
  for (const double accuracy : problem.options->accuracy) best = accuracy > best ? accuracy : best;   // not known: no
  return best;
}

PriceWindowSize SizeOf(const AdaptiveParameters& parameters, size_t points) {
  PriceWindowSize size;
  size.slots = static_cast<size_t>(parameters.slots);
  size.span = static_cast<size_t>(std::max(parameters.span, parameters.slots));
  size.points = points;
  size.optimistic_slots = parameters.optimism;
  return size;
}

}   // namespace

PriceControl::PriceControl(const Problem& problem, const AdaptiveParameters& parameters, size_t points)
    : problem_(problem),
      parameters_(parameters),
      window_(SizeOf(parameters, points), BestAccuracy(problem)),
      objective_{1, -kLeastLatencyPrice / problem.max_latency_s, kLeastAccuracyPrice},
      prices_(objective_),
      unexplained_(problem.max_latency_s) {}

Observation PriceControl::Corrected(const Observation& seen) const {
  Observation corrected = seen;
  corrected.weights[cost::kDevice] *= device_factor_;
  corrected.weights[cost::kRoundTrip] += wait_s();
  return corrected;
}

Score PriceControl::Prices() const {
  const auto follow = [](double rate, double violation) { return 1 + std::clamp(rate * violation, -kFollowMost, kFollowMost); };
  return {1, prices_.latency * follow(kFollowLatency, latency_violation_ - parameters_.latency_loan),
          prices_.accuracy * follow(kFollowAccuracy, accuracy_violation_ - parameters_.accuracy_loan)};
}

void PriceControl::LearnLatency(const Observation& seen, const Decision& decision, const Outcome& outcome) {
  double device_s = 0, rest_s = 0, frames = 0, local = 0, sent = 0;
  for (const Share& share : decision.used()) {
    if (share.option < 0) return;
    const auto row = static_cast<size_t>(share.option);
    const double part = decision.frames() > 0 ? share.frames : 1;
    frames += part;
    if (problem_.options->coefficient[cost::kDevice][row] > 0) local += share.frames;
    sent += part * problem_.options->coefficient[cost::kRoundTrip][row];
    for (size_t w = 0; w < cost::kWeights; ++w) {
      const double s = part * problem_.options->coefficient[w][row] * seen.weights[w];
      (w == cost::kDevice ? device_s : rest_s) += s;
    }
  }
  if (decision.count > 1 && outcome.processed < decision.frames()) {
    // Which frames of the mixture were left out is not told. The device was full with fewer than it should have held.
    const double missing = decision.frames() - outcome.processed, left = local - missing;
    if (local > 0) Believe(device_factor_ * (left > 0.5 * local ? local / left : 2));
    return;
  }
  if (frames == 0) return;
  unexplained_.Add(device_s / frames, sent / frames, outcome.latency_s - rest_s / frames);
  Believe(unexplained_.device_factor());
}

void PriceControl::Believe(double factor) {
  factor = std::clamp(factor, 1 / kFactorMost, kFactorMost);
  const double off = factor / device_factor_ - 1;
  if (std::abs(off) < 1e-9) return;
  if (std::abs(off) <= kFactorJump) {
    device_factor_ = factor;
    return;
  }
  // What is kept was computed for another device.
  device_factor_ = factor;
  window_.Forget(0);
  until_solved_ = 0;
}

bool PriceControl::Account(const Observation& seen, const Decision& decision, const Outcome& outcome) {
  if (outcome.any) {
    LearnLatency(seen, decision, outcome);
    latency_violation_ = std::max(latency_violation_ + outcome.latency_s / problem_.max_latency_s - 1, -kMostLatencyCredit);
    accuracy_violation_ = std::max(accuracy_violation_ + problem_.min_accuracy - outcome.accuracy, -kMostAccuracyCredit);
  }
  const std::array<double, 4> level = {seen.uplink_bits + 1, seen.weights[cost::kEdge], seen.weights[cost::kDevice],
                                       static_cast<double>(seen.frames)};
  bool stepped = false;
  for (size_t i = 0; i < levels_.size(); ++i) {
    // Most stay as they are from slot to slot.
    if (level[i] != level_[i]) {
      level_[i] = level[i];
      log_level_[i] = std::log(level[i]);
    }
    stepped |= levels_[i].Add(log_level_[i]);
  }
  if (stepped) {
    for (StepDetector& other : levels_) other = StepDetector();
    window_.Forget(StepDetector::kSlots * 2 / 3);
    latency_violation_ = std::max(latency_violation_ - parameters_.latency_loan, 0.0);
    accuracy_violation_ = std::max(accuracy_violation_ - parameters_.accuracy_loan, 0.0);
    until_solved_ = 0;
  }
  return window_.Wants();
}

bool PriceControl::Follow() {
  if (until_solved_ > 0) {
    --until_solved_;
    return false;
  }
  until_solved_ = static_cast<size_t>(kSolveEvery * static_cast<double>(window_.kept()));
  Solve();
  return true;
}

void PriceControl::Solve() {
  const auto move = [&](double violation, double loan) {
    const double over = violation - loan;
    return (over > 0 ? kHurry : 1) * over / parameters_.correction;
  };
  prices_ = window_.Solve(objective_,
                          problem_.max_latency_s * std::max(1 - move(latency_violation_, parameters_.latency_loan), kNarrowest),
                          problem_.min_accuracy + move(accuracy_violation_, parameters_.accuracy_loan));
}

}   // namespace partway::policy
