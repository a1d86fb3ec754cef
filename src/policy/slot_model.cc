#include "policy/slot_model.h"

#include <cassert>
#include <cmath>

namespace partway::policy {

SlotModel::SlotModel(const Problem& problem)
    : slot_s_(problem.slot_s),
      edge_limits_(problem.edge_limits_frames),
      coefficient_(problem.options->coefficient),
      accuracy_(problem.options->accuracy) {
  for (double& accuracy : accuracy_) {
    if (std::isnan(accuracy)) accuracy = 0;
  }
}

OptionCost SlotModel::Cost(size_t option) const {
  OptionCost cost;
  for (size_t w = 0; w < cost::kWeights; ++w) cost.coefficient[w] = coefficient_[w][option];
  cost.accuracy = accuracy_[option];
  return cost;
}

double SlotModel::Latency(const Observation& seen, const OptionCost& cost) const {
  const auto& c = cost.coefficient;
  const cost::Weights& w = seen.weights;
  return c[cost::kDevice] * w[cost::kDevice] + c[cost::kUplink] * w[cost::kUplink] + c[cost::kRoundTrip] * w[cost::kRoundTrip] +
         c[cost::kEdge] * w[cost::kEdge] + c[cost::kDownlink] * w[cost::kDownlink];
}

double SlotModel::Frames(const Observation& seen, const OptionCost& cost) const {
  const auto& c = cost.coefficient;
  const double most = seen.frames;
  double fit = std::min(most, slot_s_ / (c[cost::kDevice] * seen.weights[cost::kDevice]));
  if (c[cost::kUplink] != 0) fit = std::min(fit, seen.uplink_bits / c[cost::kUplink]);
  if (edge_limits_) fit = std::min(fit, slot_s_ / (c[cost::kEdge] * seen.weights[cost::kEdge]));
  return std::floor(fit * kWholeShare);
}

Outcome SlotModel::Apply(const Observation& seen, const Decision& decision) const {
  Outcome outcome;
  outcome.offered = seen.frames;
  outcome.processed = decision.frames();
  assert(outcome.processed <= seen.frames);
  outcome.any = decision.count > 0;
  for (const Share& share : decision.used()) {
    const OptionCost cost = CostOf(decision, share);
    // A slot in which no frame fits is still held by its options, each as much as the others.
    const double part = outcome.processed > 0 ? static_cast<double>(share.frames) / outcome.processed : 1.0 / decision.count;
    outcome.latency_s += part * Latency(seen, cost);
    outcome.accuracy += part * cost.accuracy;
  }
  return outcome;
}

}   // namespace partway::policy
