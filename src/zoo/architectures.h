// One function per architecture, each exact to the reference implementation that it names. They describe; a Net draws or counts.
#pragma once

#include <array>

#include "zoo/net.h"

namespace partway::zoo {

// K. He et al., "Deep Residual Learning for Image Recognition", 2016, with the stride in the 3x3 convolution ("v1.5"), as
// torchvision's resnet50 and resnet152. Groups: stem, the four stages, classifier. `blocks` per stage: {3,4,6,3} or {3,8,36,3}.
Value ResNet(Net& net, const std::array<int, 4>& blocks);

// A. Howard et al., "MobileNets", 2017, width 1.0. Groups: stem, thirteen separable blocks, classifier.
Value MobileNetV1(Net& net);

// M. Sandler et al., "MobileNetV2", 2018, width 1.0, as torchvision's mobilenet_v2. Groups: stem, seven stages, last convolution, classifier.
Value MobileNetV2(Net& net);

// M. Tan and Q. Le, "EfficientNetV2", 2021, as torchvision's efficientnet_v2_s. Groups: its eight `features`, classifier.
Value EfficientNetV2S(Net& net);

// A. Krizhevsky, "One weird trick for parallelizing convolutional neural networks", 2014, as torchvision's alexnet, adaptive average
// pooling included, so any input from 63 pixels. Groups: five convolutions (with their pooling), fc6, fc7 and fc8: seven.
Value AlexNet(Net& net);

}   // namespace partway::zoo
