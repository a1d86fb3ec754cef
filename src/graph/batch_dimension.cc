#include "graph/batch_dimension.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_set>

#include "graph/determinism.h"

namespace partway::graph {
namespace {

// The name of the free first dimension; empty if there is none.
std::string_view FirstSymbol(const onnx::ValueInfoProto& info) {
  if (!info.type().has_tensor_type() || !info.type().tensor_type().has_shape()) return {};
  const auto& dims = info.type().tensor_type().shape().dim();
  if (dims.size() < 2 || dims[0].value_case() != onnx::TensorShapeProto::Dimension::kDimParam) return {};
  return dims[0].dim_param();
}

template <class ValueInfos>
bool AllBeginWith(std::string_view symbol, const ValueInfos& infos, const OpGraph& graph, const std::vector<ValueId>& ids) {
  return std::all_of(ids.begin(), ids.end(), [&](ValueId id) {
    const std::string& name = graph.values[static_cast<size_t>(id)].name;
    const auto info = std::find_if(infos.begin(), infos.end(), [&](const auto& i) { return i.name() == name; });
    return info != infos.end() && FirstSymbol(*info) == symbol;
  });
}

bool SizeDependsOnValues(std::string_view op) {
  static const std::unordered_set<std::string_view> operators = {"NonZero", "NonMaxSuppression", "Unique", "Compress"};
  return operators.contains(op);
}

}   // namespace

bool DeclaresBatch(const OpGraph& graph) {
  if (graph.inputs.empty() || graph.outputs.empty() || graph.trust == ShapeTrust::kNone) return false;
  const onnx::GraphProto& proto = graph.proto();
  const std::string& first = graph.values[static_cast<size_t>(graph.inputs.front())].name;
  std::string_view symbol;
  for (const onnx::ValueInfoProto& info : proto.input()) {
    if (info.name() == first) symbol = FirstSymbol(info);
  }
  if (symbol.empty() || !AllBeginWith(symbol, proto.input(), graph, graph.inputs) ||
      !AllBeginWith(symbol, proto.output(), graph, graph.outputs)) {
    return false;
  }
  const Determinism determinism(graph.model->proto);
  return std::all_of(graph.order.begin(), graph.order.end(), [&](NodeId id) {
    const onnx::NodeProto& node = proto.node(id);
    return determinism.Is(node) && !SizeDependsOnValues(node.op_type());
  });
}

}   // namespace partway::graph
