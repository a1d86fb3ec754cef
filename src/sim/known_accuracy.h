// Which means over accuracies mean something. Policies and the slot model count an accuracy that was not measured as 0 (no constraint may rest on
// it, CheckProblem); results say cost::kNotKnown instead. Immutable; thread-safe.
#pragma once

#include <algorithm>
#include <cmath>

#include "cost/option_table.h"
#include "policy/policy.h"

namespace partway::sim {

class KnownAccuracy {
 public:
  // `options` must outlive it.
  explicit KnownAccuracy(const cost::OptionTable& options)
      : options_(&options),
        first_unknown_(static_cast<size_t>(
            std::find_if(options.accuracy.begin(), options.accuracy.end(), [](double a) { return std::isnan(a); }) -
            options.accuracy.begin())),
        all_(first_unknown_ == options.accuracy.size()) {}

  bool all() const { return all_; }
  size_t first_unknown() const { return first_unknown_; }   // row; the number of rows if there is none
  // Of everything that the decision's frames go through; with no frame, of all that it names. An option of the policy's own is known where all
  // rows are.
  bool Of(const policy::Decision& decision) const {
    if (all_) return true;
    const bool any_frame = decision.frames() > 0;
    for (const policy::Share& share : decision.used()) {
      if (any_frame && share.frames == 0) continue;
      if (share.option == policy::kOwnOption || std::isnan(options_->accuracy[static_cast<size_t>(share.option)])) return false;
    }
    return true;
  }

 private:
  const cost::OptionTable* options_;
  size_t first_unknown_;
  bool all_;
};

}   // namespace partway::sim
