#include "zoo/architectures.h"

namespace partway::zoo {

Value AlexNet(Net& net) {
  constexpr Activation kRelu = Activation::kRelu;
  Value x = net.Act("conv1.act", net.ConvBias("conv1", net.Input(), {.out = 64, .kernel = 11, .stride = 4, .padding = 2}), kRelu);
  x = net.MaxPool("pool1", x, 3, 2, 0);
  net.Group("conv1", x);
  x = net.Act("conv2.act", net.ConvBias("conv2", x, {.out = 192, .kernel = 5}), kRelu);
  x = net.MaxPool("pool2", x, 3, 2, 0);
  net.Group("conv2", x);
  x = net.Act("conv3.act", net.ConvBias("conv3", x, {.out = 384, .kernel = 3}), kRelu);
  net.Group("conv3", x);
  x = net.Act("conv4.act", net.ConvBias("conv4", x, {.out = 256, .kernel = 3}), kRelu);
  net.Group("conv4", x);
  x = net.Act("conv5.act", net.ConvBias("conv5", x, {.out = 256, .kernel = 3}), kRelu);
  x = net.MaxPool("pool5", x, 3, 2, 0);
  net.Group("conv5", x);
  x = net.Flatten("flatten", net.AdaptiveAveragePool("avgpool", x, 6));
  x = net.Act("fc6.act", net.Linear("fc6", x, 4096, 1, 0.4), kRelu);
  net.Group("fc6", x);
  x = net.Act("fc7.act", net.Linear("fc7", x, 4096, 1, 0.4), kRelu);
  x = net.Linear("logits", x, 1000, 4, 1);
  net.Group("fc7-fc8", x);
  return x;
}

}   // namespace partway::zoo
