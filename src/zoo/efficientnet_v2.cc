#include <algorithm>

#include "base/text.h"
#include "zoo/architectures.h"

namespace partway::zoo {
namespace {

struct Stage {
  bool fused;   // one 3x3 convolution in place of expansion and depthwise
  int expansion, stride, out, blocks;
};
constexpr Stage kStages[] = {{true, 1, 1, 24, 2},   {true, 4, 2, 48, 4},   {true, 4, 2, 64, 4},
                             {false, 4, 2, 128, 6}, {false, 6, 1, 160, 9}, {false, 6, 2, 256, 15}};

Value FusedMBConv(Net& net, const std::string& name, const Value& x, const Stage& stage, int stride, double variance) {
  if (stage.expansion == 1) {
    // The activation comes last here; it is what has to be added or passed on.
    return net.ConvBnAct(name + ".fused", x, {.out = stage.out, .kernel = 3, .stride = stride}, Activation::kSilu);
  }
  const Value y =
      net.ConvBnAct(name + ".fused", x, {.out = stage.expansion * x.channels, .kernel = 3, .stride = stride}, Activation::kSilu);
  return net.ConvBn(name + ".project", y, {.out = stage.out, .variance = variance});
}

Value MBConv(Net& net, const std::string& name, const Value& x, const Stage& stage, int stride, double variance) {
  Value y = net.ConvBnAct(name + ".expand", x, {.out = stage.expansion * x.channels}, Activation::kSilu);
  y = net.ConvBnAct(name + ".depthwise", y, {.out = y.channels, .kernel = 3, .stride = stride, .groups = y.channels},
                    Activation::kSilu);
  y = net.SqueezeExcite(name + ".se", y, std::max(1, x.channels / 4));
  return net.ConvBn(name + ".project", y, {.out = stage.out, .variance = variance});
}

}   // namespace

Value EfficientNetV2S(Net& net) {
  Value x = net.ConvBnAct("features.0", net.Input(), {.out = 24, .kernel = 3, .stride = 2}, Activation::kSilu);
  net.Group("features.0", x);
  int number = 1;
  for (const Stage& stage : kStages) {
    for (int block = 0; block < stage.blocks; ++block) {
      const std::string name = Concat("features.", number, ".", block);
      const int stride = block == 0 ? stage.stride : 1;
      const bool residual = stride == 1 && x.channels == stage.out;
      const double variance = residual ? 2.0 / stage.blocks : 1;
      const Value y =
          stage.fused ? FusedMBConv(net, name, x, stage, stride, variance) : MBConv(net, name, x, stage, stride, variance);
      x = residual ? net.Add(name + ".add", x, y) : y;
    }
    net.Group(Concat("features.", number++), x);
  }
  x = net.ConvBnAct("features.7", x, {.out = 1280}, Activation::kSilu);
  net.Group("features.7", x);
  x = net.Linear("logits", net.GlobalPool("avgpool", x), 1000, 4, 1);
  net.Group("classifier", x);
  return x;
}

}   // namespace partway::zoo
