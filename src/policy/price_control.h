// What `adaptive` and `adaptive-single` have in common: the prices of latency and accuracy, and how they follow what happens.
//
// Prices come from the slots seen so far (price_window.h), for the constraints moved by the violation that has piled up:
//
//   r' = r_th - (V_R - L_R) / K,   c' = c_th + (V_C - L_C) / K,   V_R = sum of (R - r_th),   V_C = sum of (c_th - C)
//
// so that a violation shrinks by e in K slots (in a third of that where it is above the loan L). The loan is a constant: what learning
// costs is paid once, and its share of the average falls as L / t (after 1500 slots 0.0005 in accuracy, 0.7 % in latency). V cannot run
// away: what a window of slots drawn like those to come gets wrong in a slot is bounded by the spread of R and C, and the move of the
// constraints bounds the sum by K times the mean error. Credit (V < 0) counts up to a bound. When the level of the link changes, credit is
// given up: what was saved in one regime is not spent in the next. The loan in accuracy is granted anew, that in latency is not (lent twice it made
// half of what latency was too long by after a rise).
// Between two solutions prices follow V directly by a few percent, which also plays the mixture where the optimum is one (a constant link).
//
// Where neither constraint binds options are told apart by least prices, small beside any trade of frames. They are part of what is
// maximised: added to the solution afterwards they would outweigh its own prices where these are as small.
//
// The device: a profile says how long its part takes, and eq. 2 knows no queues; where measured latencies say otherwise, a factor on the
// device's seconds and a wait of what is sent are learned (unexplained_latency.h) and every later prediction uses them.
//
// Not thread-safe. Allocates at construction only.
#pragma once

#include <array>
#include <span>

#include "policy/policy.h"
#include "policy/price_window.h"
#include "policy/problem.h"
#include "policy/step_detector.h"
#include "policy/unexplained_latency.h"

namespace partway::policy {

struct AdaptiveParameters {
  double slots = 96;         // kept at once
  double span = 2048;        // over which they are spread
  double correction = 300;   // K, slots
  double optimism = 4;       // slots of an optimistic kind that are counted in
  // Violation that is not worked off: what learning may cost, once. As many slots' r_th; as many slots at an accuracy lower by 1.
  double latency_loan = 10, accuracy_loan = 0.75;
};

class PriceControl {
 public:
  PriceControl(const Problem& problem, const AdaptiveParameters& parameters, size_t points);

  // The snapshot as latencies so far say it is (unexplained_latency.h).
  Observation Corrected(const Observation& seen) const { return unexplained_.Corrected(seen); }
  // For the slot's choice: {1, -lambda, mu}.
  Score Prices() const;

  // Accounts for a slot. True if it is one to keep: call Keep with its points (as Corrected has it).
  bool Account(const Observation& seen, const Decision& decision, const Outcome& outcome);
  void Keep(const Observation& seen, std::span<const MeanPoint> points) { window_.Add(seen, points); }
  // True if device, waits or edge are no longer what they were taken for when the slots kept were computed: each of them then wants its points
  // anew (window().Restate). Asked after Account, once a slot.
  bool Outdated();
  // Solves for new prices if it is time to; true if it did. After Account and Keep.
  bool Follow();
  void Solve();
  PriceWindow& window() { return window_; }

  double device_factor() const { return unexplained_.device_factor(); }
  double wait_s() const { return unexplained_.wait_s(); }
  double latency_violation() const { return latency_violation_; }
  double accuracy_violation() const { return accuracy_violation_; }

 private:
  // What the slots kept were computed with.
  struct Belief {
    double device_factor = 1, wait_s = 0, edge_load = 0;
  };

  const Problem problem_;
  AdaptiveParameters parameters_;
  PriceWindow window_;
  std::array<StepDetector, 4> levels_;   // of link, edge, device and frames
  std::array<double, 4> level_{}, log_level_{};
  const Score objective_;
  Score prices_;
  double latency_violation_ = 0, accuracy_violation_ = 0;   // V_R in units of r_th, V_C
  UnexplainedLatency unexplained_;
  Belief belief_;
  size_t until_solved_ = 0, until_restated_ = 0;
};

}   // namespace partway::policy
