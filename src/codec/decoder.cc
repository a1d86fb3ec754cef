#include "base/status.h"
#include "codec/byte_coder.h"
#include "codec/byte_reader.h"
#include "codec/codec.h"
#include "codec/frame_format.h"
#include "codec/half.h"
#include "codec/jpeg_payload.h"
#include "codec/map_coder.h"
#include "codec/picture_coder.h"
#include "codec/picture_planes.h"
#include "codec/plain_payload.h"

namespace partway::codec {

struct Decoder::Impl {
  DecodeLimits limits;
  std::vector<uint8_t> symbols;
  std::vector<Quantiser> quantisers;
  MapCoder maps;

  absl::Status DecodeValue(const FramedValue& value, std::byte* out) {
    if (value.header.form == Form::kJpeg) return DecodeJpegPayload(value, &symbols, reinterpret_cast<float*>(out));
    if (value.header.entropy) return DecodeCoded(value, out);
    return DecodePlain(value, &symbols, out);
  }

  absl::Status DecodeCoded(const FramedValue& value, std::byte* out) {
    ByteReader reader(value.payload, value.payload_offset);
    switch (value.header.form) {
      case Form::kHalf: RETURN_IF_ERROR(CodedHalf(reader, value.elements, reinterpret_cast<float*>(out))); break;
      case Form::kInt:
      case Form::kIntChannels: return CodedInt(reader, value, reinterpret_cast<float*>(out));
      case Form::kPicture: return CodedPicture(reader, value, reinterpret_cast<float*>(out));
      default: {
        const size_t size = DTypeSize(value.header.dtype);
        RETURN_IF_ERROR(DecodeBytes(reader, size, {out, value.elements * size}));
      }
    }
    if (reader.left() > 0) return reader.Error(reader.left(), " bytes too many in a payload");
    return absl::OkStatus();
  }

  absl::Status CodedHalf(ByteReader& reader, size_t elements, float* out) {
    symbols.resize(2 * elements);
    RETURN_IF_ERROR(DecodeBytes(reader, 2, std::as_writable_bytes(std::span(symbols))));
    for (size_t i = 0; i < elements; ++i)
      out[i] = FromHalf(LoadLittle<uint16_t>(reinterpret_cast<std::byte*>(symbols.data()) + 2 * i));
    return absl::OkStatus();
  }

  absl::Status CodedInt(ByteReader& reader, const FramedValue& value, float* out) {
    const ChannelLayout layout = LayoutOf(value.header.shape);
    ASSIGN_OR_RETURN(const int bits, ReadQuantisers(value.header.form, layout.channels, reader, &quantisers));
    symbols.resize(value.elements);
    if (!maps.Decode(reader.rest(), layout, bits, symbols)) return reader.Error("entropy-coded symbols are damaged");
    DequantiseChannels(symbols, layout, quantisers, out);
    return absl::OkStatus();
  }

  absl::Status CodedPicture(ByteReader& reader, const FramedValue& value, float* out) {
    ASSIGN_OR_RETURN(const PictureScale scale, ReadPictureScale(reader));
    symbols.resize(value.elements);
    if (!DecodePlanes(reader.rest(), static_cast<size_t>(value.header.shape[3]), symbols))
      return reader.Error("entropy-coded pixels are damaged");
    FromPlanes(symbols, scale, out);
    return absl::OkStatus();
  }
};

Decoder::Decoder(const DecodeLimits& limits) : impl_(std::make_unique<Impl>()) { impl_->limits = limits; }
Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;

absl::StatusOr<std::vector<NamedTensor>> Decoder::Decode(std::span<const std::byte> frame) {
  ASSIGN_OR_RETURN(const std::vector<FramedValue> framed, ParseFrame(frame, impl_->limits.bytes));
  std::vector<NamedTensor> values;
  values.reserve(framed.size());
  for (const FramedValue& value : framed) {
    ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(value.header.dtype, value.header.shape, impl_->limits.bytes));
    RETURN_IF_ERROR(impl_->DecodeValue(value, tensor.mutable_data()));
    values.push_back({value.header.name, std::move(tensor)});
  }
  return values;
}

}   // namespace partway::codec
