// Several requests' tensors as one, stacked along the first dimension, and back.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/tensor.h"

namespace partway::engine {

// Whether tensors of these types may be stacked: each has two dimensions or more, the first is 1, and holds floating-point numbers or bytes. Other
// integers are sizes and positions more often than values.
bool CanStack(std::span<const TensorSpec> specs);

// `parts`: of each request its tensors, the same names, types and shapes, in any order; at least one request. Copies. Errors: InvalidArgument for
// tensors that are not alike, cannot be stacked, or make one of more than `max_bytes`; names the first.
absl::StatusOr<std::vector<NamedTensor>> Stack(std::span<const std::vector<NamedTensor>* const> parts,
                                               size_t max_bytes = size_t{1} << 33);

// The way back: tensor i of each has row i, as a first dimension of 1. Shares the memory of `stacked`. Errors: Internal for a tensor whose first dimension
// is not `count`.
absl::StatusOr<std::vector<std::vector<NamedTensor>>> Unstack(std::vector<NamedTensor> stacked, int count);

}   // namespace partway::engine
