// Neurosurgeon (Kang et al., "Neurosurgeon: collaborative intelligence between the cloud and mobile edge", ASPLOS 2017), as the Parecon
// paper runs it: the option of least latency, one frame after the other without a pipeline. The edge's load comes in through the
// weights of the observation, as Neurosurgeon's does through its predicted server time.
#pragma once

#include "policy/registry.h"
#include "policy/row_subset.h"
#include "policy/slot_model.h"

namespace partway::policy {

class Neurosurgeon final : public Policy {
 public:
  Neurosurgeon(const Problem& problem, RowSubset rows);

  // b = min(a, floor(slot / R)). Equal latencies go to the earlier row.
  Decision Decide(const Observation& seen) const override;

 private:
  RowSubset rows_;
  SlotModel model_;
  double slot_s_;
};

Entry NeurosurgeonEntry();

}   // namespace partway::policy
