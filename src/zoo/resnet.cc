#include "base/text.h"
#include "zoo/architectures.h"

namespace partway::zoo {
namespace {

// `share`: the branch's variance, absolute; the first block of a stage has a projection beside it.
Value Bottleneck(Net& net, const std::string& name, const Value& x, int width, int stride, bool project, double variance) {
  Value y = net.ConvBnAct(name + ".conv1", x, {.out = width}, Activation::kRelu);
  y = net.ConvBnAct(name + ".conv2", y, {.out = width, .kernel = 3, .stride = stride}, Activation::kRelu);
  y = net.ConvBn(name + ".conv3", y, {.out = 4 * width, .variance = variance});
  const Value shortcut = project ? net.ConvBn(name + ".downsample", x, {.out = 4 * width, .stride = stride}) : x;
  return net.Act(name + ".act", net.Add(name + ".add", shortcut, y), Activation::kRelu);
}

}   // namespace

Value ResNet(Net& net, const std::array<int, 4>& blocks) {
  Value x = net.ConvBnAct("conv1", net.Input(), {.out = 64, .kernel = 7, .stride = 2, .padding = 3}, Activation::kRelu);
  x = net.MaxPool("maxpool", x, 3, 2, 1);
  net.Group("stem", x);
  for (int stage = 1; stage <= 4; ++stage) {
    const int count = blocks[static_cast<size_t>(stage - 1)];
    double variance = 1;
    for (int block = 0; block < count; ++block) {
      const std::string name = Concat("layer", stage, ".", block);
      x = Bottleneck(net, name, x, 32 << stage, block == 0 && stage > 1 ? 2 : 1, block == 0, variance);
      if (block == 0) variance = BranchVariance(x, count);
    }
    net.Group(Concat("stage", stage), x);
  }
  x = net.Linear("logits", net.GlobalPool("avgpool", x), 1000, 4, 1);
  net.Group("classifier", x);
  return x;
}

}   // namespace partway::zoo
