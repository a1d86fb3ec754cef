// A loaded ONNX model: the parsed messages, their hash, and where they came from. Immutable; shared by whoever cuts, builds
// or serves it. Files are hostile input and are checked here, at the door.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/tensor.h"
#include "onnx/onnx_pb.h"

namespace partway::graph {

struct LoadLimits {
  uint64_t max_file_bytes = uint64_t{2} << 30;
  uint64_t max_external_bytes = uint64_t{8} << 30;
  int max_nodes = 200'000;   // nested bodies included, and the nodes that calls of the model's functions stand for
  int max_subgraph_depth = 32;
  int max_function_depth = 64;       // calls within functions of the model's own
  int64_t max_dimension = 1 << 20;   // of inputs and outputs
};

struct Model {
  onnx::ModelProto proto;   // external data already loaded into raw_data; nodes in topological order
  std::string name;         // file name without folder and ending, or the zoo's name
  std::string path;         // empty for a model that was built in memory
  std::string sha256;       // of the file's bytes followed by those of its external data files, in order of first use
  uint64_t bytes = 0;       // the same bytes, counted
  int64_t opset = 0;        // of the default domain
};

// Reads and checks a model: well-formed protobuf, names unique, every input produced before use (nodes are sorted if the file
// has them out of order), no cycle, external data inside the model's own folder and inside their files, no in-memory address
// marker, initialiser sizes that match their shapes, no function that needs itself. Errors: one line naming file, node or tensor, and
// what was expected. Thread-safe.
absl::StatusOr<std::shared_ptr<const Model>> LoadModel(const std::string& path, const LoadLimits& limits = {});

// The same checks for bytes that came from elsewhere (a socket, a fuzzer). External data is refused.
absl::StatusOr<std::shared_ptr<const Model>> ParseModel(std::string_view bytes, const std::string& name,
                                                        const LoadLimits& limits = {});

// The same for a message made by our own code; the hash is that of its deterministic serialisation.
absl::StatusOr<std::shared_ptr<const Model>> ModelFromProto(onnx::ModelProto proto, const std::string& name,
                                                            const LoadLimits& limits = {});

}   // namespace partway::graph
