// Pictures to JPEG: thumbnails for pages, and what a device that does not split would send.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "media/source.h"

namespace partway::media {

// Baseline JPEG, 4:2:0, `quality` 1..100. Errors: InvalidArgument for an empty picture or a quality outside that. Thread-safe.
absl::StatusOr<std::string> EncodeJpeg(const Picture& picture, int quality);

}   // namespace partway::media
