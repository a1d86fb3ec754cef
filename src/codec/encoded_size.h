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
// Encoder refuses, raw8 for what is no picture among it.
absl::StatusOr<uint64_t> PlainFrameBytes(const CodecSpec& spec, std::span<const TensorSpec> values);

// FP32 1x3xHxW: what raw8 and jpeg:Q are for.
inline bool IsPicture(DType dtype, const Shape& shape) {
  return dtype == DType::kFloat32 && shape.size() == 4 && shape[0] == 1 && shape[1] == 3;
}

}   // namespace partway::codec
