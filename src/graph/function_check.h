// The model's own functions: operators that the file defines by other operators. An engine puts their nodes in the place of each call.
#pragma once

#include "absl/status/status.h"
#include "graph/model.h"

namespace partway::graph {

// The graph has at most `limits.max_nodes` nodes once all calls are replaced, bodies included: thirty functions that call each other twice
// would be a thousand million. Linear in the file. Errors: ResourceExhausted; InvalidArgument for a function that needs itself.
absl::Status CheckFunctions(const onnx::ModelProto& model, const LoadLimits& limits);

}   // namespace partway::graph
