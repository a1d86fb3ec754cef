// Files, read whole and written whole. Writing goes to a temporary file beside the target that is renamed over it at the
// end, so that a full disk or a kill leaves the old file or none, never half of one. Errors name the path and the system's
// reason. Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace partway {

// Errors: NotFound, PermissionDenied, InvalidArgument (a folder, or more than `max_bytes`), Internal.
absl::StatusOr<std::string> ReadFile(const std::string& path, uint64_t max_bytes);
// A device or a pipe (/dev/null, /dev/stdout) is written to as it stands. Errors: as above, ResourceExhausted for a full disk.
absl::Status WriteFileAtomically(const std::string& path, std::string_view content);
// As above for content that is produced in pieces: `write` is given a sink and may return its own error.
using FileSink = std::function<absl::Status(std::string_view)>;
absl::Status WriteFileAtomically(const std::string& path, const std::function<absl::Status(const FileSink&)>& write);

}   // namespace partway
