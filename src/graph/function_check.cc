#include "graph/function_check.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "graph/bodies.h"
#include "graph/onnx_names.h"

namespace partway::graph {
namespace {

class Expansion {
 public:
  explicit Expansion(const LoadLimits& limits) : limits_(limits) {}

  // Functions of one name are overloads, told apart by a field that this version of ONNX's messages does not have; a call counts as all.
  void Add(const onnx::FunctionProto& function) {
    functions_[KeyOf(function.domain(), function.name())].overloads.push_back(&function);
  }

  // How many nodes these are with every call replaced, or an error if they are too many.
  template <class Nodes>
  absl::StatusOr<int64_t> Count(const Nodes& nodes, int depth) {
    int64_t count = 0;
    for (const onnx::NodeProto& node : nodes) {
      ASSIGN_OR_RETURN(const int64_t more, CountNode(node, depth));
      count += more;
      if (count > limits_.max_nodes) {
        return ResourceExhausted("the model has more than ", limits_.max_nodes,
                                 " nodes once the calls of its functions are replaced by what they hold");
      }
    }
    return count;
  }

 private:
  using Key = std::pair<std::string, std::string>;   // domain, name
  struct Function {
    std::vector<const onnx::FunctionProto*> overloads;
    int64_t nodes = -1;   // not counted yet
    bool counting = false;
  };

  static Key KeyOf(const std::string& domain, const std::string& name) { return {IsDefaultDomain(domain) ? "" : domain, name}; }

  absl::StatusOr<int64_t> CountNode(const onnx::NodeProto& node, int depth) {
    int64_t count = 1;
    absl::Status status;
    ForEachBody(node, [&](const onnx::GraphProto& body) {
      if (!status.ok()) return;
      const absl::StatusOr<int64_t> inner = Count(body.node(), depth);
      status = inner.status();
      if (inner.ok()) count += *inner;
    });
    RETURN_IF_ERROR(status);
    const auto found = functions_.find(KeyOf(node.domain(), node.op_type()));
    if (found == functions_.end()) return count;
    ASSIGN_OR_RETURN(const int64_t called, CountFunction(found->second, depth + 1));
    return count + called;
  }

  absl::StatusOr<int64_t> CountFunction(Function& function, int depth) {
    if (function.nodes >= 0) return function.nodes;
    if (function.counting) return InvalidArgument("function ", Quoted(function.overloads.front()->name()), " needs itself");
    if (depth > limits_.max_function_depth)
      return ResourceExhausted("functions call each other more than ", limits_.max_function_depth, " deep");
    function.counting = true;
    int64_t nodes = 0;
    for (const onnx::FunctionProto* overload : function.overloads) {
      ASSIGN_OR_RETURN(const int64_t more, Count(overload->node(), depth));
      nodes += more;
    }
    return function.nodes = nodes;
  }

  const LoadLimits& limits_;
  std::map<Key, Function> functions_;
};

}   // namespace

absl::Status CheckFunctions(const onnx::ModelProto& model, const LoadLimits& limits) {
  if (model.functions_size() == 0) return absl::OkStatus();
  Expansion expansion(limits);
  for (const onnx::FunctionProto& function : model.functions()) expansion.Add(function);
  return expansion.Count(model.graph().node(), 0).status();
}

}   // namespace partway::graph
