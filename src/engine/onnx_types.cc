#include "engine/onnx_types.h"

namespace partway::engine {

DType FromOnnxElementType(int32_t type) {
  switch (type) {
    case onnx::TensorProto::BOOL: return DType::kBool;
    case onnx::TensorProto::UINT8: return DType::kUint8;
    case onnx::TensorProto::UINT16: return DType::kUint16;
    case onnx::TensorProto::UINT32: return DType::kUint32;
    case onnx::TensorProto::UINT64: return DType::kUint64;
    case onnx::TensorProto::INT8: return DType::kInt8;
    case onnx::TensorProto::INT16: return DType::kInt16;
    case onnx::TensorProto::INT32: return DType::kInt32;
    case onnx::TensorProto::INT64: return DType::kInt64;
    case onnx::TensorProto::FLOAT16: return DType::kFloat16;
    case onnx::TensorProto::BFLOAT16: return DType::kBfloat16;
    case onnx::TensorProto::FLOAT: return DType::kFloat32;
    case onnx::TensorProto::DOUBLE: return DType::kFloat64;
    default: return DType::kOpaque;
  }
}

Shape DeclaredShape(const onnx::TensorShapeProto& shape) {
  Shape dims;
  for (const auto& d : shape.dim()) dims.push_back(d.has_dim_value() && d.dim_value() >= 0 ? d.dim_value() : -1);
  return dims;
}

}   // namespace partway::engine
