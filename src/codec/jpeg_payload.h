// The payload of Form::kJpeg: mean, std (6 float32) | a JPEG file. What its pixels are is the JPEG library's to say: decoders differ by a
// step of 256 here and there between libraries and versions, and never on one.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/tensor.h"
#include "codec/codec.h"
#include "codec/frame_format.h"

namespace partway::codec {

// `tensor` is a finite 1x3xHxW float32.
absl::Status EncodeJpegPayload(const Tensor& tensor, const PictureScale& scale, int quality, std::string* payload);
// Errors: InvalidArgument for what is no JPEG, is damaged, or is of another size than the value's shape.
absl::Status DecodeJpegPayload(const FramedValue& value, std::vector<uint8_t>* planes, float* out);

}   // namespace partway::codec
