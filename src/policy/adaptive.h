// Our own controllers: nothing is known in advance of the link or the load, and both constraints are met at prices that the slots so far
// would have had (price_control.h). `adaptive-single` takes in each slot the option of greatest k - lambda R + mu C, as the papers' methods
// one for the whole slot; `adaptive` takes the mixture of greatest value (mix_slot.h), since device, link and edge can work at a time.
// docs/adr/0009 says why prices from a window in place of queues.
#pragma once

#include <span>
#include <vector>

#include "policy/mix_slot.h"
#include "policy/price_control.h"
#include "policy/registry.h"
#include "policy/useful_options.h"

namespace partway::policy {

class AdaptiveSingle final : public Policy {
 public:
  AdaptiveSingle(const Problem& problem, const AdaptiveParameters& parameters);
  Decision Decide(const Observation& seen) const override;
  void Update(const Observation& seen, const Decision& decision, const Outcome& outcome) override;
  std::vector<Memory> memory() const override;

 private:
  std::span<const MeanPoint> Points(const Observation& seen);

  UsefulOptions options_;
  PriceControl control_;
  std::vector<int32_t> by_accuracy_;   // of the useful options, the most accurate first
  std::vector<double> latency_s_, frames_;
  std::vector<MeanPoint> points_;
};

class Adaptive final : public Policy {
 public:
  Adaptive(const Problem& problem, const AdaptiveParameters& parameters);
  Decision Decide(const Observation& seen) const override;
  void Update(const Observation& seen, const Decision& decision, const Outcome& outcome) override;
  std::vector<Memory> memory() const override;

 private:
  std::span<const MeanPoint> Points(const Observation& seen, const Score& prices);

  mutable MixSlot slot_;   // scratch inside
  PriceControl control_;
  std::vector<MeanPoint> points_;
  double max_latency_s_;
  Score around_;   // prices around which the points of the slots kept were computed
};

Entry AdaptiveEntry();
Entry AdaptiveSingleEntry();

}   // namespace partway::policy
