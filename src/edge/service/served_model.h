// A model as the server offers it: what its inputs and outputs are called, and the check of a request against that.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/tensor.h"
#include "graph/op_graph.h"

namespace partway::edge {

// Immutable.
struct ServedModel {
  std::string name;
  std::shared_ptr<const graph::OpGraph> graph;
  std::vector<TensorSpec> inputs, outputs;   // in the model's order; -1: free
  bool batches = false;                      // declares that several inputs may be stacked (graph/batch_dimension.h)

  const std::string& sha256() const { return graph->model->sha256; }
};

absl::StatusOr<std::shared_ptr<const ServedModel>> MakeServedModel(const std::shared_ptr<const graph::Model>& model);

// "FP32 ?x3x224x224", for error lines and metadata.
std::string SpecText(const TensorSpec& spec);

// Whether `tensors` are the model's inputs: each there once, no other, of the declared type and shape, no dimension 0 or above
// `max_dimension`. Errors: InvalidArgument with the tensor and what was expected.
absl::Status CheckInputs(const ServedModel& model, std::span<const NamedTensor> tensors, int64_t max_dimension);

// No dimension 0 or above `max_dimension`, whatever the tensors are: absurd shapes never reach the engine.
absl::Status CheckDimensions(std::span<const NamedTensor> tensors, int64_t max_dimension);

}   // namespace partway::edge
