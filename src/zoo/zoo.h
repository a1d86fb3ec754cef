// The models of the papers, built as ONNX by our own code: architecture exact, weights seeded (they recognise nothing, but their
// activations keep their scale and different pictures give different answers); and one model with real weights, which ships as a file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "onnx/onnx_pb.h"

namespace partway::zoo {

inline constexpr uint64_t kDefaultSeed = 1;

struct Entry {
  std::string name;
  std::string description;
  int64_t params = 0;   // trainable, as the file holds them: running means and variances and scalar limits do not count
  int64_t macs = 0;     // of convolutions and matrix products, batch 1, at input_size
  int input_size = 0;   // the edge it was trained at, pixels
  std::vector<std::string> groups;   // the paper's; empty: none travel in the file
  bool shipped = false;              // real weights, from the file assets/<name>/<name>.onnx
};

// In the order of `zoo list`. Thread-safe.
const std::vector<Entry>& Entries();
const Entry* FindEntry(std::string_view name);
// "efficientnet_lite0, efficientnet_v2_s, ...", for messages.
std::string EntryNames();

// Input "input" [N,3,H,W], N, H and W free; output "logits" [N,1000]; groups in the metadata "partway.groups". The same name and seed
// give the same bytes on every machine. Time is about 2 ns a parameter. Errors: NotFound for an unknown name,
// FailedPrecondition for a model that ships as a file. Thread-safe.
absl::StatusOr<onnx::ModelProto> BuildModel(std::string_view name, uint64_t seed = kDefaultSeed);

}   // namespace partway::zoo
