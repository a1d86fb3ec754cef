// What the profile and the snapshot do not explain of latencies: a device slower or faster than its profile says, waits of frames that are sent
// (in the edge's queue, on the link), and what others will take of the edge by the time that a decision has its effect.
//
// Where single frames are watched (Measured), the first two are told: the device's factor is the quotient of its seconds, the wait what is left of
// the latency of the frames that the edge answered. Waits of slots scatter as queues do, so both are means that forget. Taken out of a slot's mean
// latency alone they cannot be had there: with eight devices on one edge whose profiles were right, factors from 0.05 to 20 came out.
//
// Where only means are known, as in the slot model, latency scatters by nothing but what is to be found, and both are found by recursive least
// squares with forgetting over
//
//   latency - rest = factor D + wait S,   D: predicted seconds on the device, S: share of frames that are sent,
//
// so that a queue on the edge is not taken for a slow device. Slots of other D and S tell them apart; while nothing tells, both are believed in
// half. A wait that nobody meets any more, since nothing is sent, fades.
//
// The load that an edge reports is what others did a slot ago, and they see ours as late. If N devices all take at once what they see left, each
// overshoots N - 1 times, and from three on the load swings ever wider from slot to slot. Who goes towards it by a share of less than 2 / N settles;
// ours is the mean so far and later a share of 1 / 16. A load that is the same in every slot is believed at once.
//
// Not thread-safe. Does not allocate.
#pragma once

#include <array>
#include <vector>

#include "policy/policy.h"

namespace partway::policy {

class UnexplainedLatency {
 public:
  using Coefficients = std::array<std::vector<double>, cost::kWeights>;   // as OptionTable::coefficient

  // `scale_s`: the latency that is to be explained is of this order.
  explicit UnexplainedLatency(double scale_s) : scale_s_(scale_s) {}

  // The snapshot with the device as fast, frames that are sent waiting as long, and the edge as loaded, as it turned out.
  Observation Corrected(const Observation& seen) const;

  // Of a slot that was seen and decided like this. `coefficient`: of the options that the decision names.
  void Learn(const Coefficients& coefficient, const Observation& seen, const Decision& decision, const Outcome& outcome);

  // A slot's means over its frames: predicted seconds on the device, share sent, latency less all that is predicted elsewhere.
  void Add(double device_s, double sent, double left_s);

  double device_factor() const { return believed_factor_; }
  double wait_s() const { return believed_wait_ * scale_s_; }
  double edge_load() const { return load_; }
  // What all of that does not explain of the mean latency of slots, where single frames are watched: local frames that wait for heads, what fell back
  // to the device. At least 0; no option is without it, so it is room that a constraint on latency does not have.
  double rest_s() const { return rest_ * scale_s_; }

 private:
  void Tell(const Coefficients& coefficient, const Observation& seen, const Decision& decision, const Outcome& outcome);
  void Infer(const Coefficients& coefficient, const Observation& seen, const Decision& decision, const Outcome& outcome);
  void Believe();
  double LoadFrom(const Observation& seen) const;

  static constexpr double kPrior = 1;
  double scale_s_;
  double factor_ = 1, wait_ = 0;
  double var_factor_ = kPrior, var_wait_ = kPrior, covariance_ = 0;
  bool told_ = false;
  double believed_factor_ = 1, believed_wait_ = 0;   // the same, but for rounding
  double rest_ = 0;
  double load_ = 0, slots_ = 0;   // mean of loads; seen
};

}   // namespace partway::policy
