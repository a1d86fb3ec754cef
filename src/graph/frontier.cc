#include "graph/frontier.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>

#include "graph/onnx_names.h"

namespace partway::graph {
namespace {

constexpr int64_t kMostBytes = int64_t{1} << 40;   // beyond it a size counts as unknown; sums of 2^22 values fit

bool MakesSequence(const onnx::NodeProto& node) {
  static const std::unordered_set<std::string_view> makers = {
      "SequenceConstruct", "SequenceEmpty",   "SequenceInsert", "SequenceErase",
      "SequenceMap",       "SplitToSequence", "Optional",       "ZipMap",
  };
  return makers.contains(node.op_type());
}

bool DeclaredOpaque(const onnx::TypeProto& type) {
  if (type.value_case() == onnx::TypeProto::VALUE_NOT_SET) return false;
  if (!type.has_tensor_type()) return true;
  return type.tensor_type().elem_type() != 0 && DTypeFromOnnx(type.tensor_type().elem_type()) == DType::kOpaque;
}

}   // namespace

Lifetimes ComputeLifetimes(const OpGraph& graph, std::span<const NodeId> order) {
  const int n = static_cast<int>(order.size());
  std::vector<int> place(graph.nodes.size(), -1);
  for (int i = 0; i < n; ++i) place[order[i]] = i;
  Lifetimes lifetimes;
  lifetimes.positions = n + 1;
  lifetimes.first.assign(graph.values.size(), 0);
  lifetimes.last.assign(graph.values.size(), -1);
  for (size_t v = 0; v < graph.values.size(); ++v) {
    const Value& value = graph.values[v];
    if (value.kind == ValueKind::kConstant) continue;
    if (value.producer != kNoNode) lifetimes.first[v] = place[value.producer] + 1;
    for (const NodeId consumer : value.consumers) lifetimes.last[v] = std::max(lifetimes.last[v], place[consumer]);
    if (value.producer == kNoNode && value.is_output) lifetimes.last[v] = n - 1;   // handed on by the last node's side
  }
  return lifetimes;
}

PositionTable Sweep(const OpGraph& graph, const Lifetimes& lifetimes, const ValueTypes& types) {
  const size_t n = static_cast<size_t>(lifetimes.positions);
  PositionTable table{std::vector<int>(n + 1), std::vector<int>(n + 1), std::vector<int64_t>(n + 1)};
  std::vector<int> unknown(n + 1);
  for (size_t v = 0; v < graph.values.size(); ++v) {
    const int first = lifetimes.first[v], end = lifetimes.last[v] + 1;
    if (first >= end) continue;
    const auto add = [&](auto& steps, auto amount) {
      steps[first] += amount;
      steps[end] -= amount;
    };
    add(table.values, 1);
    if (!Sendable(graph, static_cast<ValueId>(v), types)) add(table.unsendable, 1);
    const int64_t bytes = ValueBytes(graph, static_cast<ValueId>(v), types);
    if (bytes < 0)
      add(unknown, 1);
    else
      add(table.bytes, bytes);
  }
  for (size_t p = 1; p < n; ++p) {
    table.values[p] += table.values[p - 1];
    table.unsendable[p] += table.unsendable[p - 1];
    table.bytes[p] += table.bytes[p - 1];
    unknown[p] += unknown[p - 1];
  }
  table.values.resize(n);
  table.unsendable.resize(n);
  table.bytes.resize(n);
  for (size_t p = 0; p < n; ++p) {
    if (unknown[p] > 0) table.bytes[p] = -1;
  }
  return table;
}

std::vector<std::vector<ValueId>> FrontiersAt(const Lifetimes& lifetimes, std::span<const int> positions) {
  // Values by the first chosen position they may cross; a list of those still crossing is kept ascending.
  std::vector<std::vector<ValueId>> born(positions.size());
  for (size_t v = 0; v < lifetimes.first.size(); ++v) {
    if (lifetimes.first[v] > lifetimes.last[v]) continue;
    const auto it = std::lower_bound(positions.begin(), positions.end(), lifetimes.first[v]);
    if (it != positions.end() && *it <= lifetimes.last[v]) born[it - positions.begin()].push_back(static_cast<ValueId>(v));
  }
  std::vector<std::vector<ValueId>> frontiers(positions.size());
  std::vector<ValueId> alive;
  for (size_t i = 0; i < positions.size(); ++i) {
    std::erase_if(alive, [&](ValueId v) { return lifetimes.last[v] < positions[i]; });
    const size_t old = alive.size();
    alive.insert(alive.end(), born[i].begin(), born[i].end());
    std::inplace_merge(alive.begin(), alive.begin() + static_cast<std::ptrdiff_t>(old), alive.end());
    frontiers[i] = alive;
  }
  return frontiers;
}

bool Sendable(const OpGraph& graph, ValueId id, const ValueTypes& types) {
  const Value& value = graph.values[id];
  if (const auto it = types.find(value.name); it != types.end() && it->second.dtype == DType::kOpaque) return false;
  if (value.value_info >= 0 && DeclaredOpaque(graph.proto().value_info(value.value_info).type())) return false;
  if (value.input >= 0 && DeclaredOpaque(graph.proto().input(value.input).type())) return false;
  return value.producer == kNoNode || !MakesSequence(graph.proto().node(value.producer));
}

int64_t ValueBytes(const OpGraph& graph, ValueId id, const ValueTypes& types) {
  const auto it = types.find(graph.values[id].name);
  if (it == types.end() || it->second.dtype == DType::kOpaque) return -1;
  const std::optional<int64_t> elements = ElementCount(it->second.shape);
  const int64_t size = static_cast<int64_t>(DTypeSize(it->second.dtype));
  if (!elements || *elements > kMostBytes / size) return -1;
  return *elements * size;
}

}   // namespace partway::graph
