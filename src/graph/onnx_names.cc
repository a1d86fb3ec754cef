#include "graph/onnx_names.h"

#include "base/text.h"

namespace partway::graph {
namespace {

// Element types that came after the messages we build with (ONNX 1.12).
constexpr int kFloat8E4M3Fn = 17, kFloat8E5M2Fnuz = 20, kUint4 = 21, kInt4 = 22, kFloat4E2M1 = 23, kFloat8E8M0 = 24, kUint2 = 25,
              kInt2 = 26;

}   // namespace

std::string Quoted(std::string_view name) {
  constexpr size_t kLongest = 80;
  std::string text = "'";
  for (const char c : name.substr(0, kLongest)) text += (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) ? '?' : c;
  text += name.size() > kLongest ? "...'" : "'";
  return text;
}

std::string NodeLabel(const onnx::NodeProto& node, int index) {
  const std::string which = node.name().empty() ? Concat(index) : Quoted(node.name());
  const std::string op = Quoted(node.op_type());
  return Concat("node ", which, " (", std::string_view(op).substr(1, op.size() - 2), ")");
}

bool IsDefaultDomain(std::string_view domain) { return domain.empty() || domain == "ai.onnx"; }

DType DTypeFromOnnx(int32_t data_type) {
  switch (data_type) {
    case onnx::TensorProto::FLOAT: return DType::kFloat32;
    case onnx::TensorProto::UINT8: return DType::kUint8;
    case onnx::TensorProto::INT8: return DType::kInt8;
    case onnx::TensorProto::UINT16: return DType::kUint16;
    case onnx::TensorProto::INT16: return DType::kInt16;
    case onnx::TensorProto::INT32: return DType::kInt32;
    case onnx::TensorProto::INT64: return DType::kInt64;
    case onnx::TensorProto::BOOL: return DType::kBool;
    case onnx::TensorProto::FLOAT16: return DType::kFloat16;
    case onnx::TensorProto::DOUBLE: return DType::kFloat64;
    case onnx::TensorProto::UINT32: return DType::kUint32;
    case onnx::TensorProto::UINT64: return DType::kUint64;
    case onnx::TensorProto::BFLOAT16: return DType::kBfloat16;
    default: return DType::kOpaque;
  }
}

std::optional<int> ElementBits(int32_t data_type) {
  if (data_type >= kFloat8E4M3Fn && data_type <= kFloat8E5M2Fnuz) return 8;
  switch (data_type) {
    case onnx::TensorProto::STRING: return 0;
    case onnx::TensorProto::COMPLEX64: return 64;
    case onnx::TensorProto::COMPLEX128: return 128;
    case kFloat8E8M0: return 8;
    case kUint4:
    case kInt4:
    case kFloat4E2M1: return 4;
    case kUint2:
    case kInt2: return 2;
    default: break;
  }
  const DType dtype = DTypeFromOnnx(data_type);
  if (dtype == DType::kOpaque) return std::nullopt;
  return static_cast<int>(8 * DTypeSize(dtype));
}

}   // namespace partway::graph
