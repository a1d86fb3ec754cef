// The least cut within a run of operators, all before it being on the device and all after it on the edge. See min_cut.h.
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

class BlockCut {
 public:
  // Operators [begin, end). `tensors`: those that are made or read in it. What comes from before it is read in it alone; what leaves it,
  // if it is not the last, is one tensor.
  BlockCut(const OperatorDag& dag, size_t begin, size_t end, const std::vector<int32_t>& tensors);

  size_t begin() const { return begin_; }
  size_t end() const { return begin_ + operators_.size(); }

  double AllOnDevice(const CutWeights& weights) const { return device_s_ * weights.device; }   // without what leaves it
  double AllOnEdge(const CutWeights& weights) const;                                           // without what enters it
  double Entering(const CutWeights& weights) const;                                            // what is uploaded before it
  // No division of the block, both of whose sides have operators, costs less.
  double LeastDivided(const CutWeights& weights) const;

  // The closed set of least cost: bytes of set() for its operators. `limit`, above 0: a cost that an answer has to stay below for anyone to
  // care; the precision is about 1e-15 of it.
  void Solve(const CutWeights& weights, double limit);
  const std::vector<uint8_t>& set() const { return set_; }
  size_t count() const;   // operators in the set
  double cost() const { return cost_; }

 private:
  struct Operator {
    double device_s = 0, edge_s = 0, reply_bits = 0;
    double leaving_bits = 0;   // made here, read behind the block
  };
  struct Tensor {
    int32_t producer = OperatorDag::kInput;   // within the block
    double bits = 0;
    int32_t first = 0, last = 0;   // in consumers_
  };

  double CostOfSet(const CutWeights& weights) const;

  size_t begin_;
  std::vector<Operator> operators_;
  std::vector<Tensor> tensors_;   // those read within the block
  std::vector<int32_t> consumers_;
  double device_s_ = 0, edge_s_ = 0, reply_bits_ = 0, entering_bits_ = 0, least_bits_ = 0;
  MaxFlow flow_;
  int scale_bits_ = 0;
  std::vector<uint8_t> set_;
  double cost_ = 0;
};

}   // namespace partway::policy
