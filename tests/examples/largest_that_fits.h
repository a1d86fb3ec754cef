// The worked example of docs/adding-a-policy.md: the largest input size whose frames all go through the slot in time. It keeps no
// account of the constraints' means, which shows.
#pragma once

#include "policy/registry.h"
#include "policy/slot_model.h"

namespace partway::examples {

class LargestThatFits final : public policy::Policy {
 public:
  explicit LargestThatFits(const policy::Problem& problem);

  // Of the options that process all frames within the latency limit the one of most accuracy; if none does, the one that processes most.
  policy::Decision Decide(const policy::Observation& seen) const override;

 private:
  policy::SlotModel model_;
  double max_latency_s_;
};

policy::Entry LargestThatFitsEntry();

}   // namespace partway::examples
