#include "profile/measure/sent_features.h"

#include <algorithm>

#include "base/status.h"

namespace partway::profile {
namespace {

// A value as `maps` maps of `height` x `width`; a value of fewer than three dimensions is one map of height 1 that is never averaged.
struct Maps {
  int64_t maps = 1, height = 1, width = 1;
  bool averages = false;
};

Maps MapsOf(const Shape& shape) {
  Maps m;
  const size_t rank = shape.size();
  if (rank < 3) {
    for (const int64_t d : shape) m.maps *= d;
    return m;
  }
  for (size_t i = 0; i + 2 < rank; ++i) m.maps *= shape[i];
  m.height = shape[rank - 2];
  m.width = shape[rank - 1];
  m.averages = true;
  return m;
}

int64_t Steps(int64_t edge, int64_t by) { return (edge + by - 1) / by; }

int64_t CountOf(const std::vector<TensorSpec>& values, int64_t averaged) {
  int64_t count = 0;
  for (const TensorSpec& value : values) {
    const Maps m = MapsOf(value.shape);
    count += m.maps * (m.averages ? Steps(m.height, averaged) * Steps(m.width, averaged) : m.height * m.width);
  }
  return count;
}

void AverageMap(const float* map, const Maps& m, int64_t side, float* to) {
  for (int64_t top = 0; top < m.height; top += side) {
    for (int64_t left = 0; left < m.width; left += side) {
      const int64_t bottom = std::min(top + side, m.height), right = std::min(left + side, m.width);
      double sum = 0;
      for (int64_t y = top; y < bottom; ++y) {
        for (int64_t x = left; x < right; ++x) sum += map[y * m.width + x];
      }
      *to++ = static_cast<float>(sum / static_cast<double>((bottom - top) * (right - left)));
    }
  }
}

}   // namespace

absl::StatusOr<FeatureLayout> LayoutOf(std::vector<TensorSpec> values, int cut, int64_t row_bytes) {
  int64_t edge = 1;
  for (const TensorSpec& value : values) {
    if (value.dtype != DType::kFloat32 || !ElementCount(value.shape)) {
      return InvalidArgument("cut ", cut, " sends '", value.name, "', ", DTypeName(value.dtype), " ", ShapeString(value.shape),
                             "; expected FP32 of a known shape");
    }
    const Maps m = MapsOf(value.shape);
    if (m.averages) edge = std::max({edge, m.height, m.width});
  }
  int64_t averaged = Steps(edge, kMaxMapEdge);
  const auto too_large = [&] { return CountOf(values, averaged) > row_bytes / static_cast<int64_t>(sizeof(float)); };
  while (too_large() && averaged < edge) ++averaged;
  if (too_large()) {
    return ResourceExhausted("cut ", cut, ": the numbers of one picture need more than ", row_bytes,
                             " bytes, the share that so many pictures leave; fewer pictures (--limit) leave more");
  }
  FeatureLayout layout{.cut = cut, .averaged = static_cast<int>(averaged), .count = CountOf(values, averaged)};
  layout.values = std::move(values);
  return layout;
}

absl::StatusOr<FeatureLayout> LayoutAt(const engine::GroupChain& chain, const graph::ValueTypes& types, int cut,
                                       int64_t row_bytes) {
  const graph::Grouping& grouping = chain.grouping();
  std::vector<TensorSpec> values;
  for (const graph::ValueId id : grouping.cuts[static_cast<size_t>(cut)].values) {
    const std::string& name = grouping.graph->values[id].name;
    const auto type = types.find(name);
    if (type == types.end()) return InvalidArgument("cut ", cut, " sends '", name, "', whose type is not known");
    values.push_back({name, type->second.dtype, type->second.shape});
  }
  return LayoutOf(std::move(values), cut, row_bytes);
}

absl::Status FillRow(const FeatureLayout& layout, std::span<const NamedTensor> values, std::span<float> row) {
  float* to = row.data();
  for (const TensorSpec& spec : layout.values) {
    const auto found = std::find_if(values.begin(), values.end(), [&](const NamedTensor& v) { return v.name == spec.name; });
    if (found == values.end() || found->tensor.dtype() != spec.dtype || found->tensor.shape() != spec.shape)
      return InvalidArgument("cut ", layout.cut, " sent no '", spec.name, "' of ", ShapeString(spec.shape));
    const Maps m = MapsOf(spec.shape);
    const int64_t side = m.averages ? layout.averaged : 1;
    const float* map = found->tensor.floats().data();
    const int64_t step = Steps(m.height, side) * Steps(m.width, side);
    for (int64_t i = 0; i < m.maps; ++i, map += m.height * m.width, to += step) AverageMap(map, m, side, to);
  }
  return absl::OkStatus();
}

}   // namespace partway::profile
