// A folder of pictures in the order of their names, or one picture.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "media/source.h"

namespace partway::media {

// jpg, jpeg, png, bmp, webp, ppm, whatever their case.
bool HasPictureExtension(const std::string& path);

absl::StatusOr<std::unique_ptr<Source>> OpenFolder(const std::string& folder, const SourceOptions& options);
absl::StatusOr<std::unique_ptr<Source>> OpenOnePicture(const std::string& path, const SourceOptions& options);

}   // namespace partway::media
