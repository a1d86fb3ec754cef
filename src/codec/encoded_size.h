// How many bytes a frame will have, without any data.
#pragma once

#include <cstdint>
#include <span>

#include "absl/status/statusor.h"
#include "base/tensor.h"
#include "codec/codec_spec.h"

namespace partway::codec {

// The exact size of the frame that Encoder makes of values of these names, types and shapes with the plain form of the codec (an
// entropy-coded one is never larger). Values that the form cannot carry (NaN, infinities, magnitudes beyond the form's range) travel raw and are
// not foreseen. Errors: InvalidArgument for jpeg:Q, whose size the picture decides, for an unknown dimension and for whatever
// Encoder refuses.
absl::StatusOr<uint64_t> PlainFrameBytes(const CodecSpec& spec, std::span<const TensorSpec> values);

}   // namespace partway::codec
