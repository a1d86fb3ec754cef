// A made-up scene for trying things without pictures: coloured boxes drifting over a slowly turning gradient. Frame n depends on
// the seed and n alone.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "media/source.h"

namespace partway::media {

absl::StatusOr<std::unique_ptr<Source>> OpenSynthetic(const SourceOptions& options);

}   // namespace partway::media
