#include "tests/engine/odd_models.h"

#include <cmath>

#include "base/rng.h"
#include "base/text.h"

namespace partway::engine {

using graph::ModelBuilder;
namespace attr = graph::attr;

std::vector<OddModel> OddModels() {
  std::vector<OddModel> all = VisionModels();
  for (auto more : {ControlModels, FormModels}) {
    for (OddModel& model : more()) all.push_back(std::move(model));
  }
  return all;
}

std::string Weights(ModelBuilder& b, std::string_view name, const std::vector<int64_t>& dims) {
  uint64_t seed = 14695981039346656037u;   // FNV-1a: the same on every machine, unlike std::hash
  for (const char c : name) seed = (seed ^ static_cast<uint8_t>(c)) * 1099511628211u;
  Rng rng(seed);
  int64_t fan_in = 1;
  for (size_t i = 1; i < dims.size(); ++i) fan_in *= dims[i];
  const double bound = std::sqrt(3.0 / static_cast<double>(fan_in));   // a uniform distribution's deviation is bound/sqrt(3)
  for (float& w : b.FloatInitializer(name, dims)) w = static_cast<float>(rng.Uniform(-bound, bound));
  return std::string(name);
}

std::string Conv(ModelBuilder& b, const std::string& in, int from, int to, std::string_view name, int stride) {
  const std::string w = Weights(b, Concat(name, ".weight"), {to, from, 3, 3}), bias = Weights(b, Concat(name, ".bias"), {to});
  return b.Node("Conv", {in, w, bias}, {attr::Ints("pads", {1, 1, 1, 1}), attr::Ints("strides", {stride, stride})}, name);
}

std::string ConvRelu(ModelBuilder& b, const std::string& in, int from, int to, std::string_view name, int stride) {
  return b.Node("Relu", {Conv(b, in, from, to, Concat(name, ".conv"), stride)}, {}, name);
}

std::string Pool(ModelBuilder& b, const std::string& in, std::string_view name) {
  return b.Node("MaxPool", {in}, {attr::Ints("kernel_shape", {2, 2}), attr::Ints("strides", {2, 2})}, name);
}

std::string Classify(ModelBuilder& b, const std::string& in, int channels, int classes, std::string_view name) {
  const std::string flat = b.Node("Flatten", {b.Node("GlobalAveragePool", {in})});
  return b.Node("Gemm",
                {flat, Weights(b, Concat(name, ".weight"), {classes, channels}), Weights(b, Concat(name, ".bias"), {classes})},
                {attr::Int("transB", 1)}, name);
}

}   // namespace partway::engine
