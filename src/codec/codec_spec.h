// What a codec is called and what the name means. A codec turns the values that cross a cut into bytes (codec.h).
//
//   raw        the tensors' own bytes                        any cut, any element type
//   fp16       float32 rounded to half precision             float32 tensors; others travel raw
//   int8..int2 quantised to B bits, scale and zero point from the frame's own values; per tensor
//   intB-ch    the same with one scale and zero point per channel (axis 1)
//   raw8       8-bit RGB of the picture                      cut 0 only
//   jpeg:Q     the picture as JPEG of quality Q, 1..100      cut 0 only
//   ...-ec     entropy-coded on top: raw-ec, fp16-ec, int8-ec, int4-ch-ec, raw8-ec
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace partway::codec {

struct CodecSpec {
  enum class Kind : uint8_t { kRaw, kFp16, kInt, kRaw8, kJpeg };
  Kind kind = Kind::kRaw;
  int bits = 0;               // kInt: 2..8
  bool per_channel = false;   // kInt
  bool entropy = false;       // never with kJpeg, which has its own
  int quality = 0;            // kJpeg: 1..100

  // Works on the 8-bit picture that the input tensor stands for, so only where the cut carries one picture.
  bool pictures_only() const { return kind == Kind::kRaw8 || kind == Kind::kJpeg; }
  bool operator==(const CodecSpec&) const = default;
};

// Errors: InvalidArgument, "codec 'int9' is not known; expected raw, fp16, int8 ... int2 (with -ch, -ec), raw8, jpeg:1 ... jpeg:100".
absl::StatusOr<CodecSpec> ParseCodec(std::string_view name);
// The one spelling that ParseCodec reads back to an equal value.
std::string CodecName(const CodecSpec& spec);

}   // namespace partway::codec
