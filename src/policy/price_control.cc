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
// Moves after which slots that are kept are computed anew: of logarithms of the device's seconds and of what the edge has left, of waits in r_th;
// once in as many slots as are kept, but for a device that is at once so much slower.
constexpr double kDeviceMoves = 0.1, kWaitMoves = 0.1, kDeviceJumps = 0.22;

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

Score PriceControl::Prices() const {
  const auto follow = [](double rate, double violation) { return 1 + std::clamp(rate * violation, -kFollowMost, kFollowMost); };
  return {1, prices_.latency * follow(kFollowLatency, latency_violation_ - parameters_.latency_loan),
          prices_.accuracy * follow(kFollowAccuracy, accuracy_violation_ - parameters_.accuracy_loan)};
}

bool PriceControl::Outdated() {
  const Belief now = {unexplained_.device_factor(), unexplained_.wait_s(), unexplained_.edge_load()};
  const double device = std::abs(std::log(now.device_factor / belief_.device_factor));
  const bool far = device > kDeviceMoves || std::abs(now.wait_s - belief_.wait_s) > kWaitMoves * problem_.max_latency_s ||
                   std::abs(std::log((1 - now.edge_load) / (1 - belief_.edge_load))) > kDeviceMoves;
  if (until_restated_ > 0) --until_restated_;
  if (!far || (until_restated_ > 0 && device <= kDeviceJumps)) return false;
  belief_ = now;
  until_restated_ = window_.kept();
  until_solved_ = 0;
  return true;
}

bool PriceControl::Account(const Observation& seen, const Decision& decision, const Outcome& outcome) {
  unexplained_.Learn(problem_.options->coefficient, seen, decision, outcome);
  if (outcome.any) {
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
    latency_violation_ = std::max(latency_violation_, 0.0);
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
  prices_ = window_.Solve(
      objective_,
      std::max(problem_.max_latency_s * (1 - move(latency_violation_, parameters_.latency_loan)) - unexplained_.rest_s(),
               kNarrowest * problem_.max_latency_s),
      problem_.min_accuracy + move(accuracy_violation_, parameters_.accuracy_loan));
}

}   // namespace partway::policy
