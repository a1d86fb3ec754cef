#include "graph/recorded_shapes.h"

#include "base/status.h"
#include "graph/onnx_names.h"
#include "nlohmann/json.hpp"

namespace partway::graph {
namespace {

constexpr size_t kMostInputs = 10'000, kMostDimensions = 16;
constexpr int64_t kLargest = 1 << 20;   // as of a model's own inputs

absl::StatusOr<std::map<std::string, Shape>> ParseInputShapes(const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  const auto wrong = [] {
    return InvalidArgument("expected {\"input\": [1, 80, 28, 28], ...} with dimensions from 1 to ", kLargest);
  };
  if (!json.is_object() || json.size() > kMostInputs) return wrong();
  std::map<std::string, Shape> shapes;
  for (const auto& [name, dims] : json.items()) {
    if (!dims.is_array() || dims.size() > kMostDimensions) return wrong();
    Shape shape;
    for (const nlohmann::json& dim : dims) {
      if (!dim.is_number_integer() || dim < 1 || dim > kLargest) return wrong();
      shape.push_back(dim.get<int64_t>());
    }
    shapes.emplace(name, std::move(shape));
  }
  return shapes;
}

}   // namespace

std::string InputShapesText(const std::map<std::string, Shape>& shapes) {
  nlohmann::json json = nlohmann::json::object();
  for (const auto& [name, shape] : shapes) json[name] = shape;
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

absl::StatusOr<std::map<std::string, Shape>> RecordedInputShapes(const Model& model) {
  for (const onnx::StringStringEntryProto& entry : model.proto.metadata_props()) {
    if (entry.key() != kInputShapesKey) continue;
    absl::StatusOr<std::map<std::string, Shape>> shapes = ParseInputShapes(entry.value());
    if (!shapes.ok()) return Annotate(shapes.status(), Concat("metadata ", kInputShapesKey, " of ", Quoted(model.name)));
    return shapes;
  }
  return std::map<std::string, Shape>();
}

}   // namespace partway::graph
