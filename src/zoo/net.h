// The layers of which the zoo's networks are made, with weights that keep activations at scale by construction.
//
// Every value carries what the next layer needs to know: channels, size, and the expected mean and mean square over positions,
// channels and weights. A convolution draws its weights with the variance that brings its output to the wanted variance
// (K. He et al., "Delving Deep into Rectifiers", 2015, eq. 10, with the actual moments of its input), and takes part of
// the input's mean off, as a trained batch normalisation would; without that, deep random networks map all pictures onto nearly
// one direction (B. Poole et al., "Exponential expressivity in deep neural networks through transient chaos", 2016).
//
// Batch normalisation stays a node of its own (engines fold it into the convolution). Its scale and bias are parameters and are
// initialisers; its running mean and variance are not parameters (torchvision: buffers) and are Constant nodes, as is every
// integer the graph needs. So the initialisers of a zoo model are exactly its parameters.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "graph/model_builder.h"

namespace partway::zoo {

// An activation as the next layer sees it. Sizes are those at the network's own input size.
struct Value {
  std::string name;
  int channels = 0;
  int height = 0, width = 0;
  double mean = 0, square = 1;   // expected value, expected square
};

struct ConvShape {
  int out = 0;
  int kernel = 1;
  int stride = 1;
  int groups = 1;        // == input channels: depthwise
  int padding = -1;      // -1: (kernel - 1) / 2
  double variance = 1;   // wanted of the output
};

enum class Activation { kRelu, kRelu6, kSilu };

struct NetOptions {
  std::string name;
  int input_size = 224;
  double batch_norm_epsilon = 1e-5;
  // How much of its input's mean a convolution takes off, 0..1. At 0 all pictures converge with depth, at 1 rounding errors grow fastest.
  double centring = 0.4;
  uint64_t seed = 1;
  bool weights = true;   // false: count parameters and MACs only; Finish then returns a model without initialisers
};

// Used once, from one thread.
class Net {
 public:
  explicit Net(const NetOptions& options);

  Value Input();                                                                   // "input" [N,3,H,W] float32, normalised RGB
  Value ConvBn(const std::string& name, const Value& x, const ConvShape& shape);   // no bias, then batch normalisation
  Value ConvBias(const std::string& name, const Value& x, const ConvShape& shape);
  Value Act(const std::string& name, const Value& x, Activation kind);
  Value ConvBnAct(const std::string& name, const Value& x, const ConvShape& shape, Activation kind);
  // x + branch; where both are at their own scale the branch was asked for with BranchVariance.
  Value Add(const std::string& name, const Value& x, const Value& branch);
  Value MaxPool(const std::string& name, const Value& x, int kernel, int stride, int padding);
  // x * sigmoid(expand(silu(squeeze(mean of x)))) (J. Hu et al., "Squeeze-and-Excitation Networks", 2018).
  Value SqueezeExcite(const std::string& name, const Value& x, int squeezed);
  // torch's AdaptiveAvgPool2d(size) for any input size, as two products with matrices that the graph computes from the shape:
  // cell i averages positions floor(i n / size) up to ceil((i + 1) n / size).
  Value AdaptiveAveragePool(const std::string& name, const Value& x, int size);
  Value GlobalPool(const std::string& name, const Value& x);   // [N,C,1,1] -> flattened [N,C]
  Value Flatten(const std::string& name, const Value& x);
  Value Linear(const std::string& name, const Value& x, int out, double variance = 1, double centring = 0);

  void Group(const std::string& name, const Value& last);
  // Declares the output; moves the model out.
  onnx::ModelProto Finish(const Value& logits);

  int64_t params() const { return params_; }
  int64_t macs() const { return macs_; }
  const std::vector<std::string>& groups() const { return groups_; }

 private:
  std::string Weights(const std::string& name, const std::vector<int64_t>& dims, double variance, double centring,
                      std::vector<float>* row_sums = nullptr);
  std::string Vector(const std::string& name, const std::vector<float>& values);
  std::string Filled(float value, int channels);   // a Constant, one per value and length
  std::string Int64Constant(const std::string& name, const std::vector<int64_t>& dims, const std::vector<int64_t>& values);
  std::string Convolution(const std::string& name, const Value& x, const ConvShape& shape, const std::string& bias, Value* y,
                          std::vector<float>* row_sums);
  std::string PoolingMatrix(const std::string& name, const std::string& shape_of, int axis, int size);

  NetOptions options_;
  graph::ModelBuilder builder_;
  std::map<std::pair<float, int>, std::string> filled_;
  std::vector<std::string> groups_;
  int64_t params_ = 0, macs_ = 0;
};

// The variance for each of `blocks` residual branches such that together they add twice the square of what they started from.
double BranchVariance(const Value& x, int blocks);

}   // namespace partway::zoo
