// A profile as tables for people.
#pragma once

#include <optional>
#include <string>

#include "engine/shape_probe.h"
#include "profile/profile.h"
#include "profile/profile_compare.h"

namespace partway::apps {

// What was profiled, where, with what.
void PrintProfileHead(const profile::Profile& profile);
// One row for each size and thread count: the sum of the groups, the whole, and how they compare.
void PrintProfileSizes(const profile::Profile& profile);
// One table a size: times, share, rho and sigma of each group, and what crosses the cut before it. `only`: of that size.
void PrintProfileGroups(const profile::Profile& profile, const std::optional<engine::ProbeSize>& only);

// How many times as fast b is as a, group by group, and which groups stand out. `a`: for the names.
void PrintComparison(const profile::Comparison& compared, const profile::Profile& a, const std::string& name_a,
                     const std::string& name_b);
std::string ComparisonToJson(const profile::Comparison& compared, const profile::Profile& a);

}   // namespace partway::apps
