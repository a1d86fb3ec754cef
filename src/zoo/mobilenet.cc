#include "base/text.h"
#include "zoo/architectures.h"

namespace partway::zoo {

Value MobileNetV1(Net& net) {
  struct Block {
    int out, stride;
  };
  constexpr Block kBlocks[] = {{64, 1},  {128, 2}, {128, 1}, {256, 2}, {256, 1},  {512, 2}, {512, 1},
                               {512, 1}, {512, 1}, {512, 1}, {512, 1}, {1024, 2}, {1024, 1}};
  Value x = net.ConvBnAct("conv0", net.Input(), {.out = 32, .kernel = 3, .stride = 2}, Activation::kRelu);
  net.Group("stem", x);
  int index = 1;
  for (const Block& block : kBlocks) {
    const std::string name = Concat("block", index++);
    x = net.ConvBnAct(name + ".depthwise", x, {.out = x.channels, .kernel = 3, .stride = block.stride, .groups = x.channels},
                      Activation::kRelu);
    x = net.ConvBnAct(name + ".pointwise", x, {.out = block.out}, Activation::kRelu);
    net.Group(name, x);
  }
  x = net.Linear("logits", net.GlobalPool("avgpool", x), 1000, 4, 1);
  net.Group("classifier", x);
  return x;
}

Value MobileNetV2(Net& net) {
  struct Stage {
    int expansion, out, blocks, stride;
  };
  constexpr Stage kStages[] = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2}, {6, 64, 4, 2},
                               {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};
  Value x = net.ConvBnAct("features.0", net.Input(), {.out = 32, .kernel = 3, .stride = 2}, Activation::kRelu6);
  net.Group("stem", x);
  int feature = 1, number = 1;
  for (const Stage& stage : kStages) {
    for (int block = 0; block < stage.blocks; ++block) {
      const std::string name = Concat("features.", feature++);
      const int stride = block == 0 ? stage.stride : 1;
      const bool residual = stride == 1 && x.channels == stage.out;
      Value y = x;
      if (stage.expansion != 1) y = net.ConvBnAct(name + ".expand", y, {.out = stage.expansion * x.channels}, Activation::kRelu6);
      y = net.ConvBnAct(name + ".depthwise", y, {.out = y.channels, .kernel = 3, .stride = stride, .groups = y.channels},
                        Activation::kRelu6);
      y = net.ConvBn(name + ".project", y, {.out = stage.out, .variance = residual ? 1.0 / stage.blocks : 1});
      x = residual ? net.Add(name + ".add", x, y) : y;
    }
    net.Group(Concat("stage", number++), x);
  }
  x = net.ConvBnAct("features.18", x, {.out = 1280}, Activation::kRelu6);
  net.Group("last", x);
  x = net.Linear("logits", net.GlobalPool("avgpool", x), 1000, 4, 1);
  net.Group("classifier", x);
  return x;
}

}   // namespace partway::zoo
