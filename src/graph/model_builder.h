// Builds ONNX models in memory: the zoo's architectures and the small models of tests.
//
//   ModelBuilder b("net");
//   b.Input("x", DType::kFloat32, {"N", 3, "H", "W"});
//   Fill(b.FloatInitializer("w", {8, 3, 3, 3}));
//   std::string y = b.Node("Conv", {"x", "w"}, {attr::Ints("pads", {1, 1, 1, 1})});
//   b.Group("stem", y);
//   b.Output(b.Node("Relu", {y}, {}, "y"), DType::kFloat32);
//   onnx::ModelProto proto = b.Build();
//
// The caller adds nodes in topological order. Nothing is checked beyond what the messages themselves need, since tests build
// bad models with it too; graph/model.h checks. Weights are written once, straight into the message. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/tensor.h"
#include "onnx/onnx_pb.h"

namespace partway::graph {

// A dimension of an input or output: a number, or a name for one that is free (in braces: {"N", 3, "H", "W"}).
class Dim {
 public:
  Dim(int value) : value_(static_cast<int64_t>(value)) {}
  Dim(int64_t value) : value_(value) {}
  Dim(const char* symbol) : value_(std::string(symbol)) {}
  Dim(std::string symbol) : value_(std::move(symbol)) {}
  const std::variant<int64_t, std::string>& value() const { return value_; }

 private:
  std::variant<int64_t, std::string> value_;
};

namespace attr {
onnx::AttributeProto Int(std::string_view name, int64_t value);
onnx::AttributeProto Ints(std::string_view name, const std::vector<int64_t>& values);
onnx::AttributeProto Float(std::string_view name, float value);
onnx::AttributeProto Floats(std::string_view name, const std::vector<float>& values);
onnx::AttributeProto String(std::string_view name, std::string_view value);
onnx::AttributeProto TensorValue(std::string_view name, onnx::TensorProto value);
onnx::AttributeProto Body(std::string_view name, onnx::GraphProto value);   // of If, Loop, Scan
}   // namespace attr

// Tensors for attr::TensorValue (Constant, ConstantOfShape).
onnx::TensorProto FloatTensor(std::span<const int64_t> dims, std::span<const float> values);
onnx::TensorProto Int64Tensor(std::span<const int64_t> dims, std::span<const int64_t> values);

// The number of an element type in onnx.TensorProto.DataType; 0 (UNDEFINED) for kOpaque.
int32_t OnnxElementType(DType dtype);

class ModelBuilder {
 public:
  using Names = std::vector<std::string>;
  using Attributes = std::vector<onnx::AttributeProto>;

  // `name`: of the graph. Values that get no name of their own are called "<name>.<op>_<number>", so give bodies other names.
  explicit ModelBuilder(std::string name = "graph", int64_t opset = 13, int64_t ir_version = 8);

  // Each returns the value's name, for use as an argument.
  std::string Input(std::string_view name, DType dtype, const std::vector<Dim>& dims);
  std::string Initializer(std::string_view name, DType dtype, const std::vector<int64_t>& dims, std::span<const std::byte> bytes);
  std::string Floats(std::string_view name, const std::vector<int64_t>& dims, std::span<const float> values);
  std::string Floats(std::string_view name, const std::vector<int64_t>& dims, std::initializer_list<float> values);
  std::string Int64s(std::string_view name, const std::vector<int64_t>& values);   // 1-D
  std::string Int64(std::string_view name, int64_t value);                         // scalar
  std::string Bool(std::string_view name, bool value);                             // scalar
  // Memory of a new float32 initialiser to write into, zeroed; it lives in the message until Build.
  std::span<float> FloatInitializer(std::string_view name, const std::vector<int64_t>& dims);

  // One output, called `output` or by itself. An empty input name is an absent optional input. The node is called as its output.
  std::string Node(std::string_view op_type, const Names& inputs, Attributes attributes = {}, std::string_view output = {});
  // Several outputs, named by the caller.
  void NodeWithOutputs(std::string_view op_type, const Names& inputs, const Names& outputs, Attributes attributes = {});

  // Declares `value` as an output; without dims the shape is left open.
  std::string Output(std::string_view value, DType dtype = DType::kFloat32);
  std::string Output(std::string_view value, DType dtype, const std::vector<Dim>& dims);

  // Metadata "partway.groups": the next group is called `name` and ends with value(s) `last`.
  void Group(std::string_view name, std::string_view last);
  void Group(std::string_view name, const Names& last);
  void Metadata(std::string_view key, std::string_view value);
  void Opset(std::string_view domain, int64_t version);   // one more domain, or another version of it

  // The message so far, for whatever has no method here.
  onnx::ModelProto& proto() { return proto_; }
  onnx::GraphProto& graph() { return *proto_.mutable_graph(); }

  // Moves the result out; the builder is empty afterwards.
  onnx::ModelProto Build();
  onnx::GraphProto BuildBody();   // the graph alone, as the body of an If, Loop or Scan

 private:
  onnx::TensorProto& AddInitializer(std::string_view name, DType dtype, const std::vector<int64_t>& dims);
  std::string FreshName(std::string_view op_type);

  struct PaperGroup {
    std::string name;
    Names last;
  };

  onnx::ModelProto proto_;
  std::vector<PaperGroup> groups_;
  int fresh_ = 0;
};

}   // namespace partway::graph
