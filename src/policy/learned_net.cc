#include "policy/learned_net.h"

#include <algorithm>

#include "policy/learned_math.h"

namespace partway::policy {

LearnedNet::LearnedNet(const LearnedWeights& weights) {
  for (size_t i = 0; i < centre_.size(); ++i) {
    centre_[i] = weights.centre[i];
    per_unit_[i] = 1 / weights.scale[i];
  }
  for (const DenseLayer& layer : weights.layers) {
    Layer& mine = layers_.emplace_back(Layer{layer.inputs, layer.outputs, {}, layer.biases});
    mine.by_input.resize(layer.weights.size());
    for (size_t out = 0; out < layer.outputs; ++out) {
      for (size_t in = 0; in < layer.inputs; ++in) {
        mine.by_input[in * layer.outputs + out] = layer.weights[out * layer.inputs + in];
      }
    }
  }
}

LearnedOutputs LearnedNet::Run(const LearnedInputs& inputs) const {
  std::array<double, LearnedWeights::kMostWidth> from, to;
  for (size_t i = 0; i < inputs.size(); ++i) from[i] = (inputs[i] - centre_[i]) * per_unit_[i];
  for (size_t l = 0; l < layers_.size(); ++l) {
    const Layer& layer = layers_[l];
    std::copy(layer.biases.begin(), layer.biases.end(), to.begin());
    const double* weights = layer.by_input.data();
    for (size_t in = 0; in < layer.inputs; ++in, weights += layer.outputs) {
      const double value = from[in];
      for (size_t out = 0; out < layer.outputs; ++out) to[out] += value * weights[out];
    }
    if (l + 1 < layers_.size()) {
      for (size_t out = 0; out < layer.outputs; ++out) to[out] = Squash(to[out]);
    }
    std::swap(from, to);
  }
  LearnedOutputs outputs;
  std::copy_n(from.begin(), outputs.size(), outputs.begin());
  return outputs;
}

}   // namespace partway::policy
