#include "graph/declared_types.h"

#include <algorithm>
#include <unordered_set>

#include "base/text.h"
#include "graph/bodies.h"
#include "graph/model_builder.h"
#include "graph/onnx_names.h"

namespace partway::graph {
namespace {

bool ShapeDependsOnData(const onnx::NodeProto& node) {
  static const std::unordered_set<std::string_view> operators = {
      "NonZero",       "NonMaxSuppression",
      "Unique",        "Compress",
      "Range",         "TopK",
      "Reshape",       "Expand",
      "Tile",          "Resize",
      "Upsample",      "Slice",
      "Pad",           "ConstantOfShape",
      "OneHot",        "Squeeze",
      "Unsqueeze",     "Split",
      "RoiAlign",      "MaxRoiPool",
      "CenterCropPad", "StringSplit",
  };
  return operators.contains(node.op_type());
}

// An input fed from outside whose sizes are all given.
bool IsFixed(const onnx::ValueInfoProto& input) {
  if (!input.type().has_tensor_type() || !input.type().tensor_type().has_shape()) return false;
  const auto& dims = input.type().tensor_type().shape().dim();
  return std::all_of(dims.begin(), dims.end(), [](const auto& dim) { return dim.has_dim_value() && dim.dim_value() > 0; });
}

// Channels of an image value as a convolution's weight gives them, seen through operators that keep them; nullopt where that is
// not clear. They hold at every input size, and an engine plans better with them.
std::optional<int64_t> FixedChannels(const OpGraph& graph, ValueId v) {
  static const std::unordered_set<std::string_view> keeps = {
      "Relu",  "Clip",    "Sigmoid",     "HardSigmoid",        "HardSwish", "LeakyRelu",
      "PRelu", "Elu",     "Tanh",        "BatchNormalization", "Identity",  "Add",
      "Mul",   "MaxPool", "AveragePool", "GlobalAveragePool",
  };
  constexpr int kFarthest = 64;
  for (int step = 0; step < kFarthest; ++step) {
    const NodeId producer = graph.values[v].producer;
    if (producer == kNoNode || graph.nodes[producer].inputs.empty()) return std::nullopt;
    const onnx::NodeProto& node = graph.proto().node(producer);
    if (!IsDefaultDomain(node.domain())) return std::nullopt;
    if (node.op_type() == "Conv" && node.input_size() >= 2) {
      const auto weight = graph.by_name.find(node.input(1));
      const int i = weight == graph.by_name.end() ? -1 : graph.values[weight->second].initializer;
      if (i < 0 || graph.proto().initializer(i).dims_size() != 4 || graph.proto().initializer(i).dims(0) < 2) return std::nullopt;
      return graph.proto().initializer(i).dims(0);   // one channel would be broadcast by an Add on the way
    }
    if (!keeps.contains(node.op_type())) return std::nullopt;
    v = graph.nodes[producer].inputs.front();
  }
  return std::nullopt;
}

// Whether `v` is arithmetic on sizes (Shape, Gather, Concat, ...), so that its own length follows from ranks alone and holds at every
// input size. Looks at `budget` values at most.
bool LengthIsFixed(const OpGraph& graph, ValueId v, int& budget) {
  static const std::unordered_set<std::string_view> by_first = {"Slice",     "Gather",  "Cast", "Floor",   "Ceil",
                                                                "Unsqueeze", "Squeeze", "Neg",  "Identity"};
  static const std::unordered_set<std::string_view> by_all = {"Concat", "Add", "Sub", "Mul", "Div", "Mod", "Min", "Max"};
  const Value& value = graph.values[v];
  if (value.kind == ValueKind::kConstant) return true;
  if (value.producer == kNoNode || --budget < 0) return false;
  const std::string_view op = graph.proto().node(value.producer).op_type();
  if (op == "Shape" || op == "Size") return true;
  const auto& inputs = graph.nodes[value.producer].inputs;
  if (by_all.contains(op))
    return std::all_of(inputs.begin(), inputs.end(), [&](ValueId in) { return LengthIsFixed(graph, in, budget); });
  if (!by_first.contains(op) || !LengthIsFixed(graph, inputs.front(), budget)) return false;
  return std::all_of(inputs.begin() + 1, inputs.end(), [&](ValueId in) { return graph.values[in].kind == ValueKind::kConstant; });
}

std::optional<onnx::ValueInfoProto> FromModel(const OpGraph& graph, const Value& value) {
  if (value.value_info >= 0) return graph.proto().value_info(value.value_info);
  if (value.input >= 0) return graph.proto().input(value.input);
  if (!value.is_output) return std::nullopt;
  for (const onnx::ValueInfoProto& output : graph.proto().output()) {
    if (output.name() == value.name) return output;
  }
  return std::nullopt;
}

}   // namespace

ShapeTrust TrustOf(const OpGraph& graph) {
  ShapeTrust trust = ShapeTrust::kExact;
  for (const ValueId v : graph.inputs) {
    if (!IsFixed(graph.proto().input(graph.values[v].input))) trust = ShapeTrust::kRank;
  }
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const onnx::NodeProto& node = graph.proto().node(static_cast<int>(i));
    if (graph.nodes[i].constant || !graph.nodes[i].live) continue;
    const bool own_rank =
        node.op_type() == "SequenceAt" || node.op_type() == "OptionalGetElement" || node.op_type() == "ConcatFromSequence";
    if (HasBody(node) || own_rank || !IsDefaultDomain(node.domain())) return ShapeTrust::kNone;
    // With constant arguments the shape follows from the inputs' shapes.
    const auto computed = [&](ValueId v) { return graph.values[v].kind != ValueKind::kConstant; };
    const auto& inputs = graph.nodes[i].inputs;
    const bool by_content = node.op_type() == "NonZero" || node.op_type() == "NonMaxSuppression" || node.op_type() == "Unique" ||
                            node.op_type() == "Compress";
    if (by_content || (ShapeDependsOnData(node) && std::count_if(inputs.begin(), inputs.end(), computed) > 1))
      trust = ShapeTrust::kRank;
    if (!inputs.empty() && ShapeDependsOnData(node) && std::all_of(inputs.begin(), inputs.end(), computed) &&
        node.op_type() == "ConstantOfShape") {
      trust = ShapeTrust::kRank;
    }
  }
  return trust;
}

std::optional<onnx::ValueInfoProto> DeclaredType(const OpGraph& graph, ValueId id, const ValueTypes& types) {
  const ShapeTrust trust = graph.trust;
  const Value& value = graph.values[id];
  const auto it = types.find(value.name);
  if (it == types.end() || it->second.dtype == DType::kOpaque) {
    std::optional<onnx::ValueInfoProto> declared = FromModel(graph, value);
    if (!declared || declared->type().value_case() == onnx::TypeProto::VALUE_NOT_SET) return std::nullopt;
    if (declared->type().has_tensor_type()) {
      if (declared->type().tensor_type().elem_type() == 0) return std::nullopt;
      if (trust != ShapeTrust::kExact) declared->mutable_type()->mutable_tensor_type()->clear_shape();
    }
    return declared;
  }
  onnx::ValueInfoProto info;
  info.set_name(value.name);
  onnx::TypeProto::Tensor& type = *info.mutable_type()->mutable_tensor_type();
  type.set_elem_type(OnnxElementType(it->second.dtype));
  if (trust == ShapeTrust::kNone) return info;
  const bool list = it->second.shape.size() <= 1;
  int budget = 64;
  const bool fixed_list = list && LengthIsFixed(graph, id, budget);
  // ONNX Runtime's inference takes the symbolic length of, say, Resize's sizes for 0; it does well without any shape.
  if (list && !fixed_list && trust != ShapeTrust::kExact) return info;
  type.mutable_shape();
  const std::optional<int64_t> channels = it->second.shape.size() == 4 ? FixedChannels(graph, id) : std::nullopt;
  for (size_t d = 0; d < it->second.shape.size(); ++d) {
    onnx::TensorShapeProto::Dimension& dim = *type.mutable_shape()->add_dim();
    const bool exact = trust == ShapeTrust::kExact || fixed_list || (d == 1 && channels == it->second.shape[d]);
    if (exact && it->second.shape[d] >= 0)
      dim.set_dim_value(it->second.shape[d]);
    else
      dim.set_dim_param(Concat(value.name, "_d", d));
  }
  return info;
}

}   // namespace partway::graph
