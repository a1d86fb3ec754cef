#include "engine/batch.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "base/status.h"

namespace partway::engine {
namespace {

bool StackableType(DType t) {
  return t == DType::kFloat16 || t == DType::kBfloat16 || t == DType::kFloat32 || t == DType::kFloat64 || t == DType::kUint8 ||
         t == DType::kInt8;
}

const Tensor* Find(const std::vector<NamedTensor>& tensors, const std::string& name) {
  const auto t = std::find_if(tensors.begin(), tensors.end(), [&](const NamedTensor& named) { return named.name == name; });
  return t == tensors.end() ? nullptr : &t->tensor;
}

}   // namespace

bool CanStack(std::span<const TensorSpec> specs) {
  return !specs.empty() && std::all_of(specs.begin(), specs.end(), [](const TensorSpec& s) {
    return s.shape.size() >= 2 && s.shape[0] == 1 && StackableType(s.dtype);
  });
}

absl::StatusOr<std::vector<NamedTensor>> Stack(std::span<const std::vector<NamedTensor>* const> parts, size_t max_bytes) {
  std::vector<NamedTensor> stacked;
  if (parts.empty()) return InvalidArgument("nothing to stack");
  for (const NamedTensor& first : *parts.front()) {
    const TensorSpec spec{first.name, first.tensor.dtype(), first.tensor.shape()};
    if (!CanStack(std::span(&spec, 1))) {
      return InvalidArgument("'", first.name, "' (", DTypeName(spec.dtype), " ", ShapeString(spec.shape), ") cannot be stacked");
    }
    Shape shape = spec.shape;
    shape[0] = static_cast<int64_t>(parts.size());
    ASSIGN_OR_RETURN(Tensor whole, Tensor::Allocate(spec.dtype, std::move(shape), max_bytes));
    std::byte* to = whole.mutable_data();
    for (const std::vector<NamedTensor>* part : parts) {
      const Tensor* const row = part->size() == parts.front()->size() ? Find(*part, first.name) : nullptr;
      if (row == nullptr || row->dtype() != spec.dtype || row->shape() != spec.shape)
        return InvalidArgument("'", first.name, "' is not alike in the requests to be stacked");
      std::memcpy(to, row->data(), row->byte_size());
      to += row->byte_size();
    }
    stacked.push_back({first.name, std::move(whole)});
  }
  return stacked;
}

absl::StatusOr<std::vector<std::vector<NamedTensor>>> Unstack(std::vector<NamedTensor> stacked, int count) {
  std::vector<std::vector<NamedTensor>> parts(static_cast<size_t>(count));
  for (NamedTensor& t : stacked) {
    const Shape& shape = t.tensor.shape();
    if (shape.empty() || shape[0] != count) {
      return InternalError("'", t.name, "' is ", ShapeString(shape), " for a batch of ", count);
    }
    Shape row_shape = shape;
    row_shape[0] = 1;
    const size_t bytes = t.tensor.byte_size() / static_cast<size_t>(count);
    const DType dtype = t.tensor.dtype();
    const auto whole = std::make_shared<Tensor>(std::move(t.tensor));
    for (size_t i = 0; i < parts.size(); ++i) {
      parts[i].push_back({t.name, Tensor::Wrap(dtype, row_shape, whole->mutable_data() + i * bytes, bytes, whole)});
    }
  }
  return parts;
}

}   // namespace partway::engine
