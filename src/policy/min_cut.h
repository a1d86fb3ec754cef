// The closed set of operators of least weighted cost as a least cut (the construction of DADS' light workload algorithm, Hu et al., INFOCOM
// 2019, section IV): an arc source -> operator of the cost on the edge, an arc operator -> sink of that on the device, and for each
// tensor an auxiliary node behind an arc of what its upload costs, from which endless arcs lead to its consumers, so that it is
// uploaded once. Endless arcs from consumer to producer keep the set closed. The source's side is the device.
//
// All buffers are made at construction; solving allocates nothing. Not thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "policy/max_flow.h"
#include "policy/operator_dag.h"

namespace partway::policy {

// What a second of work or a bit weighs.
struct CutWeights {
  double device = 1, edge = 1;       // per second at speed 1
  double uplink = 0, downlink = 0;   // per bit
};

class MinCut {
 public:
  explicit MinCut(const OperatorDag& dag);   // one that CheckOperatorDag accepts, and that outlives this

  // Weights are finite and at least 0. The result is that of exact arithmetic for costs rounded to about 1e-15 of the answer per
  // operator and tensor (less for graphs of more than a thousand). Of equal sets, the one with the most operators.
  const std::vector<uint8_t>& Solve(const CutWeights& weights);
  const OperatorDag& dag() const { return dag_; }

 private:
  const OperatorDag& dag_;
  MaxFlow flow_;
  std::vector<int32_t> crossing_;    // tensors that can cross: those with consumers
  std::vector<double> reply_bits_;   // of each operator's outputs
  std::vector<uint8_t> on_device_;
  int scale_bits_ = 0;
};

}   // namespace partway::policy
