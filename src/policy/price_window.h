// What an adaptive policy remembers of the slots so far, and the prices of latency and accuracy that would have been the best in them.
//
// A slot is kept as the points (k, latency, accuracy) that could have been chosen in it. The memory holds a fixed number of slots: when it is
// full every second one goes and from then on only every second, fourth ... slot is kept, so that it spans all that was seen, up to
// `span` slots; beyond that the oldest goes first. Prices solve the same programme as the optimum (mean_lp.h), with two differences: both
// constraints may be broken at a high price, so that there always is an answer; and a few slots of an optimistic kind (all frames, no
// latency, the best accuracy) are counted in. These make up for not knowing what is to come: a link that begins badly is not taken for
// one that stays so, and their weight falls as 1 / t.
//
// Not thread-safe. Allocates at construction only.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "policy/mean_lp.h"
#include "policy/policy.h"

namespace partway::policy {

struct PriceWindowSize {
  size_t slots = 256;   // kept at once
  size_t span = 2048;   // slots over which they are spread at most
  size_t points = 48;   // of a slot; what is more is left out
  double optimistic_slots = 16;
};

class PriceWindow {
 public:
  PriceWindow(const PriceWindowSize& size, double best_accuracy);

  // Whether the next slot is one to keep. Call once a slot, then Add if so.
  bool Wants();
  void Add(const Observation& seen, std::span<const MeanPoint> points);
  // The slots kept, 0 the newest; one more point of such a slot (in place of the one that was offered longest ago, if there is no room).
  const Observation& seen(size_t age) const { return seen_[At(age)]; }
  void Offer(size_t age, const MeanPoint& point);
  // Other points in place of those that such a slot has; at least one.
  void Restate(size_t age, std::span<const MeanPoint> points) { Write(At(age), points); }
  // All that was seen before the newest `slots` slots.
  void Forget(size_t slots);
  size_t kept() const { return count_; }

  // Prices for the most of `objective` at a mean latency and accuracy over the slots kept: the objective, lowered by lambda in latency and
  // raised by mu in accuracy.
  Score Solve(const Score& objective, double max_latency_s, double min_accuracy);

 private:
  MeanPoint Best(const Score& score) const;
  size_t At(size_t age) const { return (newest_ + size_.slots - age) % size_.slots; }
  void Thin();
  void Write(size_t slot, std::span<const MeanPoint> points);

  PriceWindowSize size_;
  double best_accuracy_;
  // Slot s has its points at [s * points, s * points + used_[s]).
  std::vector<double> k_, latency_s_, accuracy_;
  std::vector<size_t> used_, next_;   // points; the place of the next one offered when there is no room
  std::vector<Observation> seen_;
  size_t newest_ = 0, count_ = 0;
  size_t stride_ = 1, until_next_ = 0;
  MeanMaster master_;
  std::vector<Score> scores_, warm_;
};

}   // namespace partway::policy
