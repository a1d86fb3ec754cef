// From a model to the plain graph that min-cuts work on (policy/operator_dag.h), and from a set of its operators back to the nodes that
// graph/sub_model.h extracts.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "graph/op_graph.h"
#include "graph/shapes.h"
#include "policy/operator_dag.h"

namespace partway::apps {

// How fast both sides are. An operator takes its MACs over the rate, plus the bytes that it reads and writes over the bandwidth: the first
// is all there is to a convolution, the second to an addition. An infinite bandwidth leaves the MACs alone, as the papers do.
struct OperatorRates {
  double device_macs_per_s = 0, edge_macs_per_s = 0;
  double device_bytes_per_s = 0, edge_bytes_per_s = 0;   // of memory; 0 for infinite
};

struct OperatorDagInputs {
  OperatorRates rates;
  double input_bits = 0;   // of all the model's inputs together, as sent where they cross; 0: their tensors as they are
  double accuracy = 0;     // share in 0..1, of the network at this size
};

// One operator for each node of graph.order, in that order, and one tensor for each value that may cross: the values themselves, as they
// are. What cannot be sent has infinite bits. Outputs of the model that are made on the edge are sent back. Linear.
// Errors: InvalidArgument for rates that are not above 0, a model without operators, a value of unknown size.
absl::StatusOr<policy::OperatorDag> OperatorDagOf(const graph::OpGraph& graph, const graph::ValueTypes& types,
                                                  const OperatorDagInputs& inputs);

// The nodes of one side, to extract: those of the set, or (device false) all others of the order.
std::vector<graph::NodeId> NodesOnSide(const graph::OpGraph& graph, std::span<const uint8_t> on_device, bool device);

}   // namespace partway::apps
