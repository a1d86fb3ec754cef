// Where the program keeps what it would otherwise measure again.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace partway::apps {

// $XDG_CACHE_HOME/partway/KIND, else ~/.cache/partway/KIND, made if it is not there. Errors: FailedPrecondition where neither variable is set to a whole path;
// Internal where the folder cannot be made.
absl::StatusOr<std::string> CacheFolder(const std::string& kind);

}   // namespace partway::apps
