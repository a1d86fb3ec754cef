#include "graph/cut_order.h"

#include <algorithm>
#include <utility>

#include "graph/frontier.h"

namespace partway::graph {
namespace {

std::vector<NodeId> LateOrder(const OpGraph& graph) {
  std::vector<NodeId> order;
  std::vector<bool> seen(graph.nodes.size(), false);
  std::vector<std::pair<NodeId, size_t>> stack;   // a node and how many of its inputs were followed
  const auto visit = [&](ValueId value) {
    const NodeId node = graph.values[value].producer;
    if (node == kNoNode || seen[node] || graph.nodes[node].constant) return;
    seen[node] = true;
    stack.emplace_back(node, 0);
  };
  for (const ValueId output : graph.outputs) {
    visit(output);
    while (!stack.empty()) {
      auto& [node, followed] = stack.back();
      if (followed == graph.nodes[node].inputs.size()) {
        order.push_back(node);
        stack.pop_back();
      } else {
        visit(graph.nodes[node].inputs[followed++]);   // may move the stack: `node` is not used after this
      }
    }
  }
  return order;
}

int SingleValuePositions(const OpGraph& graph, const std::vector<NodeId>& order) {
  const PositionTable table = Sweep(graph, ComputeLifetimes(graph, order), {});
  return static_cast<int>(std::count(table.values.begin(), table.values.end(), 1));
}

}   // namespace

std::vector<NodeId> ChooseOrder(const OpGraph& graph) {
  std::vector<NodeId> file;
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    if (graph.nodes[i].live && !graph.nodes[i].constant) file.push_back(static_cast<NodeId>(i));
  }
  std::vector<NodeId> late = LateOrder(graph);
  return SingleValuePositions(graph, late) > SingleValuePositions(graph, file) ? late : file;
}

}   // namespace partway::graph
