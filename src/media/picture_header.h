// Reads the size of a picture from the first bytes of its file, so that a header asking for gigabytes is refused before any
// decoder sees it, and tells whether the file was cut off where decoders would quietly return a half-grey picture.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"

namespace partway::media {

struct PictureHeader {
  const char* format;   // "JPEG", "PNG", "BMP", "WebP", "PPM"
  int64_t height, width;
  bool complete = true;   // false: the end of the file is missing (known for JPEG and PNG)
};

// Errors: InvalidArgument "not a JPEG, PNG, BMP, WebP or PPM picture" or "its JPEG header is damaged". Thread-safe.
absl::StatusOr<PictureHeader> ReadPictureHeader(std::string_view bytes);

}   // namespace partway::media
