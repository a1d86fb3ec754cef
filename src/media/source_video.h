// Video files and cameras.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "media/source.h"

namespace partway::media {

absl::StatusOr<std::unique_ptr<Source>> OpenVideo(const std::string& path, const SourceOptions& options);
absl::StatusOr<std::unique_ptr<Source>> OpenCamera(int index, const SourceOptions& options);

}   // namespace partway::media
