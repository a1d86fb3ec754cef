// The forward pass of a learned policy's network. Weights stand input by input, so that the inner loop is over outputs: it can use vector
// registers without changing the order of any sum. Immutable; thread-safe; does not allocate.
#pragma once

#include <array>
#include <vector>

#include "policy/learned_weights.h"

namespace partway::policy {

using LearnedInputs = std::array<double, kLearnedInputs.size()>;
using LearnedOutputs = std::array<double, kLearnedOutputs.size()>;

class LearnedNet {
 public:
  explicit LearnedNet(const LearnedWeights& weights);   // as ParseLearnedWeights or NewWeights gives them

  LearnedOutputs Run(const LearnedInputs& inputs) const;

 private:
  struct Layer {
    size_t inputs = 0, outputs = 0;
    std::vector<double> by_input, biases;
  };
  std::vector<Layer> layers_;
  LearnedInputs centre_{}, per_unit_{};   // 1 / scale
};

}   // namespace partway::policy
