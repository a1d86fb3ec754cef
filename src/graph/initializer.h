// Checks of tensors stored in a model: initialisers and the values of Constant nodes.
#pragma once

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "onnx/onnx_pb.h"

namespace partway::graph {

// Elements of `tensor` by its dimensions; nullopt if one is negative or the product exceeds 2^48.
std::optional<int64_t> TensorElements(const onnx::TensorProto& tensor);
// Bytes as raw_data holds them (of strings: 0). Requires a tensor that passed CheckTensor, or returns nullopt.
std::optional<int64_t> TensorBytes(const onnx::TensorProto& tensor);

// Known element type, sensible dimensions, exactly as much data as the dimensions ask for. `what` names the tensor in the error.
absl::Status CheckTensor(const onnx::TensorProto& tensor, std::string_view what);
// The same for a sparse one, whose dense form may take at most `max_bytes`.
absl::Status CheckSparseTensor(const onnx::SparseTensorProto& tensor, uint64_t max_bytes);

}   // namespace partway::graph
