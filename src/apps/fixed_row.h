// What somebody would fix who does not split: everything on the device, or the picture as JPEG to the server. What ours is held against.
#pragma once

#include <cstddef>
#include <optional>

#include "apps/live_policy.h"
#include "policy/registry.h"

namespace partway::apps {

// Of the rows that reach the accuracy asked for the one with the least work or the fewest bytes, else the most accurate. `local`: all on the
// device; else the picture to the server as JPEG. Null: there is none.
std::optional<size_t> FixedRow(const LiveProblem& live, bool local);

// Of the policy `fixed`, so that it takes that row.
policy::Parameters FixedParameters(const cost::OptionTable& table, size_t row);

}   // namespace partway::apps
