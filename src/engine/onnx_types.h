// Types and shapes as ONNX messages write them.
#pragma once

#include "base/tensor.h"
#include "onnx/onnx_pb.h"

namespace partway::engine {

// kOpaque for strings, complex numbers and whatever ONNX adds later.
DType FromOnnxElementType(int32_t type);
Shape DeclaredShape(const onnx::TensorShapeProto& shape);   // -1 where free

}   // namespace partway::engine
