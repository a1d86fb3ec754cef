// What --power stands for: a TOML file of the user's own, or a name of the table (cost/power.h).
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "cost/power.h"

namespace partway::apps {

// A text that ends in .toml or holds a slash is a file:
//
//     name    = "my board"
//     compute = "6.4W"        # while it computes
//     idle    = "2.7W"        # while it waits for the edge
//     transmit = "3.4W"       # while it sends; default: as idle
//     receive  = "3.1W"       # while it receives; default: as idle
//     transmit_per_mbps = "4.8mW"   # on top, for each Mbps of the rate; default 0
//     receive_per_mbps  = "4.8mW"
//     source  = "measured at the plug, 2026-11"
//
// Errors: a usage error for a name that is not known; file, line and key of what is wrong in a file.
absl::StatusOr<cost::PowerModel> LoadPower(const std::string& text);
absl::StatusOr<cost::PowerModel> ParsePower(std::string_view toml, const std::string& origin);

}   // namespace partway::apps
