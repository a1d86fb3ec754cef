#include "codec/frame_format.h"

#include <limits>

#include "base/status.h"
#include "codec/byte_reader.h"
#include "codec/crc32c.h"
#include "codec/little_endian.h"

namespace partway::codec {
namespace {

constexpr std::string_view kMagic = "PWF\x02";
constexpr auto kMaxDimension = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());

// The frame's numbers of the element types are those of DType; here they are pinned.
static_assert(static_cast<int>(DType::kBool) == 1 && static_cast<int>(DType::kUint64) == 5 &&
              static_cast<int>(DType::kInt8) == 6 && static_cast<int>(DType::kInt64) == 9 &&
              static_cast<int>(DType::kFloat16) == 10 && static_cast<int>(DType::kFloat32) == 12 &&
              static_cast<int>(DType::kFloat64) == 13);
constexpr auto kLastType = static_cast<uint8_t>(DType::kFloat64);

std::span<const std::byte> AsBytes(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }

bool NeedsFloat32(Form form) { return form != Form::kRaw; }

absl::Status CheckForm(const ValueHeader& header, size_t elements, const ByteReader& reader) {
  const Shape& shape = header.shape;
  if (NeedsFloat32(header.form) && header.dtype != DType::kFloat32)
    return reader.Error("form ", static_cast<int>(header.form), " of a value of type ", DTypeName(header.dtype), " and not FP32");
  if (elements == 0 && (header.form != Form::kRaw || header.entropy)) return reader.Error("an empty value that is not raw");
  if (header.form == Form::kIntChannels && shape.size() < 2)
    return reader.Error("a scale per channel of shape ", ShapeString(shape), ", which has no axis 1");
  const bool picture = header.form == Form::kPicture || header.form == Form::kJpeg;
  if (picture && (shape.size() != 4 || shape[0] != 1 || shape[1] != 3))
    return reader.Error("a picture of shape ", ShapeString(shape), " and not 1x3xHxW");
  return absl::OkStatus();
}

absl::StatusOr<FramedValue> ParseValue(ByteReader& reader, size_t* bytes_left) {
  FramedValue value;
  ValueHeader& header = value.header;
  ASSIGN_OR_RETURN(const uint64_t name_length, reader.Varint(kMaxNameBytes, "the length of a name"));
  ASSIGN_OR_RETURN(const auto name, reader.Take(name_length, "a name"));
  header.name.assign(reinterpret_cast<const char*>(name.data()), name.size());
  ASSIGN_OR_RETURN(const uint8_t dtype, reader.Number<uint8_t>("an element type"));
  if (dtype == 0 || dtype > kLastType) return reader.Error("element type ", int{dtype}, " is not known");
  header.dtype = static_cast<DType>(dtype);
  ASSIGN_OR_RETURN(const uint8_t rank, reader.Number<uint8_t>("a rank"));
  if (rank > kMaxRank) return reader.Error("rank ", int{rank}, "; at most ", kMaxRank);
  for (int i = 0; i < rank; ++i) {
    ASSIGN_OR_RETURN(const uint64_t dimension, reader.Varint(kMaxDimension, "a dimension"));
    header.shape.push_back(static_cast<int64_t>(dimension));
  }
  const auto elements = ElementCount(header.shape);
  if (!elements || static_cast<uint64_t>(*elements) > *bytes_left / DTypeSize(header.dtype)) {
    return ResourceExhausted("encoded frame, byte ", reader.offset(), ": a value of ", DTypeName(header.dtype), " ",
                             ShapeString(header.shape), " is beyond the limit; ", *bytes_left, " bytes are left of it");
  }
  value.elements = static_cast<size_t>(*elements);
  *bytes_left -= value.elements * DTypeSize(header.dtype);
  ASSIGN_OR_RETURN(const uint8_t form, reader.Number<uint8_t>("a form"));
  header.entropy = (form & kEntropyBit) != 0;
  const uint8_t plain = form & static_cast<uint8_t>(~kEntropyBit);
  if (plain > static_cast<uint8_t>(Form::kJpeg) || (header.entropy && plain == static_cast<uint8_t>(Form::kJpeg)))
    return reader.Error("form ", int{form}, " is not known");
  header.form = static_cast<Form>(plain);
  RETURN_IF_ERROR(CheckForm(header, value.elements, reader));
  ASSIGN_OR_RETURN(const uint64_t length, reader.Varint(std::numeric_limits<uint32_t>::max(), "the length of a payload"));
  value.payload_offset = reader.offset();
  ASSIGN_OR_RETURN(value.payload, reader.Take(length, "a payload"));
  return value;
}

}   // namespace

void BeginFrame(size_t values, std::string* frame) {
  frame->assign(kMagic);
  AppendLittle(frame, uint32_t{0});   // the checksum, known at the end
  AppendVarint(frame, values);
}

void AppendValue(const ValueHeader& header, std::string_view payload, std::string* frame) {
  AppendVarint(frame, header.name.size());
  *frame += header.name;
  *frame += static_cast<char>(header.dtype);
  *frame += static_cast<char>(header.shape.size());
  for (int64_t d : header.shape) AppendVarint(frame, static_cast<uint64_t>(d));
  *frame += static_cast<char>(static_cast<uint8_t>(header.form) | (header.entropy ? kEntropyBit : 0));
  AppendVarint(frame, payload.size());
  *frame += payload;
}

size_t FramedBytes(const ValueHeader& header, size_t payload_bytes) {
  size_t bytes = VarintSize(header.name.size()) + header.name.size() + 3 + VarintSize(payload_bytes) + payload_bytes;
  for (int64_t d : header.shape) bytes += VarintSize(static_cast<uint64_t>(d));
  return bytes;
}

void EndFrame(std::string* frame) {
  const uint32_t sum = Crc32c(AsBytes(*frame).subspan(kFramePrefixBytes));
  StoreLittle(reinterpret_cast<std::byte*>(frame->data()) + kMagic.size(), sum);
}

absl::StatusOr<std::vector<FramedValue>> ParseFrame(std::span<const std::byte> frame, size_t max_bytes) {
  ByteReader reader(frame);
  ASSIGN_OR_RETURN(const auto magic, reader.Take(kMagic.size(), "the first four bytes"));
  const auto expected = AsBytes(kMagic);
  if (!std::equal(magic.begin(), magic.end() - 1, expected.begin()))
    return InvalidArgument("not an encoded frame: it does not begin with PWF");
  if (magic.back() != expected.back()) {
    return InvalidArgument("encoded frame of version ", static_cast<int>(magic.back()), "; this program reads version ",
                           static_cast<int>(expected.back()));
  }
  ASSIGN_OR_RETURN(const uint32_t sum, reader.Number<uint32_t>("the checksum"));
  if (sum != Crc32c(reader.rest()))
    return InvalidArgument("encoded frame of ", frame.size(), " bytes: its checksum does not match");
  ASSIGN_OR_RETURN(const uint64_t count, reader.Varint(kMaxValues, "the number of values"));
  std::vector<FramedValue> values;
  for (uint64_t i = 0; i < count; ++i) {
    ASSIGN_OR_RETURN(FramedValue value, ParseValue(reader, &max_bytes));
    values.push_back(std::move(value));
  }
  if (reader.left() > 0) return reader.Error(reader.left(), " bytes after the last value");
  return values;
}

}   // namespace partway::codec
