// What is sent at a cut, as one row of numbers per picture: decoded as the other side decodes it, large maps averaged down so that a set of pictures
// fits into memory.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/tensor.h"
#include "engine/group_chain.h"
#include "graph/shapes.h"

namespace partway::profile {

struct FeatureLayout {
  int cut = 0;
  std::vector<TensorSpec> values;   // in the order of the row
  int averaged = 1;                 // side of the square of neighbours that become one number, in maps of at least two dimensions
  int64_t count = 0;                // numbers in a row
};

// Maps are averaged until no edge is longer than this, so that their distances cost little, and further until a row fits.
inline constexpr int64_t kMaxMapEdge = 64;

// Errors: InvalidArgument for a value that is not float32 or whose shape is not known; ResourceExhausted when even fully averaged maps exceed
// `row_bytes`. Thread-safe.
absl::StatusOr<FeatureLayout> LayoutAt(const engine::GroupChain& chain, const graph::ValueTypes& types, int cut,
                                       int64_t row_bytes);
absl::StatusOr<FeatureLayout> LayoutOf(std::vector<TensorSpec> values, int cut, int64_t row_bytes);

// Fills `row`, of layout.count numbers. Errors: InvalidArgument for values that are not the layout's.
absl::Status FillRow(const FeatureLayout& layout, std::span<const NamedTensor> values, std::span<float> row);

}   // namespace partway::profile
