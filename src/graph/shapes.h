// Types and shapes of every value of a model for one input size. They come from running the model (engine/shape_probe.h),
// not from inference, since the ONNX package in Debian 12 stops at opset 17; graph/ takes them by argument.
#pragma once

#include <string>
#include <unordered_map>

#include "base/tensor.h"

namespace partway::graph {

struct ValueType {
  DType dtype = DType::kOpaque;
  Shape shape;   // batch 1
};
// By value name; values of bodies are absent.
using ValueTypes = std::unordered_map<std::string, ValueType>;

}   // namespace partway::graph
