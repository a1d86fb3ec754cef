#include "wire/contents.h"

#include <cstring>
#include <limits>
#include <string>

#include "base/status.h"

namespace partway::wire {
namespace {

constexpr uint32_t kFieldCount = 8;
constexpr const char* kFieldNames[kFieldCount + 1] = {"",
                                                      "bool_contents",
                                                      "int_contents",
                                                      "int64_contents",
                                                      "uint_contents",
                                                      "uint64_contents",
                                                      "fp32_contents",
                                                      "fp64_contents",
                                                      "bytes_contents"};

// The field that holds values of this type; 0: none does.
uint32_t FieldFor(DType dtype) {
  switch (dtype) {
    case DType::kBool: return 1;
    case DType::kInt8:
    case DType::kInt16:
    case DType::kInt32: return 2;
    case DType::kInt64: return 3;
    case DType::kUint8:
    case DType::kUint16:
    case DType::kUint32: return 4;
    case DType::kUint64: return 5;
    case DType::kFloat32: return 6;
    case DType::kFloat64: return 7;
    default: return 0;
  }
}

WireType ElementWireType(uint32_t field) {
  return field == 6 ? WireType::kFixed32 : field == 7 ? WireType::kFixed64 : WireType::kVarint;
}

template <class T>
bool Fits(uint64_t raw) {
  if constexpr (std::is_signed_v<T>) {
    const auto v = static_cast<int32_t>(raw);   // int_contents: protobuf keeps the low 32 bits
    return v >= std::numeric_limits<T>::min() && v <= std::numeric_limits<T>::max();
  } else {
    return static_cast<uint32_t>(raw) <= std::numeric_limits<T>::max();
  }
}

// Appends values to a tensor of known size.
class Filler {
 public:
  Filler(Tensor& tensor) : tensor_(tensor), to_(tensor.mutable_data()), end_(to_ + tensor.byte_size()) {}

  bool full() const { return to_ == end_; }
  bool in_range() const { return in_range_; }

  // False if there is no room.
  bool Put(uint64_t raw) {
    if (full()) return false;
    switch (tensor_.dtype()) {
      case DType::kBool: return Store<uint8_t>(raw != 0);
      case DType::kInt8: in_range_ &= Fits<int8_t>(raw); return Store<int8_t>(raw);
      case DType::kInt16: in_range_ &= Fits<int16_t>(raw); return Store<int16_t>(raw);
      case DType::kUint8: in_range_ &= Fits<uint8_t>(raw); return Store<uint8_t>(raw);
      case DType::kUint16: in_range_ &= Fits<uint16_t>(raw); return Store<uint16_t>(raw);
      case DType::kInt32:
      case DType::kUint32:
      case DType::kFloat32: return Store<uint32_t>(raw);
      default: return Store<uint64_t>(raw);
    }
  }
  // Values as they lie in memory.
  bool PutAll(Cursor from) {
    if (from.left() > static_cast<size_t>(end_ - to_)) return false;
    const size_t size = from.left();
    from.Read(to_, size);
    to_ += size;
    return true;
  }

 private:
  template <class T>
  bool Store(uint64_t raw) {
    const T value = static_cast<T>(raw);
    std::memcpy(to_, &value, sizeof value);
    to_ += sizeof value;
    return true;
  }

  Tensor& tensor_;
  std::byte* to_;
  std::byte* const end_;
  bool in_range_ = true;
};

}   // namespace

absl::StatusOr<Tensor> DecodeContents(std::span<const Cursor> parts, DType dtype, const Shape& shape, const Limits& limits,
                                      std::string_view where) {
  const uint32_t wanted = FieldFor(dtype);
  if (wanted == 0) return InvalidArgument(where, ": ", DTypeName(dtype), " travels only as raw bytes");
  const WireType element = ElementWireType(wanted);
  const auto malformed = [&] { return InvalidArgument(where, ": malformed contents"); };

  // First what is there: the right field and enough bytes for the values that the shape asks for, at least one byte each.
  size_t bytes = 0;
  for (Cursor part : parts) {
    while (part.left() > 0) {
      Field field;
      if (!ReadField(&part, &field)) return malformed();
      const size_t size = field.type == WireType::kBytes ? field.body.left() : DTypeSize(dtype);
      if (field.number != wanted) {
        if (field.number > kFieldCount || size == 0) continue;
        return InvalidArgument(where, ": has ", kFieldNames[field.number], ", but ", DTypeName(dtype), " belongs in ",
                               kFieldNames[wanted]);
      }
      if (field.type != element && field.type != WireType::kBytes) return malformed();
      bytes += size;
    }
  }
  const std::optional<int64_t> count = ElementCount(shape);
  const auto wrong_count = [&] {
    return InvalidArgument(where, ": shape ", ShapeString(shape), " asks for ", count.value_or(-1),
                           " values, contents hold another number");
  };
  if (!count || static_cast<uint64_t>(*count) > bytes) return wrong_count();
  if (static_cast<uint64_t>(*count) > limits.max_tensor_bytes / DTypeSize(dtype)) {
    return ResourceExhausted(where, ": larger than the limit of ", limits.max_tensor_bytes, " bytes");
  }

  ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(dtype, shape, limits.max_tensor_bytes));
  Filler filler(tensor);
  for (Cursor part : parts) {
    while (part.left() > 0) {
      Field field;
      if (!ReadField(&part, &field)) return malformed();
      if (field.number != wanted) continue;
      if (field.type == element) {
        if (!filler.Put(field.scalar)) return wrong_count();
      } else if (element != WireType::kVarint) {
        if (field.body.left() % DTypeSize(dtype) != 0) return malformed();
        if (!filler.PutAll(field.body)) return wrong_count();
      } else {
        while (field.body.left() > 0) {
          uint64_t value;
          if (!field.body.ReadVarint(&value)) return malformed();
          if (!filler.Put(value)) return wrong_count();
        }
      }
    }
  }
  if (!filler.full()) return wrong_count();
  if (!filler.in_range()) return InvalidArgument(where, ": a value does not fit ", DTypeName(dtype));
  return tensor;
}

}   // namespace partway::wire
