#include "graph/params.h"

#include <algorithm>
#include <unordered_set>

#include "graph/initializer.h"

namespace partway::graph {
namespace {

const onnx::TensorProto* Stored(const OpGraph& graph, ValueId v) {
  const Value& value = graph.values[v];
  if (value.initializer >= 0) return &graph.proto().initializer(value.initializer);
  if (value.sparse_initializer >= 0) return &graph.proto().sparse_initializer(value.sparse_initializer).values();
  return nullptr;
}

int64_t StoredBytes(const OpGraph& graph, ValueId v) {
  const onnx::TensorProto* tensor = Stored(graph, v);
  return tensor == nullptr ? 0 : TensorBytes(*tensor).value_or(0);
}

bool OnlyRunningStatistics(const OpGraph& graph, const Value& value) {
  if (value.consumers.empty()) return false;
  return std::all_of(value.consumers.begin(), value.consumers.end(), [&](NodeId n) {
    const onnx::NodeProto& node = graph.proto().node(n);
    return node.op_type() == "BatchNormalization" && node.input_size() >= 5 &&
           (node.input(3) == value.name || node.input(4) == value.name);
  });
}

}   // namespace

bool IsParameter(const OpGraph& graph, ValueId v) {
  const onnx::TensorProto* tensor = Stored(graph, v);
  if (tensor == nullptr || tensor->dims_size() == 0) return false;
  if (tensor->data_type() == onnx::TensorProto::INT64 || tensor->data_type() == onnx::TensorProto::BOOL) return false;
  return !OnlyRunningStatistics(graph, graph.values[v]);
}

ParamCount ParamsOf(const OpGraph& graph, std::span<const NodeId> nodes) {
  ParamCount count;
  std::unordered_set<ValueId> seen;
  std::vector<NodeId> pending(nodes.begin(), nodes.end());
  while (!pending.empty()) {
    const NodeId node = pending.back();
    pending.pop_back();
    for (const ValueId v : graph.nodes[node].inputs) {
      const Value& value = graph.values[v];
      if (value.kind != ValueKind::kConstant || !seen.insert(v).second) continue;
      if (value.producer != kNoNode) {
        pending.push_back(value.producer);
        continue;
      }
      count.bytes += StoredBytes(graph, v);
      if (IsParameter(graph, v)) count.params += TensorElements(*Stored(graph, v)).value_or(0);
    }
  }
  return count;
}

SideBytes ParamBytesBySide(const OpGraph& graph) {
  const int n = static_cast<int>(graph.order.size());
  // First and last place in the order that needs each value; constant nodes hand theirs on to what they read.
  std::vector<int> first(graph.values.size(), n), last(graph.values.size(), -1);
  std::vector<int> place(graph.nodes.size(), -1);
  for (int i = 0; i < n; ++i) place[graph.order[i]] = i;
  for (const ValueId v : graph.outputs) {
    if (graph.values[v].kind == ValueKind::kConstant && n > 0) first[v] = last[v] = n - 1;
  }
  for (size_t i = graph.nodes.size(); i-- > 0;) {
    const Node& node = graph.nodes[i];
    int low = place[i] >= 0 ? place[i] : n, high = place[i];
    if (node.constant) {
      for (const ValueId v : node.outputs) {
        low = std::min(low, first[v]);
        high = std::max(high, last[v]);
      }
    }
    for (const ValueId v : node.inputs) {
      first[v] = std::min(first[v], low);
      last[v] = std::max(last[v], high);
    }
  }
  SideBytes sides{std::vector<int64_t>(n + 2), std::vector<int64_t>(n + 2)};
  for (size_t v = 0; v < graph.values.size(); ++v) {
    if (last[v] < 0) continue;
    const int64_t bytes = StoredBytes(graph, static_cast<ValueId>(v));
    sides.head[first[v] + 1] += bytes;   // the head of position p has it if first < p
    sides.tail[0] += bytes;              // the tail if last >= p
    sides.tail[last[v] + 1] -= bytes;
  }
  for (int p = 1; p <= n; ++p) {
    sides.head[p] += sides.head[p - 1];
    sides.tail[p] += sides.tail[p - 1];
  }
  sides.head.resize(n + 1);
  sides.tail.resize(n + 1);
  return sides;
}

}   // namespace partway::graph
