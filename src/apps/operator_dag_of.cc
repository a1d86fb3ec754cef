#include "apps/operator_dag_of.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/status.h"
#include "graph/frontier.h"
#include "graph/macs.h"

namespace partway::apps {
namespace {

absl::Status CheckRates(const OperatorRates& rates) {
  const auto rate = [](double value) { return value > 0 && std::isfinite(value); };
  if (!rate(rates.device_macs_per_s) || !rate(rates.edge_macs_per_s)) {
    return InvalidArgument("the sides do ", rates.device_macs_per_s, " and ", rates.edge_macs_per_s,
                           " MACs per second; expected rates above 0");
  }
  const auto bandwidth = [](double value) { return value >= 0 && std::isfinite(value); };
  if (!bandwidth(rates.device_bytes_per_s) || !bandwidth(rates.edge_bytes_per_s)) {
    return InvalidArgument("the sides' memories carry ", rates.device_bytes_per_s, " and ", rates.edge_bytes_per_s,
                           " bytes per second; expected 0 (infinite) or more");
  }
  return absl::OkStatus();
}

// Bytes of a value at batch 1; 0 for what has no size of its own (sequences and the like, which never cross).
absl::StatusOr<double> BytesOf(const graph::OpGraph& graph, graph::ValueId value, const graph::ValueTypes& types) {
  if (!graph::Sendable(graph, value, types)) return 0.0;
  const int64_t bytes = graph::ValueBytes(graph, value, types);
  if (bytes < 0) return InvalidArgument("the size of value '", graph.values[static_cast<size_t>(value)].name, "' is not known");
  return static_cast<double>(bytes);
}

}   // namespace

absl::StatusOr<policy::OperatorDag> OperatorDagOf(const graph::OpGraph& graph, const graph::ValueTypes& types,
                                                  const OperatorDagInputs& inputs) {
  RETURN_IF_ERROR(CheckRates(inputs.rates));
  if (graph.order.empty()) return InvalidArgument("the model has no operator that depends on its inputs");
  std::vector<int32_t> place(graph.nodes.size(), -1);
  for (size_t i = 0; i < graph.order.size(); ++i) place[static_cast<size_t>(graph.order[i])] = static_cast<int32_t>(i);

  policy::OperatorDag dag;
  dag.accuracy = inputs.accuracy;
  double input_bits = 0;
  std::vector<double> moved(graph.order.size(), 0);   // bytes that each operator reads and writes
  for (size_t v = 0; v < graph.values.size(); ++v) {
    const graph::Value& value = graph.values[v];
    if (value.kind == graph::ValueKind::kConstant) continue;
    policy::OperatorDag::Tensor tensor;
    const auto id = static_cast<graph::ValueId>(v);
    const bool input = value.producer == graph::kNoNode;
    if (!input) tensor.producer = place[static_cast<size_t>(value.producer)];
    if (!input && tensor.producer < 0) continue;   // made by a node that no output needs
    for (const graph::NodeId consumer : value.consumers) {
      if (const int32_t at = place[static_cast<size_t>(consumer)]; at >= 0) tensor.consumers.push_back(at);
    }
    ASSIGN_OR_RETURN(const double bytes, BytesOf(graph, id, types));
    tensor.bits = graph::Sendable(graph, id, types) ? 8 * bytes : std::numeric_limits<double>::infinity();
    if (value.is_output && !input && !std::isinf(tensor.bits)) tensor.reply_bits = tensor.bits;
    if (!input) moved[static_cast<size_t>(tensor.producer)] += bytes;
    for (const int32_t consumer : tensor.consumers) moved[static_cast<size_t>(consumer)] += bytes;
    if (input && !std::isinf(tensor.bits)) input_bits += tensor.bits;
    dag.tensors.push_back(std::move(tensor));
  }
  if (inputs.input_bits > 0 && input_bits > 0) {
    for (policy::OperatorDag::Tensor& tensor : dag.tensors) {
      if (tensor.producer == policy::OperatorDag::kInput) tensor.bits *= inputs.input_bits / input_bits;
    }
  }
  const OperatorRates& rates = inputs.rates;
  const auto seconds = [](double macs, double rate, double bytes, double bandwidth) {
    return macs / rate + (bandwidth > 0 ? bytes / bandwidth : 0);
  };
  for (size_t i = 0; i < graph.order.size(); ++i) {
    const auto macs = static_cast<double>(graph::NodeMacs(graph, graph.order[i], types));
    dag.operators.push_back({seconds(macs, rates.device_macs_per_s, moved[i], rates.device_bytes_per_s),
                             seconds(macs, rates.edge_macs_per_s, moved[i], rates.edge_bytes_per_s)});
  }
  RETURN_IF_ERROR(policy::CheckOperatorDag(dag));
  return dag;
}

std::vector<graph::NodeId> NodesOnSide(const graph::OpGraph& graph, std::span<const uint8_t> on_device, bool device) {
  std::vector<graph::NodeId> nodes;
  for (size_t i = 0; i < graph.order.size(); ++i) {
    if ((on_device[i] != 0) == device) nodes.push_back(graph.order[i]);
  }
  return nodes;
}

}   // namespace partway::apps
