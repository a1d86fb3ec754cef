#include "codec/encoded_size.h"

#include <algorithm>

#include "base/status.h"
#include "codec/frame_format.h"
#include "codec/little_endian.h"
#include "codec/plain_payload.h"

namespace partway::codec {
namespace {

Form PlainForm(const CodecSpec& spec, const TensorSpec& value) {
  if (value.dtype != DType::kFloat32) return Form::kRaw;
  switch (spec.kind) {
    case CodecSpec::Kind::kFp16: return Form::kHalf;
    case CodecSpec::Kind::kInt: return spec.per_channel && value.shape.size() >= 2 ? Form::kIntChannels : Form::kInt;
    case CodecSpec::Kind::kRaw8: return Form::kPicture;
    default: return Form::kRaw;
  }
}

}   // namespace

absl::StatusOr<uint64_t> PlainFrameBytes(const CodecSpec& spec, std::span<const TensorSpec> values) {
  if (spec.kind == CodecSpec::Kind::kJpeg) return InvalidArgument("the size of ", CodecName(spec), " depends on the picture");
  if (values.size() > kMaxValues)
    return InvalidArgument(values.size(), " values in one frame; at most ", kMaxValues, " can be encoded");
  if (spec.pictures_only() && (values.size() != 1 || !IsPicture(values[0].dtype, values[0].shape)))
    return InvalidArgument(CodecName(spec), " is for a picture: one FP32 value of 1x3xHxW");
  uint64_t bytes = kFramePrefixBytes + VarintSize(values.size());
  for (const TensorSpec& value : values) {
    const auto elements = ElementCount(value.shape);
    if (!elements || value.dtype == DType::kOpaque || value.shape.size() > kMaxRank || value.name.size() > kMaxNameBytes)
      return InvalidArgument("no frame can hold ", DTypeName(value.dtype), " ", ShapeString(value.shape), " '", value.name, "'");
    const size_t raw = static_cast<size_t>(*elements) * DTypeSize(value.dtype);
    size_t payload = raw;
    if (raw > 0)
      payload =
          std::min(raw, PlainPayloadBytes(PlainForm(spec, value), spec.bits, LayoutOf(value.shape), DTypeSize(value.dtype)));
    bytes += FramedBytes({.name = value.name, .dtype = value.dtype, .shape = value.shape}, payload);
  }
  return bytes;
}

}   // namespace partway::codec
