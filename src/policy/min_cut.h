// The closed set of operators of least weighted cost as a least cut (the construction of DADS' light workload algorithm, Hu et al., INFOCOM
// 2019, section IV): an arc source -> operator of the cost on the edge, an arc operator -> sink of that on the device, and for each
// tensor an auxiliary node behind an arc of what its upload costs, from which endless arcs lead to its consumers, so that it is
// uploaded once. Endless arcs from consumer to producer keep the set closed. The source's side is the device.
//
// Where a single tensor crosses a position of the order, whatever runs on the device beyond it needs all that is before it. There the
// graph falls into blocks, at most one of which is divided: the least cut of the whole is found among the cuts of single blocks, most of
// which a lower bound rules out. (Not so in a graph of several ends or with operators that read nothing: that is one block.)
//
// All buffers are made at construction; solving allocates nothing. Not thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "policy/block_cut.h"
#include "policy/operator_dag.h"

namespace partway::policy {

class MinCut {
 public:
  explicit MinCut(const OperatorDag& dag);   // one that CheckOperatorDag accepts, and that outlives this

  // Weights are finite and at least 0. The result is that of exact arithmetic for costs rounded to about 1e-15 of the answer per
  // operator and tensor (less for graphs of more than a thousand). Of equal sets, the one with the most operators.
  const std::vector<uint8_t>& Solve(const CutWeights& weights);
  const OperatorDag& dag() const { return dag_; }
  size_t blocks() const { return blocks_.size(); }

 private:
  const OperatorDag& dag_;
  std::vector<BlockCut> blocks_;
  std::vector<double> head_;   // cost of all blocks before each on the device; the last entry is that of all
  std::vector<double> tail_;   // cost of each and all after it on the edge; the last entry is 0
  std::vector<uint8_t> on_device_;
};

// The positions 0 < p < n of the order that divide the graph into blocks.
std::vector<size_t> BlockPositions(const OperatorDag& dag);

}   // namespace partway::policy
