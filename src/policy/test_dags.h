// Operator graphs for tests: a chain, one drawn from a seed, and all closed sets of a small one.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "base/rng.h"
#include "policy/operator_dag.h"

namespace partway::policy {

// Operator i reads what i - 1 makes, operator 0 the input; the last one's output has `reply_bits`. bits[i] goes into operator i.
inline OperatorDag ChainDag(const std::vector<OperatorDag::Operator>& operators, const std::vector<double>& bits,
                            double reply_bits = 0) {
  OperatorDag dag;
  dag.operators = operators;
  for (size_t i = 0; i < operators.size(); ++i) {
    dag.tensors.push_back({static_cast<int32_t>(i) - 1, bits[i], 0, {static_cast<int32_t>(i)}});
  }
  dag.tensors.push_back({static_cast<int32_t>(operators.size()) - 1, 0, reply_bits, {}});
  return dag;
}

// One or two inputs; operators of 1 to 3 operands and 1 or 2 outputs, some of which several read; costs of 0 and tensors that must not
// cross among them. Whole numbers of 1/64, so that sums of tests are exact and ties occur.
inline OperatorDag RandomDag(uint64_t seed, int64_t most_operators) {
  Rng rng(seed);
  OperatorDag dag;
  dag.accuracy = 0.5;
  const auto cost = [&](double most) { return rng.Chance(0.15) ? 0.0 : std::floor(rng.Uniform(0, 64 * most)) / 64; };
  for (int64_t i = 0, n = rng.UniformInt(1, 2); i < n; ++i) dag.tensors.push_back({OperatorDag::kInput, cost(6), 0, {}});
  const int64_t operators = rng.UniformInt(1, most_operators);
  const double edge = rng.Uniform(0.05, 1.5);
  for (int64_t i = 0; i < operators; ++i) {
    const auto op = static_cast<int32_t>(i);
    dag.operators.push_back({cost(2), cost(2 * edge)});
    for (int64_t k = 0, n = rng.UniformInt(1, 3); k < n; ++k) {
      const int64_t last = static_cast<int64_t>(dag.tensors.size()) - 1;
      const int64_t from = rng.Chance(0.6) ? std::max<int64_t>(0, last - rng.UniformInt(0, 2)) : rng.UniformInt(0, last);
      std::vector<int32_t>& consumers = dag.tensors[static_cast<size_t>(from)].consumers;
      if (consumers.empty() || consumers.back() != op) consumers.push_back(op);
    }
    for (int64_t k = 0, n = rng.UniformInt(1, 2); k < n; ++k) {
      const double bits = rng.Chance(0.05) ? std::numeric_limits<double>::infinity() : cost(4);
      dag.tensors.push_back({op, bits, rng.Chance(0.2) ? cost(1) : 0, {}});
    }
  }
  return dag;
}

// Calls use(set) for every closed set, the empty and the full one among them.
template <class Use>
void ForEachClosedSet(const OperatorDag& dag, const Use& use) {
  const size_t n = dag.operators.size();
  std::vector<uint8_t> set(n);
  for (uint32_t mask = 0; mask < (1U << n); ++mask) {
    for (size_t i = 0; i < n; ++i) set[i] = (mask >> i) & 1U;
    if (IsClosed(dag, set)) use(set);
  }
}

}   // namespace partway::policy
