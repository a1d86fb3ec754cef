// Values that cross a cut ⇄ one self-describing frame of bytes (docs/formats.md, "Encoded frame").
//
// Decoding needs nothing but the frame; it is exact: the same frame gives the same bits on every machine, and a damaged
// one is an error, never a crash, unbounded memory or unbounded time.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/tensor.h"
#include "codec/codec_spec.h"

namespace partway::codec {

// How the input tensor of cut 0 came from an 8-bit RGB picture: value = (pixel - mean) / std, 0..255 scale, NCHW. Codecs
// that work on pictures undo it before encoding and carry it in the frame, so that decoding gives the input tensor again.
struct PictureScale {
  std::array<float, 3> mean{}, std{};
};

// Turns values into frames. Keeps its working memory from frame to frame, so one per thread.
class Encoder {
 public:
  explicit Encoder(const CodecSpec& spec);
  ~Encoder();
  Encoder(Encoder&&) noexcept;
  Encoder& operator=(Encoder&&) noexcept;

  // Replaces `*frame`. `picture` is needed by codecs with pictures_only(). NaN and infinities: a tensor that holds one travels
  // in a form that keeps it (raw), whatever the codec. Errors: InvalidArgument for an opaque element type, for more than 64 values or
  // 8 dimensions, for a picture codec and anything but one 1x3xHxW float32 value with its scale.
  absl::Status Encode(std::span<const NamedTensor> values, const PictureScale* picture, std::string* frame);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct DecodeLimits {
  size_t bytes = size_t{256} << 20;   // of all decoded tensors together
};

// Turns frames back. Keeps its working memory, so one per thread.
class Decoder {
 public:
  explicit Decoder(const DecodeLimits& limits = {});
  ~Decoder();
  Decoder(Decoder&&) noexcept;
  Decoder& operator=(Decoder&&) noexcept;

  // The values with their names, types and shapes, in the order encoded. Errors: InvalidArgument naming what is wrong with the
  // frame and where (byte offset); ResourceExhausted when it asks for more than the limits.
  absl::StatusOr<std::vector<NamedTensor>> Decode(std::span<const std::byte> frame);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}   // namespace partway::codec
