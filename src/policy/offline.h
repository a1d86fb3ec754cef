// The optimum of one trace that is known from end to end, played: one option in every slot, no lots drawn, both constraints held on the trace
// (up to rounding). What a linear programme would mix is settled by swaps: each slot begins with the choice that its prices lead to, then options are
// exchanged in a few slots, at the least loss by these prices, until the constraints hold, and while that gains frames. At most a couple of
// slots differ from the bound's, so k stays within some thousandths of it at a thousand slots.
#pragma once

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "policy/registry.h"

namespace partway::policy {

class Offline final : public Policy {
 public:
  // Reads problem.future. Errors: InvalidArgument for a future without frames, FailedPrecondition where no choice keeps both
  // constraints (which could be reached).
  static absl::StatusOr<std::unique_ptr<Offline>> Make(const Problem& problem);

  // By seen.slot; nothing for slots that the future did not hold.
  Decision Decide(const Observation& seen) const override;

 private:
  explicit Offline(std::vector<Decision> decisions, int64_t first_slot)
      : decisions_(std::move(decisions)), first_slot_(first_slot) {}

  std::vector<Decision> decisions_;
  int64_t first_slot_;
};

Entry OfflineEntry();

}   // namespace partway::policy
