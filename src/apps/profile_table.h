// A profile as tables for people.
#pragma once

#include <optional>

#include "engine/shape_probe.h"
#include "profile/profile.h"

namespace partway::apps {

// What was profiled, where, with what.
void PrintProfileHead(const profile::Profile& profile);
// One row for each size and thread count: the sum of the groups, the whole, and how they compare.
void PrintProfileSizes(const profile::Profile& profile);
// One table a size: times, share, rho and sigma of each group, and what crosses the cut before it. `only`: of that size.
void PrintProfileGroups(const profile::Profile& profile, const std::optional<engine::ProbeSize>& only);

}   // namespace partway::apps
