#include "graph/macs.h"

#include <optional>
#include <string_view>

namespace partway::graph {
namespace {

constexpr int64_t kMost = int64_t{1} << 60;

int64_t Times(int64_t a, int64_t b) { return a < 0 || b < 0 ? 0 : b != 0 && a > kMost / b ? kMost : a * b; }

// Shapes of one node's inputs and outputs, by position in the message.
class Shapes {
 public:
  Shapes(const OpGraph& graph, const onnx::NodeProto& node, const ValueTypes& types)
      : graph_(graph), node_(node), types_(types) {}

  std::optional<Shape> In(int i) const { return i < node_.input_size() ? Of(node_.input(i)) : std::nullopt; }
  std::optional<Shape> Out(int i) const { return i < node_.output_size() ? Of(node_.output(i)) : std::nullopt; }

 private:
  std::optional<Shape> Of(const std::string& name) const {
    const auto id = graph_.by_name.find(name);
    if (name.empty() || id == graph_.by_name.end()) return std::nullopt;
    if (const int i = graph_.values[id->second].initializer; i >= 0) {
      const auto& dims = graph_.proto().initializer(i).dims();
      return Shape(dims.begin(), dims.end());
    }
    const auto it = types_.find(name);
    if (it == types_.end() || it->second.dtype == DType::kOpaque || !ElementCount(it->second.shape)) return std::nullopt;
    return it->second.shape;
  }

  const OpGraph& graph_;
  const onnx::NodeProto& node_;
  const ValueTypes& types_;
};

int64_t Elements(const std::optional<Shape>& shape) { return shape ? ElementCount(*shape).value_or(0) : 0; }

// Elements of one output channel's kernel: the weight [M, C/group, k...] without its first dimension. Transposed
// convolutions have [C, M/group, k...]: what one input element is spread over.
int64_t PerFirst(const std::optional<Shape>& weight) {
  if (!weight || weight->size() < 2 || !ElementCount(*weight)) return 0;
  int64_t product = 1;
  for (size_t d = 1; d < weight->size(); ++d) product = Times(product, (*weight)[d]);
  return product;
}

bool Flag(const onnx::NodeProto& node, std::string_view name) {
  for (const onnx::AttributeProto& attribute : node.attribute()) {
    if (attribute.name() == name) return attribute.i() != 0;
  }
  return false;
}

}   // namespace

int64_t NodeMacs(const OpGraph& graph, NodeId id, const ValueTypes& types) {
  const onnx::NodeProto& node = graph.proto().node(id);
  const std::string_view op = node.op_type();
  const Shapes shapes(graph, node, types);
  if (op == "Conv" || op == "ConvInteger" || op == "FusedConv" || op == "DeformConv")
    return Times(Elements(shapes.Out(0)), PerFirst(shapes.In(1)));
  if (op == "QLinearConv") return Times(Elements(shapes.Out(0)), PerFirst(shapes.In(3)));
  if (op == "ConvTranspose") return Times(Elements(shapes.In(0)), PerFirst(shapes.In(1)));
  if (op == "Gemm" || op == "FusedGemm" || op == "QGemm") {
    const std::optional<Shape> a = shapes.In(0);
    return a && a->size() == 2 ? Times(Elements(shapes.Out(0)), (*a)[Flag(node, "transA") ? 0 : 1]) : 0;
  }
  if (op == "MatMul" || op == "MatMulInteger" || op == "QLinearMatMul" || op == "FusedMatMul") {
    const std::optional<Shape> a = shapes.In(0);
    if (!a || a->empty()) return 0;
    const bool transposed = op == "FusedMatMul" && Flag(node, "transA") && a->size() >= 2;
    return Times(Elements(shapes.Out(0)), transposed ? (*a)[a->size() - 2] : a->back());
  }
  if (op == "LSTM" || op == "GRU" || op == "RNN") {   // each step multiplies W and R once
    const std::optional<Shape> x = shapes.In(0);
    if (!x || x->size() != 3) return 0;
    return Times(Times((*x)[0], (*x)[1]), Elements(shapes.In(1)) + Elements(shapes.In(2)));
  }
  return 0;
}

}   // namespace partway::graph
