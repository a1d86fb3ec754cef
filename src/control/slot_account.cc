#include "control/slot_account.h"

#include <algorithm>

namespace partway::control {

ExpectedTimes ExpectedOf(const policy::OptionCost& cost, const cost::Weights& without_load) {
  ExpectedTimes expected;
  for (size_t w = 0; w < cost::kWeights; ++w) {
    const double s = cost.coefficient[w] * without_load[w];
    (w == cost::kDevice ? expected.device_s : expected.elsewhere_s) += s;
    if (w == cost::kEdge) expected.edge_s = s;
  }
  expected.sends = cost.coefficient[cost::kRoundTrip] > 0;
  return expected;
}

void SlotAccount::Begin() {
  answered_ = within_ = 0;
  latency_sum_s_ = accuracy_sum_ = 0;
  measured_ = {};
}

void SlotAccount::Ended(const device::FrameRecord& record, const ExpectedTimes& expected, double accuracy, double max_latency_s) {
  // Only frames that ended as they were meant to tell of their option: what the device did in place of the edge is no part of it.
  if (record.outcome == (expected.sends ? device::Outcome::kEdge : device::Outcome::kLocal)) {
    const double device_s = record.prepare_s + record.head_s + record.encode_s + record.tail_s;
    measured_.device_s += device_s;
    measured_.profile_device_s += expected.device_s;
    if (expected.sends && expected.elsewhere_s < kNever) {
      ++measured_.sent;
      measured_.queued_s += record.latency_s - device_s - expected.elsewhere_s;
      measured_.edge_s += expected.edge_s;
    }
  }
  if (record.outcome == device::Outcome::kDropped) return;
  ++answered_;
  within_ += record.latency_s <= max_latency_s ? 1 : 0;
  latency_sum_s_ += record.latency_s;
  accuracy_sum_ += accuracy;
}

policy::Outcome SlotAccount::End(int offered, const policy::Decision& decision, const policy::Outcome& predicted) {
  policy::Outcome outcome;
  outcome.offered = offered;
  // Frames of the slot before may have ended in this one. What is more than this one brought counts in the next, so that k stays a share.
  outcome.processed = std::min(answered_ + carried_, offered);
  carried_ += answered_ - outcome.processed;
  outcome.any = answered_ > 0 || decision.count > 0;
  if (answered_ > 0) {
    outcome.latency_s = latency_sum_s_ / answered_;
    outcome.accuracy = accuracy_sum_ / answered_;
  } else if (outcome.any) {   // as the option in use would have it
    outcome.latency_s = predicted.latency_s;
    outcome.accuracy = predicted.accuracy;
  }
  outcome.measured = measured_;
  return outcome;
}

}   // namespace partway::control
