// A contextual bandit: learns while it runs, without a profile of either machine. It is told the options, their accuracies and what the
// model file says without any measurement: uploaded bits, and each option's share of the most work that any option gives to that side. It
// is not told how fast the sides are; the columns of seconds of the option table are read for their proportions alone.
//
// Latency is taken as linear: R = upload bits / d + theta . phi, with theta to be learned from the latencies of the slots and
//   phi = (share of head work, share of tail work, sends, sends * log10(d / 10 Mbit), log10(a / 10)),
// the context being the uplink's bits and the frames of the slot. theta is the ridge estimate; each phi . theta lies within
// alpha * sqrt(phi' A^-1 phi) of its estimate with the confidence that alpha stands for (LinUCB: Li et al., WWW 2010).
//
// Choice: each constraint has a virtual queue in units of its limit, Z_r <- [Z_r + R / r_th - 1]+ and Z_c <- [Z_c + (c_th - C) / s]+, s the
// range of accuracies. Of the options the one of least  Z_r R / r_th - Z_c C / s - V b / a  is taken, with R at its lower and b at its
// upper confidence bound (optimism). The frames announced are those that fit at the upper bound of device seconds (caution): frames that
// were promised and do not fit would be lost. One frame is tried where not even the lower bound excludes it.
//
// Forced sampling: what stays on the device teaches nothing about link and edge. While the uplink is idle, every ceil(explore *
// n^(1/4))-th slot sends by the option of which least is known (Autodidactic Neurosurgeon: Zhang, Chen and Xu, WWW 2021); ties are
// drawn by lot from the seed.
//
// Regret, in the weighted sum above and against the same rule knowing theta: O(sqrt(T) log T) for five features where the latency is linear
// and stationary and alpha is the confidence radius of Abbasi-Yadkori, Pal and Szepesvari (NeurIPS 2011, theorem 3), plus at most
// T^(3/4) / explore forced slots. Forgetting (`forget` below 1) gives that up in order to follow machines that change.
#pragma once

#include <array>
#include <vector>

#include "base/rng.h"
#include "policy/registry.h"
#include "policy/slot_model.h"

namespace partway::policy {

struct BanditParameters {
  double V = 3;           // weight of the frames against the constraints
  double alpha = 0.03;    // width of the confidence bounds, in latency constraints
  double ridge = 1e-5;    // what is believed of theta beforehand: 0, give or take alpha / sqrt(ridge) latency constraints
  double forget = 0.99;   // weight of a slot against the next one's
  double explore = 2;     // 0: no forced sampling
};

class Bandit final : public Policy {
 public:
  static constexpr size_t kFeatures = 5;
  using Features = std::array<double, kFeatures>;

  Bandit(const Problem& problem, const BanditParameters& parameters, uint64_t seed);

  Decision Decide(const Observation& seen) const override;
  void Update(const Observation& seen, const Decision& decision, const Outcome& outcome) override;

  // Whether the next slot that can send will, whatever is best.
  bool forced() const;
  // Seconds of a frame on the device and on the edge as now believed, for a share of 1 of the work there.
  double device_s() const { return theta_[0] * max_latency_s_; }
  double edge_s() const { return theta_[1] * max_latency_s_; }

 private:
  struct Arm {
    double head = 0, tail = 0;   // shares of the largest
    double bits = 0;
    bool sends = false;
    double accuracy = 0;
  };
  // Of an arm under a context; seconds of upload are in constraints as all else.
  struct Belief {
    double upload = 0, latency = 0, width = 0;   // latency without the upload
    double device = 0, device_width = 0;
  };

  Features FeaturesOf(const Arm& arm, const Observation& seen) const;
  Belief Believe(const Arm& arm, const Observation& seen) const;
  double Width(const Features& phi) const;
  // Frames that fit if the device takes `device` constraints for one.
  double Fit(const Arm& arm, const Observation& seen, double device) const;
  Decision Announce(size_t arm, const Observation& seen) const;
  // -1 if no arm can send a frame.
  int32_t LeastKnown(const Observation& seen) const;
  void Estimate();

  std::vector<Arm> arms_;
  BanditParameters parameters_;
  double slot_s_, max_latency_s_, min_accuracy_, accuracy_range_ = 1;
  double latency_queue_ = 0, accuracy_queue_ = 0;
  std::array<Features, kFeatures> gram_{}, inverse_{};   // A and A^-1
  Features sums_{}, theta_{};
  int64_t slots_ = 0, idle_ = 0;
  Rng rng_;
  double lot_ = 0;
};

Entry BanditEntry();

}   // namespace partway::policy
