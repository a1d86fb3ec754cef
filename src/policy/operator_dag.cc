#include "policy/operator_dag.h"

#include <algorithm>
#include <cmath>

#include "base/status.h"

namespace partway::policy {

absl::Status CheckOperatorDag(const OperatorDag& dag) {
  constexpr size_t kMost = 1'000'000;
  if (dag.operators.empty()) return InvalidArgument("the operator graph has no operators");
  if (dag.operators.size() > kMost || dag.tensors.size() > kMost) {
    return InvalidArgument("the operator graph has ", dag.operators.size(), " operators and ", dag.tensors.size(),
                           " tensors; expected at most ", kMost);
  }
  if (!(dag.accuracy >= 0 && dag.accuracy <= 1)) {
    return InvalidArgument("the operator graph's accuracy is ", dag.accuracy, "; expected a share of 0 to 1");
  }
  const auto cost = [](double value) { return value >= 0 && std::isfinite(value); };
  for (size_t i = 0; i < dag.operators.size(); ++i) {
    const OperatorDag::Operator& op = dag.operators[i];
    if (!cost(op.device_s) || !cost(op.edge_s)) {
      return InvalidArgument("operator ", i, " takes ", op.device_s, " s on the device and ", op.edge_s,
                             " s on the edge; expected numbers of 0 or more");
    }
  }
  const auto operators = static_cast<int32_t>(dag.operators.size());
  for (size_t i = 0; i < dag.tensors.size(); ++i) {
    const OperatorDag::Tensor& tensor = dag.tensors[i];
    if (!(tensor.bits >= 0) || !cost(tensor.reply_bits)) {
      return InvalidArgument("tensor ", i, " has ", tensor.bits, " bits and replies ", tensor.reply_bits,
                             "; expected numbers of 0 or more");
    }
    if (tensor.producer < OperatorDag::kInput || tensor.producer >= operators) {
      return InvalidArgument("tensor ", i, " is made by operator ", tensor.producer, " of ", operators);
    }
    for (const int32_t consumer : tensor.consumers) {
      if (consumer > tensor.producer && consumer >= 0 && consumer < operators) continue;
      return InvalidArgument("tensor ", i, " of operator ", tensor.producer, " is read by operator ", consumer,
                             "; expected a later one, below ", operators);
    }
  }
  return absl::OkStatus();
}

SetCost CostOfSet(const OperatorDag& dag, const std::vector<uint8_t>& on_device) {
  SetCost cost;
  for (size_t i = 0; i < dag.operators.size(); ++i) {
    if (on_device[i] != 0) {
      cost.device_s += dag.operators[i].device_s;
    } else {
      cost.edge_s += dag.operators[i].edge_s;
      cost.sends = true;
    }
  }
  for (const OperatorDag::Tensor& tensor : dag.tensors) {
    if (tensor.producer != OperatorDag::kInput && on_device[static_cast<size_t>(tensor.producer)] == 0) {
      cost.reply_bits += tensor.reply_bits;
      continue;
    }
    const bool crosses = std::any_of(tensor.consumers.begin(), tensor.consumers.end(),
                                     [&](int32_t consumer) { return on_device[static_cast<size_t>(consumer)] == 0; });
    if (crosses) cost.upload_bits += tensor.bits;
  }
  return cost;
}

bool IsClosed(const OperatorDag& dag, const std::vector<uint8_t>& on_device) {
  return std::all_of(dag.tensors.begin(), dag.tensors.end(), [&](const OperatorDag::Tensor& tensor) {
    if (tensor.producer == OperatorDag::kInput || on_device[static_cast<size_t>(tensor.producer)] != 0) return true;
    return std::none_of(tensor.consumers.begin(), tensor.consumers.end(),
                        [&](int32_t consumer) { return on_device[static_cast<size_t>(consumer)] != 0; });
  });
}

}   // namespace partway::policy
