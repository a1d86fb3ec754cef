// How nodes, values and element types of ONNX messages are spoken of: in error lines and by number. Thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/tensor.h"
#include "onnx/onnx_pb.h"

namespace partway::graph {

// `name` in quotes, cut after 80 characters, without control characters: names come from hostile files.
std::string Quoted(std::string_view name);
// "node 'conv1' (Conv)"; "node 17 (Conv)" for one without a name.
std::string NodeLabel(const onnx::NodeProto& node, int index);

// The default operator set: "" or "ai.onnx".
bool IsDefaultDomain(std::string_view domain);

// From onnx.TensorProto.DataType; kOpaque for what cannot cross a cut. (The way back: OnnxElementType in model_builder.h.)
DType DTypeFromOnnx(int32_t data_type);
// Bits of one element as raw_data stores it: 4 for INT4; 0 for strings; nullopt for a number that ONNX does not know.
std::optional<int> ElementBits(int32_t data_type);

}   // namespace partway::graph
