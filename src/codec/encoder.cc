#include <cstring>

#include "base/status.h"
#include "codec/bit_pack.h"
#include "codec/byte_coder.h"
#include "codec/codec.h"
#include "codec/encoded_size.h"
#include "codec/frame_format.h"
#include "codec/half.h"
#include "codec/jpeg_payload.h"
#include "codec/least_error.h"
#include "codec/map_coder.h"
#include "codec/picture_coder.h"
#include "codec/picture_planes.h"
#include "codec/plain_payload.h"
#include "codec/quantise.h"

namespace partway::codec {
namespace {

using Kind = CodecSpec::Kind;

constexpr int kMaxClippedBits = 5;   // with more levels an outlier costs less than it would clamped

absl::Status CheckValue(const NamedTensor& value) {
  const Tensor& t = value.tensor;
  if (value.name.size() > kMaxNameBytes)
    return InvalidArgument("a value's name has ", value.name.size(), " bytes; at most ", kMaxNameBytes, " can be encoded");
  if (t.empty()) return InvalidArgument("value '", value.name, "' has no tensor to encode");
  if (t.dtype() == DType::kOpaque) return InvalidArgument("value '", value.name, "' has a type that cannot be encoded");
  if (t.shape().size() > kMaxRank)
    return InvalidArgument("value '", value.name, "' has ", t.shape().size(), " dimensions; at most ", kMaxRank,
                           " can be encoded");
  return absl::OkStatus();
}

absl::Status CheckPicture(const CodecSpec& spec, std::span<const NamedTensor> values, const PictureScale* scale) {
  if (values.size() != 1 || !IsPicture(values[0].tensor.dtype(), values[0].tensor.shape()))
    return InvalidArgument("codec ", CodecName(spec), " encodes one picture, a FP32 1x3xHxW; these values are something else");
  if (scale == nullptr || !Usable(*scale))
    return InvalidArgument("codec ", CodecName(spec), " needs the picture's mean and std, finite and std not zero");
  return absl::OkStatus();
}

}   // namespace

struct Encoder::Impl {
  CodecSpec spec;
  std::vector<uint8_t> symbols;
  std::vector<Quantiser> quantisers;
  ValueBins bins;
  MapCoder maps;
  std::string payload, coded;

  absl::Status EncodeValue(const NamedTensor& value, const PictureScale* picture, std::string* frame);
  // Fills `payload` in the form that the codec asks for, and `coded` where it asks for entropy coding; false if the values cannot
  // travel in it.
  absl::StatusOr<bool> Lossy(const Tensor& tensor, const PictureScale* picture, ValueHeader* header);
  void Half(std::span<const float> values);
  void Int(const Tensor& tensor, Form form);
  void Pixels(const Tensor& tensor, const PictureScale& picture);
};

void Encoder::Impl::Half(std::span<const float> values) {
  payload.resize(2 * values.size());
  auto* to = reinterpret_cast<std::byte*>(payload.data());
  for (float v : values) {
    StoreLittle(to, ToHalf(v));
    to += 2;
  }
}

void Encoder::Impl::Int(const Tensor& tensor, Form form) {
  const ChannelLayout layout = LayoutOf(tensor.shape());
  const std::span<const float> values = tensor.floats();
  const bool per_channel = form == Form::kIntChannels;
  quantisers.assign(per_channel ? layout.channels : 1, {});
  for (size_t c = 0; c < quantisers.size(); ++c) {
    // The runs of elements that share this quantiser.
    const size_t runs = per_channel ? layout.batch : 1, length = per_channel ? layout.inner : values.size();
    const auto run = [&](size_t n) {
      return values.subspan((n * layout.channels + c) * layout.inner * (per_channel ? 1 : 0), length);
    };
    ValueRange range = RangeOf(run(0));
    for (size_t n = 1; n < runs; ++n) range = Union(range, RangeOf(run(n)));
    if (spec.bits > kMaxClippedBits || range.low == range.high) {
      quantisers[c] = FitRange(range, spec.bits, per_channel);
      continue;
    }
    bins.Begin(range, runs * length);
    for (size_t n = 0; n < runs; ++n) bins.Add(run(n));
    quantisers[c] = FitLeastError(bins, spec.bits, per_channel);
  }
  symbols.resize(values.size());
  QuantiseChannels(values, layout, quantisers, spec.bits, symbols.data());
  AppendQuantisers(form, spec.bits, quantisers, &payload);
  if (spec.entropy) {
    coded = payload;
    maps.Encode(symbols, layout, spec.bits, &coded);
  }
  const size_t head = payload.size(), packed = PackedBytes(symbols.size(), spec.bits);
  payload.resize(head + packed);
  PackBits(symbols, spec.bits, {reinterpret_cast<std::byte*>(payload.data()) + head, packed});
}

void Encoder::Impl::Pixels(const Tensor& tensor, const PictureScale& picture) {
  symbols.resize(tensor.floats().size());
  ToPlanes(tensor.floats(), picture, symbols.data());
  AppendPictureScale(picture, &payload);
  if (spec.entropy) {
    coded = payload;
    EncodePlanes(symbols, static_cast<size_t>(tensor.shape()[3]), &coded);
  }
  payload.append(reinterpret_cast<const char*>(symbols.data()), symbols.size());
}

absl::StatusOr<bool> Encoder::Impl::Lossy(const Tensor& tensor, const PictureScale* picture, ValueHeader* header) {
  if (spec.kind == Kind::kRaw || tensor.dtype() != DType::kFloat32 || tensor.byte_size() == 0) return false;
  const std::span<const float> values = tensor.floats();
  const ValueRange range = RangeOf(values);
  if (!range.finite) return false;
  switch (spec.kind) {
    case Kind::kFp16:
      if (range.magnitude() > kMaxHalf) return false;
      header->form = Form::kHalf;
      Half(values);
      if (spec.entropy) EncodeBytes(std::as_bytes(std::span(payload)), 2, &coded);
      return true;
    case Kind::kInt:
      if (range.magnitude() > kMaxQuantised) return false;
      header->form = spec.per_channel && tensor.shape().size() >= 2 ? Form::kIntChannels : Form::kInt;
      Int(tensor, header->form);
      return true;
    case Kind::kRaw8:
      header->form = Form::kPicture;
      Pixels(tensor, *picture);
      return true;
    default:
      header->form = Form::kJpeg;
      RETURN_IF_ERROR(EncodeJpegPayload(tensor, *picture, spec.quality, &payload));
      return true;
  }
}

absl::Status Encoder::Impl::EncodeValue(const NamedTensor& value, const PictureScale* picture, std::string* frame) {
  const Tensor& tensor = value.tensor;
  ValueHeader header{.name = value.name, .dtype = tensor.dtype(), .shape = tensor.shape()};
  payload.clear();
  coded.clear();
  ASSIGN_OR_RETURN(const bool lossy, Lossy(tensor, picture, &header));
  header.entropy = !coded.empty() && coded.size() < payload.size();
  const std::string& smaller = header.entropy ? coded : payload;
  if (lossy && smaller.size() < tensor.byte_size()) {
    AppendValue(header, smaller, frame);
    return absl::OkStatus();
  }
  header.form = Form::kRaw;
  coded.clear();
  if (spec.entropy && tensor.byte_size() > 0) EncodeBytes(tensor.bytes(), DTypeSize(tensor.dtype()), &coded);
  header.entropy = !coded.empty() && coded.size() < tensor.byte_size();
  const std::string_view raw(reinterpret_cast<const char*>(tensor.data()), tensor.byte_size());
  AppendValue(header, header.entropy ? std::string_view(coded) : raw, frame);
  return absl::OkStatus();
}

Encoder::Encoder(const CodecSpec& spec) : impl_(std::make_unique<Impl>()) { impl_->spec = spec; }
Encoder::~Encoder() = default;
Encoder::Encoder(Encoder&&) noexcept = default;
Encoder& Encoder::operator=(Encoder&&) noexcept = default;

absl::Status Encoder::Encode(std::span<const NamedTensor> values, const PictureScale* picture, std::string* frame) {
  if (values.size() > kMaxValues)
    return InvalidArgument(values.size(), " values in one frame; at most ", kMaxValues, " can be encoded");
  for (const NamedTensor& value : values) RETURN_IF_ERROR(CheckValue(value));
  if (impl_->spec.pictures_only()) RETURN_IF_ERROR(CheckPicture(impl_->spec, values, picture));
  BeginFrame(values.size(), frame);
  for (const NamedTensor& value : values) RETURN_IF_ERROR(impl_->EncodeValue(value, picture, frame));
  EndFrame(frame);
  return absl::OkStatus();
}

}   // namespace partway::codec
