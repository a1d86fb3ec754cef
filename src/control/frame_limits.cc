#include "control/frame_limits.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

namespace partway::control {

FrameLimits::FrameLimits(const cost::OptionTable& options, const policy::SlotModel& model, std::optional<double> deadline_s,
                         std::optional<double> max_energy_j, const std::optional<cost::PowerModel>& power)
    : options_(options), model_(model), deadline_s_(deadline_s), max_energy_j_(max_energy_j) {
  assert(!max_energy_j || (power && *max_energy_j > 0));
  if (!max_energy_j) return;
  for (size_t row = 0; row < options.size(); ++row) energy_.push_back(cost::EnergyOf(*power, options, row));
}

double FrameLimits::Excess(const policy::Observation& seen, const BeyondModel& beyond, size_t row) const {
  const policy::OptionCost cost = model_.Cost(row);
  if (!policy::SlotModel::Runs(seen, cost)) return std::numeric_limits<double>::infinity();
  double excess = 0;
  if (deadline_s_) {
    excess = (model_.Latency(seen, cost) + (options_.local(row) ? beyond.local_s : beyond.sent_s)) / *deadline_s_;
  }
  return std::max(excess, EnergyExcess(seen, row));
}

double FrameLimits::EnergyExcess(const policy::Observation& seen, size_t row) const {
  if (!max_energy_j_) return 0;
  double joules = energy_[row].constant_j;
  for (size_t w = 0; w < cost::kWeights; ++w) joules += energy_[row].joules[w] * seen.weights[w];
  return joules / *max_energy_j_;
}

policy::Decision WithinLimits(const policy::Observation& seen, const policy::SlotModel& model, const FrameLimits& limits,
                              const BeyondModel& beyond, double min_accuracy, const policy::Decision& decision) {
  policy::Decision kept;
  for (const policy::Share& share : decision.used()) {
    if (share.option < 0 || limits.Excess(seen, beyond, static_cast<size_t>(share.option)) <= 1) kept.Add(share);
  }
  if (kept.count == decision.count) return decision;
  struct Single {
    int32_t row = -1;
    int frames = 0;
    double excess = 0;
  };
  Single most, nearest;   // of those allowed; of all
  for (size_t row = 0; row < model.accuracy().size(); ++row) {
    if (model.accuracy()[row] < min_accuracy) continue;
    const int frames = static_cast<int>(std::floor(model.Frames(seen, model.Cost(row))));
    const Single single{static_cast<int32_t>(row), frames, limits.Excess(seen, beyond, row)};
    if (frames == 0) continue;
    if (nearest.row < 0 || single.excess < nearest.excess) nearest = single;
    if (single.excess > 1) continue;
    const bool more = frames > most.frames || (frames == most.frames && most.row >= 0 &&
                                               model.accuracy()[row] > model.accuracy()[static_cast<size_t>(most.row)]);
    if (most.row < 0 || more) most = single;
  }
  if (most.row >= 0 && most.frames > kept.frames()) return policy::Decision::Of(most.row, most.frames);
  if (kept.count > 0) return kept;
  if (nearest.row >= 0) return policy::Decision::Of(nearest.row, nearest.frames);
  return decision;
}

}   // namespace partway::control
