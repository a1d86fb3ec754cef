#include "graph/topological_sort.h"

#include <algorithm>
#include <functional>
#include <queue>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/status.h"
#include "graph/bodies.h"
#include "graph/onnx_names.h"

namespace partway::graph {
namespace {

// For each node, the nodes of this graph that it waits for, ascending, without repeats.
std::vector<std::vector<int>> Needs(const onnx::GraphProto& graph) {
  std::unordered_map<std::string_view, int> maker;
  for (int i = 0; i < graph.node_size(); ++i) {
    for (const std::string& name : graph.node(i).output()) {
      if (!name.empty()) maker.emplace(name, i);
    }
  }
  std::vector<std::vector<int>> needs(graph.node_size());
  for (int i = 0; i < graph.node_size(); ++i) {
    const auto add = [&](std::string_view name) {
      if (const auto it = maker.find(name); it != maker.end()) needs[i].push_back(it->second);
    };
    for (const std::string& name : graph.node(i).input()) add(name);
    if (HasBody(graph.node(i))) {
      for (const std::string_view name : CapturedNames(graph.node(i))) add(name);
    }
    std::sort(needs[i].begin(), needs[i].end());
    needs[i].erase(std::unique(needs[i].begin(), needs[i].end()), needs[i].end());
  }
  return needs;
}

// Follows unplaced needs from an unplaced node until one repeats: every unplaced node waits for another unplaced one.
absl::Status NameCycle(const onnx::GraphProto& graph, const std::vector<std::vector<int>>& needs,
                       const std::vector<bool>& placed) {
  int node = static_cast<int>(std::find(placed.begin(), placed.end(), false) - placed.begin());
  std::vector<int> step(needs.size(), -1), path;
  while (step[node] < 0) {
    step[node] = static_cast<int>(path.size());
    path.push_back(node);
    node = *std::find_if(needs[node].begin(), needs[node].end(), [&](int n) { return !placed[n]; });
  }
  path.erase(path.begin(), path.begin() + step[node]);
  path.push_back(node);
  std::reverse(path.begin(), path.end());   // data flows the other way
  std::string text;
  constexpr size_t kShown = 8;
  for (size_t i = 0; i < path.size(); ++i) {
    if (path.size() > kShown && i == kShown - 2) {
      Append(&text, " -> ... (", path.size() - kShown + 1, " more)");
      i = path.size() - 2;
      continue;
    }
    Append(&text, i == 0 ? "" : " -> ", NodeLabel(graph.node(path[i]), path[i]));
  }
  return InvalidArgument("the graph has a cycle: ", text);
}

}   // namespace

absl::Status SortNodes(onnx::GraphProto* graph) {
  const std::vector<std::vector<int>> needs = Needs(*graph);
  const int n = graph->node_size();
  bool sorted = true;
  for (int i = 0; i < n && sorted; ++i) sorted = needs[i].empty() || needs[i].back() < i;
  if (sorted) return absl::OkStatus();

  std::vector<int> waits(n);
  std::vector<std::vector<int>> feeds(n);
  for (int i = 0; i < n; ++i) {
    waits[i] = static_cast<int>(needs[i].size());
    for (const int need : needs[i]) feeds[need].push_back(i);
  }
  std::priority_queue<int, std::vector<int>, std::greater<>> ready;
  for (int i = 0; i < n; ++i) {
    if (waits[i] == 0) ready.push(i);
  }
  std::vector<int> order;
  std::vector<bool> placed(n, false);
  while (!ready.empty()) {
    const int node = ready.top();
    ready.pop();
    order.push_back(node);
    placed[node] = true;
    for (const int fed : feeds[node]) {
      if (--waits[fed] == 0) ready.push(fed);
    }
  }
  if (static_cast<int>(order.size()) < n) return NameCycle(*graph, needs, placed);

  std::vector<onnx::NodeProto*> nodes(n);
  graph->mutable_node()->UnsafeArenaExtractSubrange(0, n, nodes.data());
  for (const int node : order) graph->mutable_node()->UnsafeArenaAddAllocated(nodes[node]);
  return absl::OkStatus();
}

}   // namespace partway::graph
