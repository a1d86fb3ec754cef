// The edge's own profile, asked of a running server.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "engine/shape_probe.h"
#include "graph/grouping.h"
#include "profile/profile.h"

namespace partway::apps {

// What the groups take on the server at `address`, at these sizes (1 to 16, none twice; named, not {0, 0}). The server measures itself when first asked, which
// takes some seconds; `timeout` covers that. Blocks. What comes back is checked as a file would be, and that it is of this model and grouping. Errors:
// Unavailable and the like with the server's name in the line, NotFound for a model the server does not have.
absl::StatusOr<profile::Profile> FetchEdgeProfile(const std::string& address, const graph::Grouping& grouping,
                                                  const std::vector<engine::ProbeSize>& sizes,
                                                  Duration timeout = std::chrono::seconds(90));

}   // namespace partway::apps
