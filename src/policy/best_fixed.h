// The best single option in hindsight: what somebody who knew all slots to come, but had to stay with one option, would take.
//
// Over the slots of Problem::future each option's mean share of processed frames k (eq. 11; 0 in slots in which it does not run), and
// mean latency and accuracy (over the slots in which it runs). Among the options that keep both constraints on average the one of
// most mean k; if none does, the one of least violation, which is the sum of how far latency and accuracy lie beyond their
// limits, each as a share of its limit. Equal ones go to the larger k, then the lower mean latency, then the earlier row. An
// option that never runs is taken only if none ever does.
#pragma once

#include "policy/registry.h"

namespace partway::policy {

// Errors: FailedPrecondition if the future is empty.
absl::StatusOr<int32_t> BestFixedOption(const Problem& problem);

Entry BestFixedEntry();

}   // namespace partway::policy
