// The payloads of the plain forms (frame_format.h), everything but JPEG:
//
//   kRaw          the elements
//   kHalf         2 bytes an element
//   kInt          bits (1) | scale: float32 (4) | zero: int16 (2) | packed symbols (bit_pack.h)
//   kIntChannels  bits (1) | per channel: first 16 bits of the scale's float32 (2), zero: int16 (2) | packed symbols
//   kPicture      mean, std: 6 float32 (24) | planes R, G, B
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "codec/byte_reader.h"
#include "codec/channels.h"
#include "codec/codec.h"
#include "codec/frame_format.h"
#include "codec/quantise.h"

namespace partway::codec {

inline constexpr size_t kPictureScaleBytes = 24;

// Bytes of a plain payload; not for kJpeg.
size_t PlainPayloadBytes(Form form, int bits, const ChannelLayout& layout, size_t element_bytes);

// The parameters at the head of a kInt or kIntChannels payload. One quantiser, or one per channel.
void AppendQuantisers(Form form, int bits, std::span<const Quantiser> quantisers, std::string* payload);
// Errors: InvalidArgument for bits outside 2..8 or a scale that is not finite.
absl::StatusOr<int> ReadQuantisers(Form form, size_t channels, ByteReader& reader, std::vector<Quantiser>* quantisers);

void AppendPictureScale(const PictureScale& scale, std::string* payload);
absl::StatusOr<PictureScale> ReadPictureScale(ByteReader& reader);

// All elements, each by its channel's quantiser.
void QuantiseChannels(std::span<const float> values, const ChannelLayout& layout, std::span<const Quantiser> quantisers, int bits,
                      uint8_t* symbols);
void DequantiseChannels(std::span<const uint8_t> symbols, const ChannelLayout& layout, std::span<const Quantiser> quantisers,
                        float* values);

// Reads a plain payload, the whole of it, into `out`, which has the room for the elements. `symbols` is working memory.
absl::Status DecodePlain(const FramedValue& value, std::vector<uint8_t>* symbols, std::byte* out);

}   // namespace partway::codec
