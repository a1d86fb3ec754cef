// Tensors as they travel between engine, codec and wire: an element type, a shape and a block of memory, row-major.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace partway {

// Element types that may cross a cut. `kOpaque` stands for everything ONNX has beyond them (strings, sequences, maps,
// optionals, complex numbers): such a value cannot be sent.
enum class DType : uint8_t {
  kOpaque,
  kBool,
  kUint8,
  kUint16,
  kUint32,
  kUint64,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kFloat16,
  kBfloat16,
  kFloat32,
  kFloat64,
};

// Bytes of one element; 0 for kOpaque.
size_t DTypeSize(DType t);
// The Open Inference Protocol's name ("FP32"); "OPAQUE" for kOpaque.
std::string_view DTypeName(DType t);
std::optional<DType> DTypeFromName(std::string_view open_inference_name);

using Shape = std::vector<int64_t>;   // -1: not known before the model runs

// "1x3x224x224"; a scalar is "scalar", an unknown dimension "?".
std::string ShapeString(std::span<const int64_t> shape);
// Elements of a fully known shape; nullopt if a dimension is negative or the product exceeds 2^62.
std::optional<int64_t> ElementCount(std::span<const int64_t> shape);

struct TensorSpec {
  std::string name;
  DType dtype = DType::kFloat32;
  Shape shape;

  bool operator==(const TensorSpec&) const = default;
};

// A tensor with shared ownership of its memory. Copying a Tensor shares the memory; nobody writes to memory that is shared
// unless its owner arranged it. Memory from Allocate is 64-byte aligned.
class Tensor {
 public:
  Tensor() = default;
  // Errors: InvalidArgument for an opaque type, an unknown dimension, or more than `max_bytes`.
  static absl::StatusOr<Tensor> Allocate(DType dtype, Shape shape, size_t max_bytes = size_t{1} << 33);
  // Wraps memory that `keep_alive` owns; `size` must be DTypeSize * elements (asserted).
  static Tensor Wrap(DType dtype, Shape shape, std::byte* data, size_t size, std::shared_ptr<void> keep_alive);

  bool empty() const { return data_ == nullptr; }
  DType dtype() const { return dtype_; }
  const Shape& shape() const { return shape_; }
  size_t byte_size() const { return size_; }
  const std::byte* data() const { return data_; }
  std::byte* mutable_data() { return data_; }
  std::span<const std::byte> bytes() const { return {data_, size_}; }
  // Valid only for the matching element type (asserted).
  std::span<const float> floats() const;
  std::span<float> mutable_floats();

 private:
  DType dtype_ = DType::kFloat32;
  Shape shape_;
  std::byte* data_ = nullptr;
  size_t size_ = 0;
  std::shared_ptr<void> owner_;
};

struct NamedTensor {
  std::string name;
  Tensor tensor;
};

}   // namespace partway
