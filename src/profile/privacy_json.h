// Privacy tables as files: JSON, one document, versioned (docs/formats.md, "Privacy table"). A file may come from anywhere and is checked whole when
// it is read. Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "profile/privacy_table.h"

namespace partway::profile {

std::string PrivacyToJson(const PrivacyTable& table);

// Errors: InvalidArgument, one line with the field and what was expected ("table[3].ssim: expected a number from -1 to 1, found 1.2"), also for a
// cut that stands twice.
absl::StatusOr<PrivacyTable> PrivacyFromJson(std::string_view text);

// The same with the file's name in front of every error, and those of base/file.h.
absl::StatusOr<PrivacyTable> ReadPrivacy(const std::string& path);
absl::Status WritePrivacy(const std::string& path, const PrivacyTable& table);

}   // namespace partway::profile
