// One option for all slots: named (`fixed`), everything on the device (`all-local`), everything on the edge (`all-edge`). As many frames
// as fit by eq. 11; none while the option sends and there is no link.
#pragma once

#include "policy/registry.h"
#include "policy/slot_model.h"

namespace partway::policy {

class Fixed final : public Policy {
 public:
  // `option`: a row of the problem's table.
  Fixed(const Problem& problem, int32_t option);

  Decision Decide(const Observation& seen) const override;
  int32_t option() const { return option_; }

 private:
  SlotModel model_;
  OptionCost cost_;
  int32_t option_;
};

// The row of a cut at a size (an index; -1: the table's largest) with a codec (by name; "": the first that the table has for them).
// Errors: InvalidArgument for what the table lacks.
absl::StatusOr<int32_t> FindRow(const cost::OptionTable& table, int cut, int size, const std::string& codec);

Entry FixedEntry();
Entry AllLocalEntry();
Entry AllEdgeEntry();

}   // namespace partway::policy
