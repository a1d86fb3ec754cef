// Options that no other beats in everything. Pure, thread-safe.
#pragma once

#include <span>
#include <vector>

#include "cost/option_table.h"
#include "cost/power.h"
#include "cost/state.h"

namespace partway::cost {

// Of `rows`, those that no other of them dominates: at least as good in latency, throughput, energy (where `power` is given) and accuracy
// (where it is known of every row) and better in one. Of rows equal in all, the first by rank stays. Ascending by latency, then rank.
// O(n log n + n k) for k rows kept.
std::vector<size_t> ParetoSet(const OptionTable& table, std::span<const size_t> rows, const State& state,
                              const PowerModel* power);

}   // namespace partway::cost
