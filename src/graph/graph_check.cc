#include "graph/graph_check.h"

#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "base/status.h"
#include "graph/bodies.h"
#include "graph/function_check.h"
#include "graph/initializer.h"
#include "graph/onnx_names.h"
#include "graph/topological_sort.h"

namespace partway::graph {
namespace {

// Names that one graph defines, and the graphs around it.
struct Scope {
  std::unordered_set<std::string_view> names;
  const Scope* outer = nullptr;

  bool Knows(std::string_view name) const {
    for (const Scope* s = this; s != nullptr; s = s->outer) {
      if (s->names.contains(name)) return true;
    }
    return false;
  }
};

class Checker {
 public:
  explicit Checker(const LoadLimits& limits) : limits_(limits) {}

  absl::Status Function(const onnx::FunctionProto& function) {
    RETURN_IF_ERROR(CountNodes(function.node_size()));
    for (const onnx::NodeProto& node : function.node()) RETURN_IF_ERROR(CountBodies(node, 1));
    return absl::OkStatus();
  }

  absl::Status Graph(onnx::GraphProto* graph, const Scope* outer, int depth) {
    if (depth > limits_.max_subgraph_depth) return InvalidArgument("bodies are nested deeper than ", limits_.max_subgraph_depth);
    RETURN_IF_ERROR(CountNodes(graph->node_size()));
    Scope scope;
    scope.outer = outer;
    RETURN_IF_ERROR(Define(*graph, scope));
    for (int i = 0; i < graph->node_size(); ++i) RETURN_IF_ERROR(Node(graph->mutable_node(i), i, scope, depth));
    std::unordered_set<std::string_view> outputs;
    for (const onnx::ValueInfoProto& output : graph->output()) {
      if (!scope.Knows(output.name())) return InvalidArgument("output ", Quoted(output.name()), " is made by no node");
      if (!outputs.insert(output.name()).second) return InvalidArgument("output ", Quoted(output.name()), " is listed twice");
      if (depth == 0) RETURN_IF_ERROR(Dimensions(output));
    }
    if (depth == 0 && outputs.empty()) return InvalidArgument("the graph has no outputs");
    return SortNodes(graph);
  }

 private:
  absl::Status CountNodes(int more) {
    nodes_ += more;
    if (nodes_ > limits_.max_nodes)
      return ResourceExhausted("the model has more than ", limits_.max_nodes, " nodes, bodies included");
    return absl::OkStatus();
  }

  absl::Status CountBodies(const onnx::NodeProto& node, int depth) {
    if (depth > limits_.max_subgraph_depth) return InvalidArgument("bodies are nested deeper than ", limits_.max_subgraph_depth);
    absl::Status status;
    ForEachBody(node, [&](const onnx::GraphProto& body) {
      if (status.ok()) status = CountNodes(body.node_size());
      for (const onnx::NodeProto& inner : body.node()) {
        if (status.ok()) status = CountBodies(inner, depth + 1);
      }
    });
    return status;
  }

  absl::Status Dimensions(const onnx::ValueInfoProto& value) {
    if (!value.type().has_tensor_type()) return absl::OkStatus();
    for (const onnx::TensorShapeProto::Dimension& dim : value.type().tensor_type().shape().dim()) {
      if (dim.has_dim_value() && dim.dim_value() > limits_.max_dimension) {
        return InvalidArgument(Quoted(value.name()), " has a dimension of ", dim.dim_value(), ", at most ", limits_.max_dimension,
                               " are allowed");
      }
    }
    return absl::OkStatus();
  }

  absl::Status Define(const onnx::GraphProto& graph, Scope& scope) {
    for (const onnx::ValueInfoProto& input : graph.input()) {
      if (input.name().empty()) return InvalidArgument("an input has no name");
      if (!scope.names.insert(input.name()).second) return InvalidArgument("input ", Quoted(input.name()), " is listed twice");
      if (scope.outer == nullptr) RETURN_IF_ERROR(Dimensions(input));
    }
    std::unordered_set<std::string_view> stored;   // an initialiser may give an input's value (always so before IR 4)
    for (const onnx::TensorProto& tensor : graph.initializer()) {
      if (tensor.name().empty()) return InvalidArgument("an initialiser has no name");
      if (!stored.insert(tensor.name()).second) return InvalidArgument("initialiser ", Quoted(tensor.name()), " is there twice");
      RETURN_IF_ERROR(CheckTensor(tensor, Concat("initialiser ", Quoted(tensor.name()))));
    }
    for (const onnx::SparseTensorProto& tensor : graph.sparse_initializer()) {
      const std::string& name = tensor.values().name();
      if (name.empty()) return InvalidArgument("a sparse initialiser has no name");
      if (!stored.insert(name).second) return InvalidArgument("initialiser ", Quoted(name), " is there twice");
      RETURN_IF_ERROR(CheckSparseTensor(tensor, limits_.max_file_bytes));
    }
    scope.names.insert(stored.begin(), stored.end());
    for (int i = 0; i < graph.node_size(); ++i) {
      for (const std::string& name : graph.node(i).output()) {
        if (!name.empty() && !scope.names.insert(name).second) {
          return InvalidArgument(NodeLabel(graph.node(i), i), " makes ", Quoted(name), ", which is made twice");
        }
      }
    }
    return absl::OkStatus();
  }

  absl::Status Node(onnx::NodeProto* node, int index, const Scope& scope, int depth) {
    for (const std::string& name : node->input()) {
      if (!name.empty() && !scope.Knows(name))
        return InvalidArgument(NodeLabel(*node, index), " reads ", Quoted(name), ", which nothing makes");
    }
    for (onnx::AttributeProto& attribute : *node->mutable_attribute()) {
      const auto check = [&](const onnx::TensorProto& tensor) {
        return CheckTensor(tensor, Concat("attribute ", Quoted(attribute.name()), " of ", NodeLabel(*node, index)));
      };
      if (attribute.has_t()) RETURN_IF_ERROR(check(attribute.t()));
      for (const onnx::TensorProto& tensor : attribute.tensors()) RETURN_IF_ERROR(check(tensor));
      if (attribute.has_g())
        RETURN_IF_ERROR(
            Annotate(Graph(attribute.mutable_g(), &scope, depth + 1), Concat("in a body of ", NodeLabel(*node, index))));
      for (onnx::GraphProto& body : *attribute.mutable_graphs()) {
        RETURN_IF_ERROR(Annotate(Graph(&body, &scope, depth + 1), Concat("in a body of ", NodeLabel(*node, index))));
      }
    }
    return absl::OkStatus();
  }

  const LoadLimits& limits_;
  int64_t nodes_ = 0;
};

}   // namespace

absl::Status CheckAndSort(onnx::ModelProto* model, const LoadLimits& limits) {
  Checker checker(limits);
  for (const onnx::FunctionProto& function : model->functions()) RETURN_IF_ERROR(checker.Function(function));
  RETURN_IF_ERROR(checker.Graph(model->mutable_graph(), nullptr, 0));
  return CheckFunctions(*model, limits);
}

}   // namespace partway::graph
