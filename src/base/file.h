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

// A descriptor to read `path` from, the caller's to close. What is no file is refused: opening a pipe that nobody writes to would wait for ever, and a device may have no end.
// Errors: NotFound, PermissionDenied, InvalidArgument (a folder, a pipe, a device), Internal.
absl::StatusOr<int> OpenFile(const std::string& path);
// Errors: those, and InvalidArgument for more than `max_bytes`.
absl::StatusOr<std::string> ReadFile(const std::string& path, uint64_t max_bytes);
// A device or a pipe (/dev/null, /dev/stdout) is written to as it stands. Errors: as above, ResourceExhausted for a full disk.
absl::Status WriteFileAtomically(const std::string& path, std::string_view content);
// As above for content that is produced in pieces: `write` is given a sink and may return its own error.
using FileSink = std::function<absl::Status(std::string_view)>;
absl::Status WriteFileAtomically(const std::string& path, const std::function<absl::Status(const FileSink&)>& write);

}   // namespace partway
