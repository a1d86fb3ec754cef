// Initialisers whose bytes lie in files beside the model ("external data").
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "base/hash.h"
#include "graph/model.h"

namespace partway::graph {

// Loads external data into raw_data. A location is followed only to a regular file inside the model's own folder, after
// symbolic links and ".." are resolved (or inside the folder of the file that the model's path is a link to, as download
// caches arrange theirs). Each file is hashed whole at its first use. Not thread-safe.
class ExternalData {
 public:
  // `hash` and `bytes` take in each file; both outlive this.
  ExternalData(std::string model_path, const LoadLimits& limits, Sha256* hash, uint64_t* bytes);
  ~ExternalData();
  ExternalData(const ExternalData&) = delete;
  ExternalData& operator=(const ExternalData&) = delete;

  // Requires data_location EXTERNAL; afterwards `tensor` holds its bytes itself. Errors: InvalidArgument or NotFound, naming
  // the tensor, the file and what was expected.
  absl::Status Load(onnx::TensorProto* tensor);

 private:
  absl::Status Open(const std::string& location, std::string_view tensor);

  std::string model_path_;
  LoadLimits limits_;
  Sha256* hash_;
  uint64_t* bytes_;
  uint64_t file_bytes_ = 0, loaded_bytes_ = 0;
  std::map<std::string, uint64_t> sizes_;   // of the files seen, by location; one is open at a time
  std::string open_location_;
  int fd_ = -1;
};

}   // namespace partway::graph
