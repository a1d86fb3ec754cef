// InputTypesFor and PictureSize of shape_probe.h.
#include <algorithm>
#include <optional>

#include "base/status.h"
#include "engine/onnx_types.h"
#include "engine/shape_probe.h"
#include "graph/recorded_shapes.h"

namespace partway::engine {
namespace {

constexpr int kDefaultEdge = 224;

struct ImageAxes {
  int channel, height, width;
};

bool IsPictureChannels(int64_t d) { return d == 1 || d == 3 || d == 4; }

std::optional<ImageAxes> AxesOf(const Shape& shape) {
  if (shape.size() == 4) {
    if (IsPictureChannels(shape[3]) && !IsPictureChannels(shape[1])) return ImageAxes{3, 1, 2};
    return ImageAxes{1, 2, 3};
  }
  if (shape.size() == 3 && shape[0] == 3) return ImageAxes{0, 1, 2};
  if (shape.size() == 3 && shape[2] == 3) return ImageAxes{2, 0, 1};
  return std::nullopt;
}

// The free dimensions of `shape` become those of `recorded`, if the fixed ones are the same.
void TakeFree(const Shape& recorded, Shape* shape) {
  if (recorded.size() != shape->size()) return;
  for (size_t d = 0; d < recorded.size(); ++d) {
    if ((*shape)[d] >= 0 && (*shape)[d] != recorded[d]) return;
  }
  *shape = recorded;
}

}   // namespace

absl::StatusOr<std::map<std::string, graph::ValueType>> InputTypesFor(const graph::OpGraph& graph, ProbeSize size) {
  if (size.height < 0 || size.width < 0 || (size.height == 0) != (size.width == 0)) {
    return InvalidArgument("no picture has the size ", size.height, "x", size.width);
  }
  ASSIGN_OR_RETURN(const auto recorded, graph::RecordedInputShapes(*graph.model));
  std::map<std::string, graph::ValueType> types;
  std::string contradiction;
  bool taken = false;
  for (const onnx::ValueInfoProto& info : graph.model->proto.graph().input()) {
    const bool real = std::any_of(graph.inputs.begin(), graph.inputs.end(),
                                  [&](graph::ValueId v) { return graph.values[v].name == info.name(); });
    if (!real) continue;   // an initialiser that an IR 3 file lists
    graph::ValueType& type = types[info.name()];
    if (!info.type().has_tensor_type()) continue;   // stays opaque
    type.dtype = FromOnnxElementType(info.type().tensor_type().elem_type());
    type.shape = info.type().tensor_type().has_shape() ? DeclaredShape(info.type().tensor_type().shape()) : Shape{-1, 3, -1, -1};
    if (const auto as = recorded.find(info.name()); as != recorded.end() && size.height == 0) TakeFree(as->second, &type.shape);
    if (const std::optional<ImageAxes> axes = AxesOf(type.shape)) {
      int64_t& h = type.shape[axes->height];
      int64_t& w = type.shape[axes->width];
      const int64_t fixed_h = h, fixed_w = w;
      if (h < 0) h = size.height > 0 ? size.height : fixed_w > 0 ? fixed_w : kDefaultEdge;
      if (w < 0) w = size.width > 0 ? size.width : fixed_h > 0 ? fixed_h : kDefaultEdge;
      if (type.shape[axes->channel] < 0) type.shape[axes->channel] = 3;
      if (size.height == 0 || (h == size.height && w == size.width)) {
        taken = true;
      } else if (contradiction.empty()) {
        contradiction = Concat("input '", info.name(), "' is fixed at ", h, "x", w, ", asked for ", size.height, "x", size.width);
      }
    }
    for (int64_t& d : type.shape) {
      if (d < 0) d = 1;
    }
  }
  if (!taken && !contradiction.empty()) return InvalidArgument(contradiction);
  return types;
}

ProbeSize PictureSize(const graph::OpGraph& graph, const graph::ValueTypes& types) {
  for (const graph::ValueId input : graph.inputs) {
    const auto type = types.find(graph.values[static_cast<size_t>(input)].name);
    if (type == types.end()) continue;
    const Shape& shape = type->second.shape;
    const std::optional<ImageAxes> axes = AxesOf(shape);
    if (!axes) continue;
    const int64_t h = shape[static_cast<size_t>(axes->height)], w = shape[static_cast<size_t>(axes->width)];
    constexpr int64_t kMost = 1 << 30;   // a dimension of a file may be anything
    if (h > 0 && w > 0 && h <= kMost && w <= kMost) return {static_cast<int>(h), static_cast<int>(w)};
  }
  return {};
}

}   // namespace partway::engine
