#include "zoo/net.h"

#include <cassert>
#include <cmath>
#include <numbers>

#include "base/text.h"
#include "zoo/weights.h"

namespace partway::zoo {
namespace {

namespace attr = graph::attr;

// Of what enters the gates of squeeze-and-excite. Small, because gates that saturate turn a vivid picture into an ever larger one.
constexpr double kGateVariance = 0.25;

// Mean square left of `x` once `centring` of its mean is taken off.
double CentredSquare(const Value& x, double centring) {
  const double kept = 1 - centring;
  return x.square - (1 - kept * kept) * x.mean * x.mean;
}

int OutputSize(int size, const ConvShape& s, int padding) { return (size + 2 * padding - s.kernel) / s.stride + 1; }

}   // namespace

double BranchVariance(const Value& x, int blocks) { return 2 * x.square / blocks; }

Net::Net(const NetOptions& options) : options_(options), builder_(options.name) {}

std::string Net::Weights(const std::string& name, const std::vector<int64_t>& dims, double variance, double centring,
                         std::vector<float>* row_sums) {
  int64_t count = 1;
  for (const int64_t d : dims) count *= d;
  params_ += count;
  if (row_sums != nullptr) row_sums->assign(static_cast<size_t>(dims[0]), 0);
  if (!options_.weights) return name;
  FillWeights(builder_.FloatInitializer(name, dims), count / dims[0], variance, centring, options_.seed, name,
              row_sums != nullptr ? std::span<float>(*row_sums) : std::span<float>());
  return name;
}

std::string Net::Vector(const std::string& name, const std::vector<float>& values) {
  params_ += static_cast<int64_t>(values.size());
  if (options_.weights) builder_.Floats(name, {static_cast<int64_t>(values.size())}, values);
  return name;
}

std::string Net::Filled(float value, int channels) {
  std::string& name = filled_[{value, channels}];
  if (!name.empty()) return name;
  name = Concat(value == 0 ? "zeros_" : "ones_", channels);
  const int64_t dims[] = {channels};
  const std::vector<float> values(static_cast<size_t>(channels), value);
  builder_.Node("Constant", {}, {attr::TensorValue("value", graph::FloatTensor(dims, values))}, name);
  return name;
}

std::string Net::Int64Constant(const std::string& name, const std::vector<int64_t>& dims, const std::vector<int64_t>& values) {
  return builder_.Node("Constant", {}, {attr::TensorValue("value", graph::Int64Tensor(dims, values))}, name);
}

Value Net::Input() {
  const int size = options_.input_size;
  builder_.Input("input", DType::kFloat32, {"N", 3, "H", "W"});
  return {.name = "input", .channels = 3, .height = size, .width = size, .mean = 0, .square = 1};
}

std::string Net::Convolution(const std::string& name, const Value& x, const ConvShape& s, const std::string& bias, Value* y,
                             std::vector<float>* row_sums) {
  const int padding = s.padding >= 0 ? s.padding : (s.kernel - 1) / 2;
  const int fan_in = x.channels / s.groups * s.kernel * s.kernel;
  // A depthwise filter that sums to zero would see edges only; its mean is taken off in the bias instead (ConvBn). The same holds
  // for filters over the picture, whose mean is zero by its normalisation.
  const double centring = s.groups == 1 && x.mean != 0 ? options_.centring : 0;
  const double square = s.groups == 1 ? CentredSquare(x, centring) : CentredSquare(x, 1);
  const std::string weight = Weights(name + ".weight", {s.out, x.channels / s.groups, s.kernel, s.kernel},
                                     s.variance / (fan_in * square), centring, row_sums);
  *y = {.channels = s.out,
        .height = OutputSize(x.height, s, padding),
        .width = OutputSize(x.width, s, padding),
        .mean = 0,
        .square = s.variance};
  macs_ += int64_t{1} * s.out * y->height * y->width * fan_in;
  graph::ModelBuilder::Names inputs = {x.name, weight};
  if (!bias.empty()) inputs.push_back(bias);
  return builder_.Node("Conv", inputs,
                       {attr::Ints("kernel_shape", {s.kernel, s.kernel}), attr::Ints("strides", {s.stride, s.stride}),
                        attr::Ints("pads", {padding, padding, padding, padding}), attr::Int("group", s.groups)},
                       name);
}

Value Net::ConvBn(const std::string& name, const Value& x, const ConvShape& shape) {
  Value y;
  std::vector<float> sums;
  const std::string conv = Convolution(name, x, shape, "", &y, &sums);
  std::vector<float> scale(static_cast<size_t>(shape.out), 1.0f);
  std::vector<float> bias(static_cast<size_t>(shape.out), 0.0f);
  if (shape.groups > 1) {
    const float mean = Rounded(-x.mean);
    for (size_t c = 0; c < bias.size(); ++c) bias[c] = sums[c] * mean;
  }
  y.name = name + ".bn";
  builder_.Node(
      "BatchNormalization",
      {conv, Vector(y.name + ".weight", scale), Vector(y.name + ".bias", bias), Filled(0, shape.out), Filled(1, shape.out)},
      {attr::Float("epsilon", static_cast<float>(options_.batch_norm_epsilon))}, y.name);
  return y;
}

Value Net::ConvBias(const std::string& name, const Value& x, const ConvShape& shape) {
  Value y;
  const std::string bias = Weights(name + ".bias", {shape.out}, 0.01 * shape.variance, 0);
  y.name = Convolution(name, x, shape, bias, &y, nullptr);
  return y;
}

Value Net::Act(const std::string& name, const Value& x, Activation kind) {
  Value y = x;
  y.name = name;
  if (kind == Activation::kSilu) {
    const std::string gate = builder_.Node("Sigmoid", {x.name}, {}, name + ".sigmoid");
    builder_.Node("Mul", {x.name, gate}, {}, name);
    // For z ~ N(0, 1) the square of z sigmoid(z) is 0.356. Channels differ in scale, though, which a convex function rewards: 0.44
    // measured in EfficientNetV2, where an error of the estimate would multiply over forty blocks.
    y.mean = 0.2066;
    y.square = 0.44;
    return y;
  }
  if (kind == Activation::kRelu) {
    builder_.Node("Relu", {x.name}, {}, name);
  } else {
    if (!filled_.contains({6, 0})) {
      const float limits[] = {0, 6};
      builder_.Node("Constant", {}, {attr::TensorValue("value", graph::FloatTensor({}, std::span(&limits[0], 1)))}, "relu6.min");
      builder_.Node("Constant", {}, {attr::TensorValue("value", graph::FloatTensor({}, std::span(&limits[1], 1)))}, "relu6.max");
      filled_[{6, 0}] = "relu6.max";
    }
    builder_.Node("Clip", {x.name, "relu6.min", "relu6.max"}, {}, name);
  }
  // max(z, 0) for z ~ N(m, v): with a = m / sqrt(v), mean = m Phi(a) + sqrt(v) phi(a), square = (m^2 + v) Phi(a) + m sqrt(v) phi(a).
  const double deviation = std::sqrt(x.square - x.mean * x.mean);
  const double a = x.mean / deviation;
  const double density = std::exp(-a * a / 2) / std::sqrt(2 * std::numbers::pi);
  const double share = std::erfc(-a / std::numbers::sqrt2) / 2;
  // At the same square the mean is lower where channels differ in scale: 0.85 of it, measured in the MobileNets.
  y.mean = x.mean * share + 0.85 * deviation * density;
  y.square = x.square * share + x.mean * deviation * density;
  return y;
}

Value Net::ConvBnAct(const std::string& name, const Value& x, const ConvShape& shape, Activation kind) {
  return Act(name + ".act", ConvBn(name, x, shape), kind);
}

Value Net::Add(const std::string& name, const Value& x, const Value& branch) {
  Value y = x;
  y.name = builder_.Node("Add", {x.name, branch.name}, {}, name);
  y.mean = x.mean + branch.mean;
  y.square = x.square + branch.square + 2 * x.mean * branch.mean;
  return y;
}

Value Net::MaxPool(const std::string& name, const Value& x, int kernel, int stride, int padding) {
  Value y = x;
  y.name = builder_.Node("MaxPool", {x.name},
                         {attr::Ints("kernel_shape", {kernel, kernel}), attr::Ints("strides", {stride, stride}),
                          attr::Ints("pads", {padding, padding, padding, padding})},
                         name);
  const ConvShape shape{.kernel = kernel, .stride = stride};
  y.height = OutputSize(x.height, shape, padding);
  y.width = OutputSize(x.width, shape, padding);
  // Neighbours in a picture are alike: measured, the maximum over 3x3 has about 1.5 times the mean and twice the square.
  y.mean = 1.5 * x.mean;
  y.square = 2 * x.square;
  return y;
}

Value Net::SqueezeExcite(const std::string& name, const Value& x, int squeezed) {
  Value pooled = x;
  pooled.name = builder_.Node("GlobalAveragePool", {x.name}, {}, name + ".pool");
  pooled.height = pooled.width = 1;
  pooled.square = (x.square + x.mean * x.mean) / 2;   // channels differ, positions within one less so
  const Value hidden =
      Act(name + ".act", ConvBias(name + ".fc1", pooled, {.out = squeezed, .variance = kGateVariance}), Activation::kSilu);
  const Value gate = ConvBias(name + ".fc2", hidden, {.out = x.channels, .variance = kGateVariance});
  const std::string scale = builder_.Node("Sigmoid", {gate.name}, {}, name + ".sigmoid");
  Value y = x;
  y.name = builder_.Node("Mul", {x.name, scale}, {}, name);
  y.mean = 0.5 * x.mean;
  y.square = (0.25 + kGateVariance / 16) * x.square;   // sigmoid(z) is about 1/2 + z/4
  return y;
}

// [size, n] for the axis of length n: row i is 1/count over its cell's positions.
std::string Net::PoolingMatrix(const std::string& name, const std::string& shape, int axis, int size) {
  std::vector<int64_t> starts, ends;
  for (int64_t i = 0; i < size; ++i) {
    starts.push_back(i);
    ends.push_back(i + 1);
  }
  const std::string index = Int64Constant(name + ".axis", {}, {axis});
  const std::string zero = Int64Constant(name + ".zero", {}, {0});
  const std::string one = Int64Constant(name + ".one", {}, {1});
  const std::string cells = Int64Constant(name + ".cells", {}, {size});
  const std::string last = Int64Constant(name + ".cells_less_one", {}, {size - 1});
  const std::string row_axis = Int64Constant(name + ".row_axis", {1}, {1});
  const std::string first_of = Int64Constant(name + ".first", {size, 1}, starts);
  const std::string next_of = Int64Constant(name + ".next", {size, 1}, ends);
  graph::ModelBuilder& b = builder_;
  const std::string n = b.Node("Gather", {shape, index}, {}, name + ".n");
  const std::string position = b.Node("Range", {zero, n, one}, {}, name + ".position");
  const std::string from = b.Node("Div", {b.Node("Mul", {first_of, n}, {}, name + ".from_n"), cells}, {}, name + ".from");
  const std::string to_n = b.Node("Add", {b.Node("Mul", {next_of, n}, {}, name + ".to_n"), last}, {}, name + ".to_up");
  const std::string to = b.Node("Div", {to_n, cells}, {}, name + ".to");
  const std::string outside = b.Node("Less", {position, from}, {}, name + ".before");
  const std::string inside =
      b.Node("And", {b.Node("Not", {outside}, {}, name + ".from_on"), b.Node("Less", {position, to}, {}, name + ".up_to")}, {},
             name + ".inside");
  const std::string mask = b.Node("Cast", {inside}, {attr::Int("to", onnx::TensorProto::FLOAT)}, name + ".mask");
  const std::string count = b.Node("ReduceSum", {mask, row_axis}, {attr::Int("keepdims", 1)}, name + ".count");
  return b.Node("Div", {mask, count}, {}, name);
}

Value Net::AdaptiveAveragePool(const std::string& name, const Value& x, int size) {
  const std::string shape = builder_.Node("Shape", {x.name}, {}, name + ".shape");
  const std::string rows = PoolingMatrix(name + ".rows", shape, 2, size);
  const std::string columns = PoolingMatrix(name + ".columns", shape, 3, size);
  const std::string across = builder_.Node("Transpose", {columns}, {attr::Ints("perm", {1, 0})}, name + ".across");
  const std::string tall = builder_.Node("MatMul", {rows, x.name}, {}, name + ".tall");   // [size,H] [N,C,H,W] -> [N,C,size,W]
  macs_ += int64_t{1} * x.channels * size * x.height * x.width + int64_t{1} * x.channels * size * x.width * size;
  Value y = x;
  y.name = builder_.Node("MatMul", {tall, across}, {}, name);
  y.height = y.width = size;
  return y;
}

Value Net::Flatten(const std::string& name, const Value& x) {
  Value y = x;
  y.name = builder_.Node("Flatten", {x.name}, {attr::Int("axis", 1)}, name);
  y.channels = x.channels * x.height * x.width;
  y.height = y.width = 1;
  return y;
}

Value Net::GlobalPool(const std::string& name, const Value& x) {
  Value pooled = x;
  pooled.name = builder_.Node("GlobalAveragePool", {x.name}, {}, name);
  pooled.height = pooled.width = 1;
  pooled.square = 0.3 * x.square + 0.7 * x.mean * x.mean;   // what averaging over positions leaves of the channels' differences
  return Flatten(name + ".flat", pooled);
}

Value Net::Linear(const std::string& name, const Value& x, int out, double variance, double centring) {
  const std::string weight =
      Weights(name + ".weight", {out, x.channels}, variance / (x.channels * CentredSquare(x, centring)), centring);
  const std::string bias = Weights(name + ".bias", {out}, 0.01 * variance, 0);
  macs_ += int64_t{1} * out * x.channels;
  builder_.Node("Gemm", {x.name, weight, bias}, {attr::Int("transB", 1)}, name);
  return {.name = name, .channels = out, .height = 1, .width = 1, .mean = 0, .square = variance};
}

void Net::Group(const std::string& name, const Value& last) {
  builder_.Group(name, last.name);
  groups_.push_back(name);
}

onnx::ModelProto Net::Finish(const Value& logits) {
  builder_.Output(logits.name, DType::kFloat32, {"N", logits.channels});
  return builder_.Build();
}

}   // namespace partway::zoo
