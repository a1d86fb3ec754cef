#include "policy/frame_spending.h"

#include <cmath>

namespace partway::policy {

FrameSpending::FrameSpending(const Problem& problem) {
  const cost::OptionTable& table = *problem.options;
  exposure_.resize(table.size());
  for (size_t row = 0; row < table.size(); ++row) {
    if (problem.power != nullptr) energy_.push_back(cost::EnergyOf(*problem.power, table, row));
    const bool known = row < table.distance_correlation.size() && !std::isnan(table.distance_correlation[row]);
    exposure_known_ = exposure_known_ && known;
    if (known) exposure_[row] = table.distance_correlation[row];
  }
}

double FrameSpending::Energy(const Observation& seen, int32_t row) const {
  if (energy_.empty()) return 0;
  const cost::EnergyTerms& terms = energy_[static_cast<size_t>(row)];
  double sum = terms.constant_j;
  for (size_t w = 0; w < cost::kWeights; ++w) sum += terms.joules[w] * seen.weights[w];
  return sum;
}

void SpendingMeans::Add(const FrameSpending& spending, const Observation& seen, const Decision& decision) {
  for (const Share& share : decision.used()) {
    if (share.frames == 0) continue;
    if (share.option < 0) {
      any_unknown_ = true;
      continue;
    }
    frames_ += share.frames;
    energy_j_ += share.frames * spending.Energy(seen, share.option);
    exposure_ += share.frames * spending.Exposure(share.option);
  }
}

}   // namespace partway::policy
