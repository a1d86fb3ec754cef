// One small model of every kind that a cut must treat rightly: how its branches run, what its operators hold, how its file is
// written. Weights are seeded and keep the scale of what passes, so that an error anywhere shows in the outputs.
#pragma once

#include <cstdint>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "engine/shape_probe.h"
#include "graph/model_builder.h"

namespace partway::engine {

struct OddModel {
  std::string name;
  std::function<onnx::ModelProto()> build;
  // Groups that "all" makes: live operators that depend on an input, less the positions that a value crosses which cannot be sent.
  int groups = 1;
  int widest_frontier = 1;   // most values that cross an inner cut of "all", at the least
  ProbeSize size;            // to probe and run at
  ProbeSize other_size;      // to run at as well, with what was built for `size`; height 0: the model is fixed
  bool external = false;     // the file keeps its weights in another one beside it
};

inline void PrintTo(const OddModel& model, std::ostream* out) { *out << model.name; }   // for gtest

std::vector<OddModel> VisionModels();    // branches, frontiers of several values, shared weights
std::vector<OddModel> ControlModels();   // bodies, recurrence, sequences
std::vector<OddModel> FormModels();      // files: IR 3, functions, sparse weights, new operators, constants that are computed
std::vector<OddModel> OddModels();       // all of them

// Uniform with a standard deviation of 1/sqrt(elements per output); seeded by the name.
std::string Weights(graph::ModelBuilder& b, std::string_view name, const std::vector<int64_t>& dims);
// 3x3, padded, with bias; called `name`.
std::string Conv(graph::ModelBuilder& b, const std::string& in, int from, int to, std::string_view name, int stride = 1);
std::string ConvRelu(graph::ModelBuilder& b, const std::string& in, int from, int to, std::string_view name, int stride = 1);
std::string Pool(graph::ModelBuilder& b, const std::string& in, std::string_view name);   // 2x2, the largest
// Global average, flattened, and a matrix: N x `classes`.
std::string Classify(graph::ModelBuilder& b, const std::string& in, int channels, int classes, std::string_view name);

}   // namespace partway::engine
