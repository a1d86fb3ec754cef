// A network as a graph of operators with their costs, for methods that may place any operator on either side. A plain value.
//
// A placement is a set of operators that run on the device. It must be closed: what an operator of the set reads is made by operators
// of the set. All others run on the edge. A tensor that is made (or fed) on the device and read on the edge is uploaded once,
// however many operators read it there.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/status.h"

namespace partway::policy {

struct OperatorDag {
  struct Operator {
    double device_s = 0, edge_s = 0;   // at speed 1 (cost::State)
  };
  static constexpr int32_t kInput = -1;
  struct Tensor {
    int32_t producer = kInput;        // operator, or kInput: fed on the device
    double bits = 0;                  // uploaded where it crosses; infinite: must not cross
    double reply_bits = 0;            // sent back if it is made on the edge: the network's outputs
    std::vector<int32_t> consumers;   // operators, without repeats; all later than the producer
  };
  std::vector<Operator> operators;   // in a topological order
  std::vector<Tensor> tensors;
  double accuracy = 0;   // of the network at this size, share in 0..1
};

// One for each size of an option table, in its order.
using OperatorDags = std::vector<OperatorDag>;

// Errors: InvalidArgument for no operator or more than a million, a negative or unordinary cost, a consumer that does not stand after
// the producer.
absl::Status CheckOperatorDag(const OperatorDag& dag);

// What a closed set costs a frame, at speed 1. Linear in the graph.
struct SetCost {
  double device_s = 0, upload_bits = 0, edge_s = 0, reply_bits = 0;
  bool sends = false;   // some operator runs on the edge
};
SetCost CostOfSet(const OperatorDag& dag, const std::vector<uint8_t>& on_device);

// Whether no operator of the set reads what one outside makes.
bool IsClosed(const OperatorDag& dag, const std::vector<uint8_t>& on_device);

}   // namespace partway::policy
