// What a learned policy has learned: a network of three dense layers, two of them squashed, with what its inputs and outputs mean and where it
// was trained. A plain value; as a file it is JSON (docs/formats.md, "Weights of the learned policy").
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace partway::policy {

// What the network is shown in a slot (learned_state.h says how each is computed) and what it answers. Files name them, and are refused if
// theirs are others.
inline constexpr std::array<const char*, 18> kLearnedInputs = {"link",
                                                               "link_level",
                                                               "tight_now",
                                                               "tight_mean",
                                                               "accurate_now",
                                                               "accurate_mean",
                                                               "latency_need",
                                                               "frames",
                                                               "accuracy_goal",
                                                               "latency_debt",
                                                               "latency_debt_10",
                                                               "accuracy_debt",
                                                               "accuracy_debt_10",
                                                               "latency_recent",
                                                               "accuracy_recent",
                                                               "beginning",
                                                               "energy_stake",
                                                               "privacy_stake"};
inline constexpr std::array<const char*, 2> kLearnedOutputs = {"latency_price", "accuracy_price"};

// outputs = weights * inputs + biases; weights row by row, one for each output.
struct DenseLayer {
  size_t inputs = 0, outputs = 0;
  std::vector<double> weights, biases;
};

struct LearnedWeights {
  static constexpr int kVersion = 1;
  static constexpr size_t kLayers = 3, kMostWidth = 64;
  static constexpr double kMostWeight = 1e6;
  static constexpr size_t kMostBytes = 1 << 20;   // of a file

  // Each input x enters as (x - centre) / scale.
  std::vector<double> centre, scale;
  std::vector<DenseLayer> layers;

  struct Origin {
    std::string scenario;   // its name
    uint64_t seed = 0;
    int64_t steps = 0, runs = 0;   // of training; runs played for it
    double score = 0;              // mean over runs that were not trained on
  };
  Origin origin;

  // All weights and biases in a row, layer by layer, and back. Sizes must agree (asserted).
  std::vector<double> Flat() const;
  void Assign(const std::vector<double>& flat);
};

// A network that has learned nothing: hidden layers of this width with weights drawn from the seed, and a last layer of small ones around
// prices that are middling.
LearnedWeights NewWeights(size_t width, uint64_t seed);

std::string LearnedWeightsText(const LearnedWeights& weights);
// Errors, InvalidArgument, one line that begins with `origin` (the file's name): more than kMostBytes, no JSON, another version, inputs or
// outputs that are not ours, layers that do not fit together or are too wide, numbers that are missing, not ordinary or too large.
absl::StatusOr<LearnedWeights> ParseLearnedWeights(std::string_view text, const std::string& origin);

// What ships with the product (assets/policies/learned.json).
const LearnedWeights& ShippedLearnedWeights();

}   // namespace partway::policy
