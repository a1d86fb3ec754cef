#include "graph/group_names.h"

#include <algorithm>
#include <string_view>

#include "base/text.h"
#include "graph/onnx_names.h"

namespace partway::graph {
namespace {

using Parts = std::vector<std::string_view>;

// "/features/features.1/conv/Conv" -> features, features.1, conv, Conv. Names in dots or slashes alike.
Parts Split(std::string_view name) {
  const char by = name.find('/') != std::string_view::npos ? '/' : '.';
  Parts parts;
  while (!name.empty()) {
    const size_t end = std::min(name.find(by), name.size());
    if (end > 0) parts.push_back(name.substr(0, end));
    name.remove_prefix(std::min(end + 1, name.size()));
  }
  return parts;
}

size_t CommonPrefix(const Parts& a, const Parts& b) {
  return static_cast<size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}

// The node's name, else its first output's.
Parts PartsOf(const OpGraph& graph, NodeId id) {
  const onnx::NodeProto& node = graph.proto().node(id);
  if (!node.name().empty()) return Split(node.name());
  return node.output_size() > 0 ? Split(node.output(0)) : Parts{};
}

bool IsHeavy(std::string_view op) {
  return op.find("Conv") != std::string_view::npos || op.find("MatMul") != std::string_view::npos || op == "Gemm";
}

std::string Operators(const OpGraph& graph, std::span<const NodeId> nodes) {
  for (const NodeId node : nodes) {
    if (IsHeavy(graph.proto().node(node).op_type())) return graph.proto().node(node).op_type();
  }
  return nodes.empty() ? "empty" : graph.proto().node(nodes.back()).op_type();
}

std::string Printable(std::string text) {
  text = Quoted(text);
  return text.substr(1, text.size() - 2);
}

}   // namespace

std::vector<std::string> NameGroups(const OpGraph& graph, std::span<const int> positions) {
  size_t shared = 0;   // parts that all names of the model start with
  Parts first;
  for (size_t i = 0; i < graph.order.size(); ++i) {
    const Parts parts = PartsOf(graph, graph.order[i]);
    if (i == 0) first = parts;
    shared = i == 0 ? parts.size() : std::min(shared, CommonPrefix(first, parts));
  }
  std::vector<std::string> names;
  for (size_t g = 0; g + 1 < positions.size(); ++g) {
    const std::span<const NodeId> nodes(graph.order.data() + positions[g], static_cast<size_t>(positions[g + 1] - positions[g]));
    if (nodes.empty()) {
      names.push_back("all");
      continue;
    }
    const Parts front = PartsOf(graph, nodes.front()), back = PartsOf(graph, nodes.back());
    size_t common = front.size();
    for (const NodeId node : nodes) common = std::min(common, CommonPrefix(front, PartsOf(graph, node)));
    std::string name;
    if (nodes.size() == 1) {
      const std::string& own = graph.proto().node(nodes[0]).name();
      name = own.empty() ? Operators(graph, nodes) : own;
    } else {
      for (size_t i = shared; i < common; ++i) Append(&name, name.empty() ? "" : ".", front[i]);
      if (front.size() > common && back.size() > common && front[common] != back[common]) {
        Append(&name, name.empty() ? "" : ".", front[common], "..", back[common]);
      }
      if (name.empty()) name = Operators(graph, nodes);
    }
    names.push_back(Printable(name));
  }
  return names;
}

}   // namespace partway::graph
