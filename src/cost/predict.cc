#include "cost/predict.h"

#include <algorithm>

namespace partway::cost {

Prediction Predict(const OptionTable& table, size_t row, const State& state, const PowerModel* power) {
  const Weights weights = WeightsOf(state);
  const auto term = [&](Weight w) { return table.coefficient[w][row] * weights[w]; };
  Prediction p;
  p.device_s = term(kDevice);
  p.encode_s = table.encode_s[row] * weights[kDevice];
  p.head_s = std::max(0.0, p.device_s - p.encode_s);
  p.upload_s = term(kUplink);
  p.rtt_s = term(kRoundTrip);
  p.edge_s = term(kEdge);
  p.decode_s = table.decode_s[row] * weights[kEdge];
  p.tail_s = std::max(0.0, p.edge_s - p.decode_s);
  p.reply_s = term(kDownlink);
  p.latency_s = p.device_s + p.upload_s + p.rtt_s + p.edge_s + p.reply_s;
  p.period_s = std::max({p.device_s, p.upload_s, p.edge_s, p.reply_s});
  if (power != nullptr) {
    const EnergyTerms energy = EnergyOf(*power, table, row);
    p.energy_j = energy.constant_j;
    for (int w = 0; w < kWeights; ++w) p.energy_j += energy.joules[w] * weights[w];
  }
  return p;
}

double Value(const Objective& objective, const Prediction& p) {
  double value = objective.latency * p.latency_s + objective.period * p.period_s;
  if (objective.needs_power()) value += objective.energy * p.energy_j + objective.energy_delay * p.energy_j * p.latency_s;
  return value;
}

double Measure(Constraint constraint, const OptionTable& table, size_t row, const Prediction& prediction) {
  switch (constraint) {
    case Constraint::kLatency: return prediction.latency_s;
    case Constraint::kPeriod: return prediction.period_s;
    case Constraint::kEnergy: return prediction.energy_j;
    case Constraint::kAccuracy: return table.accuracy[row];
    case Constraint::kDeviceMemory: return table.device_memory_bytes[row];
    case Constraint::kEdgeMemory: return table.edge_memory_bytes[row];
    case Constraint::kDeviceGroups: return table.keys[row].cut;
    case Constraint::kDistanceCorrelation: return table.distance_correlation[row];
    case Constraint::kReconstructionSsim: break;
  }
  return table.reconstruction_ssim[row];
}

bool Meets(Constraint constraint, double measure, double limit) {
  return IsFloor(constraint) ? measure >= limit : measure <= limit;
}

bool DependsOnState(Constraint constraint) {
  return constraint == Constraint::kLatency || constraint == Constraint::kPeriod || constraint == Constraint::kEnergy;
}

}   // namespace partway::cost
