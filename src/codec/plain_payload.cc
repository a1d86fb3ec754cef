#include "codec/plain_payload.h"

#include <bit>
#include <cmath>
#include <cstring>

#include "codec/bit_pack.h"
#include "codec/half.h"
#include "codec/picture_planes.h"

namespace partway::codec {
namespace {

// Calls f(quantiser, first element, count) for each run of elements that share one.
template <class F>
void ForEachRun(const ChannelLayout& layout, std::span<const Quantiser> quantisers, F f) {
  const size_t total = layout.batch * layout.channels * layout.inner;
  if (quantisers.size() == 1) return f(quantisers[0], size_t{0}, total);
  for (size_t n = 0, at = 0; n < layout.batch; ++n) {
    for (size_t c = 0; c < layout.channels; ++c, at += layout.inner) f(quantisers[c], at, layout.inner);
  }
}

absl::Status DecodeHalf(ByteReader& reader, size_t elements, float* out) {
  ASSIGN_OR_RETURN(const auto halves, reader.Take(2 * elements, "half-precision values"));
  for (size_t i = 0; i < elements; ++i) out[i] = FromHalf(LoadLittle<uint16_t>(halves.data() + 2 * i));
  return absl::OkStatus();
}

absl::Status DecodeInt(const FramedValue& value, ByteReader& reader, std::vector<uint8_t>* symbols, float* out) {
  const ChannelLayout layout = LayoutOf(value.header.shape);
  std::vector<Quantiser> quantisers;
  ASSIGN_OR_RETURN(const int bits, ReadQuantisers(value.header.form, layout.channels, reader, &quantisers));
  ASSIGN_OR_RETURN(const auto packed, reader.Take(PackedBytes(value.elements, bits), "packed symbols"));
  symbols->resize(value.elements);
  UnpackBits(packed, bits, *symbols);
  DequantiseChannels(*symbols, layout, quantisers, out);
  return absl::OkStatus();
}

absl::Status DecodePlanes(ByteReader& reader, size_t elements, float* out) {
  ASSIGN_OR_RETURN(const PictureScale scale, ReadPictureScale(reader));
  ASSIGN_OR_RETURN(const auto planes, reader.Take(elements, "pixels"));
  FromPlanes({reinterpret_cast<const uint8_t*>(planes.data()), planes.size()}, scale, out);
  return absl::OkStatus();
}

absl::Status DecodeRaw(const FramedValue& value, ByteReader& reader, std::byte* out) {
  ASSIGN_OR_RETURN(const auto bytes, reader.Take(value.elements * DTypeSize(value.header.dtype), "elements"));
  if (!bytes.empty()) std::memcpy(out, bytes.data(), bytes.size());
  return absl::OkStatus();
}

}   // namespace

size_t PlainPayloadBytes(Form form, int bits, const ChannelLayout& layout, size_t element_bytes) {
  const size_t elements = layout.batch * layout.channels * layout.inner;
  switch (form) {
    case Form::kHalf: return 2 * elements;
    case Form::kInt: return 7 + PackedBytes(elements, bits);
    case Form::kIntChannels: return 1 + 4 * layout.channels + PackedBytes(elements, bits);
    case Form::kPicture: return kPictureScaleBytes + elements;
    default: return element_bytes * elements;
  }
}

void AppendQuantisers(Form form, int bits, std::span<const Quantiser> quantisers, std::string* payload) {
  *payload += static_cast<char>(bits);
  for (const Quantiser& q : quantisers) {
    if (form == Form::kIntChannels) {
      AppendLittle(payload, static_cast<uint16_t>(std::bit_cast<uint32_t>(q.scale) >> 16));
    } else {
      AppendFloat(payload, q.scale);
    }
    AppendLittle(payload, static_cast<uint16_t>(q.zero));
  }
}

absl::StatusOr<int> ReadQuantisers(Form form, size_t channels, ByteReader& reader, std::vector<Quantiser>* quantisers) {
  ASSIGN_OR_RETURN(const uint8_t bits, reader.Number<uint8_t>("the bits of a symbol"));
  if (bits < 2 || bits > 8) return reader.Error("symbols of ", int{bits}, " bits; expected 2 to 8");
  const bool per_channel = form == Form::kIntChannels;
  const size_t count = per_channel ? channels : 1, size = per_channel ? 4 : 6;
  ASSIGN_OR_RETURN(const auto bytes, reader.Take(count * size, "scales and zero points"));
  quantisers->resize(count);
  for (size_t i = 0; i < count; ++i) {
    const std::byte* const at = bytes.data() + i * size;
    const uint32_t scale = per_channel ? uint32_t{LoadLittle<uint16_t>(at)} << 16 : LoadLittle<uint32_t>(at);
    Quantiser& q = (*quantisers)[i];
    q = {std::bit_cast<float>(scale), static_cast<int16_t>(LoadLittle<uint16_t>(at + size - 2))};
    if (!std::isfinite(q.scale)) return reader.Error("scale ", i, " is not finite");
  }
  return bits;
}

void AppendPictureScale(const PictureScale& scale, std::string* payload) {
  for (float mean : scale.mean) AppendFloat(payload, mean);
  for (float std : scale.std) AppendFloat(payload, std);
}

absl::StatusOr<PictureScale> ReadPictureScale(ByteReader& reader) {
  PictureScale scale;
  for (float& mean : scale.mean) {
    ASSIGN_OR_RETURN(mean, reader.Float("a picture's mean"));
  }
  for (float& std : scale.std) {
    ASSIGN_OR_RETURN(std, reader.Float("a picture's std"));
  }
  if (!Usable(scale)) return reader.Error("a picture's mean and std must be finite and std not zero");
  return scale;
}

void QuantiseChannels(std::span<const float> values, const ChannelLayout& layout, std::span<const Quantiser> quantisers, int bits,
                      uint8_t* symbols) {
  ForEachRun(layout, quantisers,
             [&](const Quantiser& q, size_t at, size_t count) { Quantise(values.subspan(at, count), q, bits, symbols + at); });
}

void DequantiseChannels(std::span<const uint8_t> symbols, const ChannelLayout& layout, std::span<const Quantiser> quantisers,
                        float* values) {
  ForEachRun(layout, quantisers,
             [&](const Quantiser& q, size_t at, size_t count) { Dequantise(symbols.subspan(at, count), q, values + at); });
}

absl::Status DecodePlain(const FramedValue& value, std::vector<uint8_t>* symbols, std::byte* out) {
  ByteReader reader(value.payload, value.payload_offset);
  auto* const floats = reinterpret_cast<float*>(out);
  switch (value.header.form) {
    case Form::kHalf: RETURN_IF_ERROR(DecodeHalf(reader, value.elements, floats)); break;
    case Form::kInt:
    case Form::kIntChannels: RETURN_IF_ERROR(DecodeInt(value, reader, symbols, floats)); break;
    case Form::kPicture: RETURN_IF_ERROR(DecodePlanes(reader, value.elements, floats)); break;
    default: RETURN_IF_ERROR(DecodeRaw(value, reader, out)); break;
  }
  if (reader.left() > 0) return reader.Error(reader.left(), " bytes too many in a payload");
  return absl::OkStatus();
}

}   // namespace partway::codec
