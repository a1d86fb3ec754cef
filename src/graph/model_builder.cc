#include "graph/model_builder.h"

#include <cassert>
#include <utility>

#include "base/text.h"
#include "nlohmann/json.hpp"

namespace partway::graph {
namespace {

onnx::AttributeProto Attribute(std::string_view name, onnx::AttributeProto::AttributeType type) {
  onnx::AttributeProto attribute;
  attribute.set_name(std::string(name));
  attribute.set_type(type);
  return attribute;
}

template <class T>
onnx::TensorProto MakeTensor(int32_t type, std::span<const int64_t> dims, std::span<const T> values) {
  onnx::TensorProto tensor;
  tensor.set_data_type(type);
  for (const int64_t d : dims) tensor.add_dims(d);
  tensor.set_raw_data(values.data(), values.size_bytes());
  return tensor;
}

void SetTensorType(onnx::ValueInfoProto& info, DType dtype) {
  info.mutable_type()->mutable_tensor_type()->set_elem_type(OnnxElementType(dtype));
}

void SetShape(onnx::ValueInfoProto& info, const std::vector<Dim>& dims) {
  onnx::TensorShapeProto* shape = info.mutable_type()->mutable_tensor_type()->mutable_shape();
  for (const Dim& dim : dims) {
    auto* out = shape->add_dim();
    if (const int64_t* number = std::get_if<int64_t>(&dim.value())) {
      out->set_dim_value(*number);
    } else {
      out->set_dim_param(std::get<std::string>(dim.value()));
    }
  }
}

}   // namespace

int32_t OnnxElementType(DType dtype) {
  using T = onnx::TensorProto;
  switch (dtype) {
    case DType::kOpaque: return T::UNDEFINED;
    case DType::kBool: return T::BOOL;
    case DType::kUint8: return T::UINT8;
    case DType::kUint16: return T::UINT16;
    case DType::kUint32: return T::UINT32;
    case DType::kUint64: return T::UINT64;
    case DType::kInt8: return T::INT8;
    case DType::kInt16: return T::INT16;
    case DType::kInt32: return T::INT32;
    case DType::kInt64: return T::INT64;
    case DType::kFloat16: return T::FLOAT16;
    case DType::kBfloat16: return T::BFLOAT16;
    case DType::kFloat32: return T::FLOAT;
    case DType::kFloat64: return T::DOUBLE;
  }
  return T::UNDEFINED;
}

namespace attr {

onnx::AttributeProto Int(std::string_view name, int64_t value) {
  onnx::AttributeProto a = Attribute(name, onnx::AttributeProto::INT);
  a.set_i(value);
  return a;
}

onnx::AttributeProto Ints(std::string_view name, const std::vector<int64_t>& values) {
  onnx::AttributeProto a = Attribute(name, onnx::AttributeProto::INTS);
  for (const int64_t v : values) a.add_ints(v);
  return a;
}

onnx::AttributeProto Float(std::string_view name, float value) {
  onnx::AttributeProto a = Attribute(name, onnx::AttributeProto::FLOAT);
  a.set_f(value);
  return a;
}

onnx::AttributeProto Floats(std::string_view name, const std::vector<float>& values) {
  onnx::AttributeProto a = Attribute(name, onnx::AttributeProto::FLOATS);
  for (const float v : values) a.add_floats(v);
  return a;
}

onnx::AttributeProto String(std::string_view name, std::string_view value) {
  onnx::AttributeProto a = Attribute(name, onnx::AttributeProto::STRING);
  a.set_s(std::string(value));
  return a;
}

onnx::AttributeProto TensorValue(std::string_view name, onnx::TensorProto value) {
  onnx::AttributeProto a = Attribute(name, onnx::AttributeProto::TENSOR);
  *a.mutable_t() = std::move(value);
  return a;
}

onnx::AttributeProto Body(std::string_view name, onnx::GraphProto value) {
  onnx::AttributeProto a = Attribute(name, onnx::AttributeProto::GRAPH);
  *a.mutable_g() = std::move(value);
  return a;
}

}   // namespace attr

onnx::TensorProto FloatTensor(std::span<const int64_t> dims, std::span<const float> values) {
  return MakeTensor(onnx::TensorProto::FLOAT, dims, values);
}

onnx::TensorProto Int64Tensor(std::span<const int64_t> dims, std::span<const int64_t> values) {
  return MakeTensor(onnx::TensorProto::INT64, dims, values);
}

ModelBuilder::ModelBuilder(std::string name, int64_t opset, int64_t ir_version) {
  proto_.set_ir_version(ir_version);
  proto_.set_producer_name("partway");
  Opset("", opset);
  graph().set_name(std::move(name));
}

std::string ModelBuilder::Input(std::string_view name, DType dtype, const std::vector<Dim>& dims) {
  onnx::ValueInfoProto* input = graph().add_input();
  input->set_name(std::string(name));
  SetTensorType(*input, dtype);
  SetShape(*input, dims);
  return std::string(name);
}

onnx::TensorProto& ModelBuilder::AddInitializer(std::string_view name, DType dtype, const std::vector<int64_t>& dims) {
  onnx::TensorProto* tensor = graph().add_initializer();
  tensor->set_name(std::string(name));
  tensor->set_data_type(OnnxElementType(dtype));
  for (const int64_t d : dims) tensor->add_dims(d);
  return *tensor;
}

std::string ModelBuilder::Initializer(std::string_view name, DType dtype, const std::vector<int64_t>& dims,
                                      std::span<const std::byte> bytes) {
  AddInitializer(name, dtype, dims).set_raw_data(bytes.data(), bytes.size());
  return std::string(name);
}

std::string ModelBuilder::Floats(std::string_view name, const std::vector<int64_t>& dims, std::span<const float> values) {
  return Initializer(name, DType::kFloat32, dims, std::as_bytes(values));
}

std::string ModelBuilder::Floats(std::string_view name, const std::vector<int64_t>& dims, std::initializer_list<float> values) {
  return Floats(name, dims, std::span<const float>(values.begin(), values.size()));
}

std::string ModelBuilder::Int64s(std::string_view name, const std::vector<int64_t>& values) {
  return Initializer(name, DType::kInt64, {static_cast<int64_t>(values.size())}, std::as_bytes(std::span(values)));
}

std::string ModelBuilder::Int64(std::string_view name, int64_t value) {
  return Initializer(name, DType::kInt64, {}, std::as_bytes(std::span(&value, 1)));
}

std::string ModelBuilder::Bool(std::string_view name, bool value) {
  const uint8_t byte = value ? 1 : 0;
  return Initializer(name, DType::kBool, {}, std::as_bytes(std::span(&byte, 1)));
}

std::span<float> ModelBuilder::FloatInitializer(std::string_view name, const std::vector<int64_t>& dims) {
  const std::optional<int64_t> count = ElementCount(dims);
  assert(count.has_value());
  std::string* raw = AddInitializer(name, DType::kFloat32, dims).mutable_raw_data();
  raw->resize(static_cast<size_t>(*count) * sizeof(float));
  // A string's memory comes from operator new beyond its inline buffer, and that buffer is aligned for pointers.
  return {reinterpret_cast<float*>(raw->data()), static_cast<size_t>(*count)};
}

std::string ModelBuilder::FreshName(std::string_view op_type) { return Concat(graph().name(), ".", op_type, "_", fresh_++); }

std::string ModelBuilder::Node(std::string_view op_type, const Names& inputs, Attributes attributes, std::string_view output) {
  std::string name = output.empty() ? FreshName(op_type) : std::string(output);
  NodeWithOutputs(op_type, inputs, {name}, std::move(attributes));
  return name;
}

void ModelBuilder::NodeWithOutputs(std::string_view op_type, const Names& inputs, const Names& outputs, Attributes attributes) {
  onnx::NodeProto* node = graph().add_node();
  node->set_op_type(std::string(op_type));
  if (!outputs.empty()) node->set_name(outputs.front());
  for (const std::string& name : inputs) node->add_input(name);
  for (const std::string& name : outputs) node->add_output(name);
  for (onnx::AttributeProto& attribute : attributes) *node->add_attribute() = std::move(attribute);
}

std::string ModelBuilder::Output(std::string_view value, DType dtype) {
  onnx::ValueInfoProto* output = graph().add_output();
  output->set_name(std::string(value));
  SetTensorType(*output, dtype);
  return std::string(value);
}

std::string ModelBuilder::Output(std::string_view value, DType dtype, const std::vector<Dim>& dims) {
  std::string name = Output(value, dtype);
  SetShape(*graph().mutable_output(graph().output_size() - 1), dims);
  return name;
}

void ModelBuilder::Group(std::string_view name, std::string_view last) { Group(name, Names{std::string(last)}); }

void ModelBuilder::Group(std::string_view name, const Names& last) { groups_.push_back({std::string(name), last}); }

void ModelBuilder::Metadata(std::string_view key, std::string_view value) {
  onnx::StringStringEntryProto* entry = proto_.add_metadata_props();
  entry->set_key(std::string(key));
  entry->set_value(std::string(value));
}

void ModelBuilder::Opset(std::string_view domain, int64_t version) {
  for (onnx::OperatorSetIdProto& import : *proto_.mutable_opset_import()) {
    if (import.domain() == domain) {
      import.set_version(version);
      return;
    }
  }
  onnx::OperatorSetIdProto* import = proto_.add_opset_import();
  import->set_domain(std::string(domain));
  import->set_version(version);
}

onnx::ModelProto ModelBuilder::Build() {
  if (!groups_.empty()) {
    nlohmann::json groups = nlohmann::json::array();
    for (const PaperGroup& group : groups_) groups.push_back({{"name", group.name}, {"last", group.last}});
    Metadata("partway.groups", groups.dump());
    groups_.clear();
  }
  return std::exchange(proto_, onnx::ModelProto());
}

onnx::GraphProto ModelBuilder::BuildBody() { return std::move(*Build().mutable_graph()); }

}   // namespace partway::graph
