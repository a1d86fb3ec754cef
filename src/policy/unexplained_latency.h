// What the profile does not explain of the latency of slots: a device slower or faster than it says, and waits of frames that are sent (in the
// edge's queue, on the link). Both are found by recursive least squares with forgetting over
//
//   latency - rest = factor D + wait S,   D: predicted seconds on the device, S: share of frames that are sent,
//
// so that a queue on the edge is not taken for a slow device. Slots of other D and S tell them apart; while nothing tells, both are believed in
// half. A wait that nobody meets any more, since nothing is sent, fades.
//
// Not thread-safe. Does not allocate.
#pragma once

namespace partway::policy {

class UnexplainedLatency {
 public:
  // `scale_s`: the latency that is to be explained is of this order.
  explicit UnexplainedLatency(double scale_s) : scale_s_(scale_s) {}

  // A slot's means over its frames: predicted seconds on the device, share sent, latency less all that is predicted elsewhere.
  void Add(double device_s, double sent, double left_s);

  double device_factor() const { return factor_; }
  double wait_s() const { return wait_ * scale_s_; }

 private:
  double scale_s_;
  double factor_ = 1, wait_ = 0;
  double var_factor_ = kPrior, var_wait_ = kPrior, covariance_ = 0;
  static constexpr double kPrior = 1;
};

}   // namespace partway::policy
