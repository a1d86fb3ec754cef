// The outer layout of an encoded frame: who is in it, in which form, where its bytes lie (docs/formats.md, "Encoded frame").
//
//   "PWF" version(1) | crc32c of all that follows (4) | count (varint) | per value:
//     name length (varint), name | element type (1) | rank (1) | dimensions (varints) | form (1) | payload length (varint) | payload
//
// Numbers are little-endian.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/tensor.h"

namespace partway::codec {

inline constexpr size_t kMaxValues = 64, kMaxRank = 8, kMaxNameBytes = 256;
inline constexpr size_t kFramePrefixBytes = 8;   // magic, version, checksum

// How one value's payload is to be read. The numbers are in the frame: they never change.
enum class Form : uint8_t {
  kRaw = 0,           // the elements as they are, little-endian
  kHalf = 1,          // float32 as IEEE half precision
  kInt = 2,           // quantised, one scale and zero point
  kIntChannels = 3,   // quantised, one scale and zero point per channel (axis 1)
  kPicture = 4,       // 8-bit planes R, G, B
  kJpeg = 5,          // a JPEG file
};
inline constexpr uint8_t kEntropyBit = 128;   // set in the form's byte: the payload's elements are entropy-coded

struct ValueHeader {
  std::string name;
  DType dtype = DType::kFloat32;
  Shape shape;
  Form form = Form::kRaw;
  bool entropy = false;

  bool operator==(const ValueHeader&) const = default;
};

struct FramedValue {
  ValueHeader header;
  size_t elements = 0;
  std::span<const std::byte> payload;   // within the frame
  size_t payload_offset = 0;            // in the frame, for messages
};

// Appends to a frame: first BeginFrame, then the values, then EndFrame, which fills in the checksum.
void BeginFrame(size_t values, std::string* frame);
void AppendValue(const ValueHeader& header, std::string_view payload, std::string* frame);
void EndFrame(std::string* frame);

// Bytes that AppendValue writes for a payload of that length.
size_t FramedBytes(const ValueHeader& header, size_t payload_bytes);

// Checks everything but the payloads. The tensors together need at most `max_bytes`. Errors: InvalidArgument with the byte,
// ResourceExhausted.
absl::StatusOr<std::vector<FramedValue>> ParseFrame(std::span<const std::byte> frame, size_t max_bytes);

}   // namespace partway::codec
