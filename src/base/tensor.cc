#include "base/tensor.h"

#include <cassert>
#include <cstdlib>
#include <new>

#include "base/status.h"

namespace partway {
namespace {

struct DTypeRow {
  DType type;
  size_t size;
  std::string_view name;
};

constexpr DTypeRow kRows[] = {
    {DType::kOpaque, 0, "OPAQUE"}, {DType::kBool, 1, "BOOL"},     {DType::kUint8, 1, "UINT8"},  {DType::kUint16, 2, "UINT16"},
    {DType::kUint32, 4, "UINT32"}, {DType::kUint64, 8, "UINT64"}, {DType::kInt8, 1, "INT8"},    {DType::kInt16, 2, "INT16"},
    {DType::kInt32, 4, "INT32"},   {DType::kInt64, 8, "INT64"},   {DType::kFloat16, 2, "FP16"}, {DType::kBfloat16, 2, "BF16"},
    {DType::kFloat32, 4, "FP32"},  {DType::kFloat64, 8, "FP64"},
};

}   // namespace

size_t DTypeSize(DType t) { return kRows[static_cast<size_t>(t)].size; }
std::string_view DTypeName(DType t) { return kRows[static_cast<size_t>(t)].name; }

std::optional<DType> DTypeFromName(std::string_view name) {
  for (const DTypeRow& row : kRows) {
    if (row.name == name && row.type != DType::kOpaque) return row.type;
  }
  return std::nullopt;
}

std::string ShapeString(std::span<const int64_t> shape) {
  if (shape.empty()) return "scalar";
  std::string text;
  for (int64_t d : shape) Append(&text, text.empty() ? "" : "x", d < 0 ? std::string("?") : Concat(d));
  return text;
}

std::optional<int64_t> ElementCount(std::span<const int64_t> shape) {
  constexpr int64_t kMax = int64_t{1} << 62;
  bool zero = false;
  for (int64_t d : shape) {
    if (d < 0) return std::nullopt;
    zero = zero || d == 0;
  }
  if (zero) return 0;
  int64_t count = 1;
  for (int64_t d : shape) {
    if (count > kMax / d) return std::nullopt;
    count *= d;
  }
  return count;
}

absl::StatusOr<Tensor> Tensor::Allocate(DType dtype, Shape shape, size_t max_bytes) {
  const std::optional<int64_t> count = ElementCount(shape);
  const size_t element = DTypeSize(dtype);
  if (!count || element == 0) {
    return InvalidArgument("no tensor can have type ", DTypeName(dtype), " and shape ", ShapeString(shape));
  }
  if (static_cast<uint64_t>(*count) > max_bytes / element) {
    return InvalidArgument("tensor of ", DTypeName(dtype), " ", ShapeString(shape), " is larger than the limit of ", max_bytes,
                           " bytes");
  }
  Tensor t;
  t.size_ = static_cast<size_t>(*count) * element;
  const size_t padded = (t.size_ + 63) / 64 * 64 + 64;   // never zero, so that an empty tensor has an address too
  t.data_ = static_cast<std::byte*>(std::aligned_alloc(64, padded));
  if (t.data_ == nullptr) throw std::bad_alloc();
  t.owner_ = std::shared_ptr<void>(t.data_, std::free);
  t.dtype_ = dtype;
  t.shape_ = std::move(shape);
  return t;
}

Tensor Tensor::Wrap(DType dtype, Shape shape, std::byte* data, size_t size, std::shared_ptr<void> keep_alive) {
  assert(ElementCount(shape) && static_cast<size_t>(*ElementCount(shape)) * DTypeSize(dtype) == size);
  Tensor t;
  t.dtype_ = dtype;
  t.shape_ = std::move(shape);
  t.data_ = data;
  t.size_ = size;
  t.owner_ = std::move(keep_alive);
  return t;
}

std::span<const float> Tensor::floats() const {
  assert(dtype_ == DType::kFloat32);
  return {reinterpret_cast<const float*>(data_), size_ / sizeof(float)};
}

std::span<float> Tensor::mutable_floats() {
  assert(dtype_ == DType::kFloat32);
  return {reinterpret_cast<float*>(data_), size_ / sizeof(float)};
}

}   // namespace partway
