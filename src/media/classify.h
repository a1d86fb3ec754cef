// Reading a classifier's answer.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/tensor.h"
#include "media/model_config.h"

namespace partway::media {

struct Guess {
  int index = -1;          // class
  float probability = 0;   // softmax of the logits, or what the model gave
};

// The `k` likeliest classes, likeliest first, of an output [1, classes] (or [classes], or [1, classes, 1, 1]). Equal scores: the
// lower index first, so that the answer is the same everywhere. NaN scores come last; a class that is NaN is never first unless
// all are. Accepts FP32, FP16 and FP64. Errors: InvalidArgument for an output that holds more than one row, no element, another
// type, or whose kind is kTensor.
absl::StatusOr<std::vector<Guess>> TopK(const Tensor& output, OutputKind kind, size_t k);

// "espresso", or "class 967" without a name for it.
std::string LabelName(const ModelConfig& config, int index);

}   // namespace partway::media
