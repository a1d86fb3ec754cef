// What stands in `x.toml` beside `x.onnx`: how a picture becomes the model's input and what its output means.
//
//     [input]
//     mean = [127, 127, 127]      # subtracted, 0..255 scale, RGB
//     std  = [128, 128, 128]      # divided by
//     size = 224                  # the edge it was trained at, pixels
//     [output]
//     kind   = "logits"           # or "probabilities", "tensor"
//     labels = "imagenet_labels.txt"   # one name a line, relative to this file
//
// Every key is optional; a key that is not one of these is refused by name and line.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace partway::media {

enum class OutputKind {
  kLogits,          // one score per class, softmax not yet taken
  kProbabilities,   // one probability per class
  kTensor,          // anything else: there is no top-1
};
std::string_view OutputKindName(OutputKind kind);   // "logits"
std::optional<OutputKind> OutputKindFromName(std::string_view name);

struct ModelConfig {
  // input = (pixel - mean) / std on the 0..255 scale, in the order R, G, B. The default is ImageNet's.
  std::array<float, 3> mean{123.675f, 116.28f, 103.53f};
  std::array<float, 3> std{58.395f, 57.12f, 57.375f};
  int size = 224;
  OutputKind kind = OutputKind::kLogits;
  std::string labels_file;           // as written in the file; empty: none
  std::vector<std::string> labels;   // label i is class i; empty: none
};

inline constexpr int kMaxInputEdge = 16384;   // pixels; a size beyond it is taken for a mistake

ModelConfig DefaultModelConfig();

// Reads the file and the labels it names. Errors: NotFound without the file; InvalidArgument for anything in it that cannot
// stand, with "file:line: " in front. Thread-safe.
absl::StatusOr<ModelConfig> ReadModelConfig(const std::string& toml_path);
// The same from text; `origin` stands for the file's name in errors and its folder is where a relative labels file is looked for.
absl::StatusOr<ModelConfig> ParseModelConfig(std::string_view toml, const std::string& origin);
// One name a line (at most 1 Mi lines and 16 MiB). Errors as ReadModelConfig.
absl::StatusOr<std::vector<std::string>> ReadLabels(const std::string& path);

// TOML text that ParseModelConfig reads back to an equal value (labels by their file's name alone: write that file apart).
std::string ModelConfigText(const ModelConfig& config);

}   // namespace partway::media
