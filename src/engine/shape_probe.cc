#include "engine/shape_probe.h"

#include <algorithm>
#include <set>
#include <unordered_set>
#include <utility>

#include "base/status.h"
#include "engine/onnx_types.h"
#include "engine/ort_engine.h"

namespace partway::engine {
namespace {

using InputTypes = std::map<std::string, graph::ValueType>;

// Names of values that no file uses: the shapes of probed values.
constexpr std::string_view kShapeOf = "partway.shape_of/";

// An initialiser whose numbers cannot matter to any shape; only its own shape can. Integers (targets of Reshape, axes, pads)
// and small tables (scales of Resize) are kept.
bool OnlyShapeMatters(const onnx::TensorProto& t) {
  constexpr int64_t kSmall = 64;
  int64_t elements = 1;
  for (int64_t d : t.dims()) elements *= d;   // the model's reader has checked the sizes
  const bool floating = t.data_type() == onnx::TensorProto::FLOAT || t.data_type() == onnx::TensorProto::FLOAT16 ||
                        t.data_type() == onnx::TensorProto::DOUBLE || t.data_type() == onnx::TensorProto::BFLOAT16;
  return floating && elements > kSmall;
}

void AddInput(onnx::GraphProto* graph, const std::string& name, int32_t element_type, std::span<const int64_t> dims) {
  onnx::ValueInfoProto* info = graph->add_input();
  info->set_name(name);
  auto* tensor = info->mutable_type()->mutable_tensor_type();
  tensor->set_elem_type(element_type);
  tensor->mutable_shape();   // a scalar has one too
  for (int64_t d : dims) tensor->mutable_shape()->add_dim()->set_dim_value(d);
}

// The model with its inputs fixed and without outputs. Declared types of inner values are left out: a file's may be for
// another size. `with_weights`: else large weights become inputs.
onnx::ModelProto Skeleton(const graph::OpGraph& graph, const InputTypes& inputs, bool with_weights) {
  const onnx::ModelProto& from = graph.model->proto;
  onnx::ModelProto to;
  to.set_ir_version(from.ir_version());
  *to.mutable_opset_import() = from.opset_import();
  *to.mutable_functions() = from.functions();
  onnx::GraphProto* g = to.mutable_graph();
  g->set_name(from.graph().name().empty() ? "probe" : from.graph().name());
  *g->mutable_node() = from.graph().node();
  *g->mutable_sparse_initializer() = from.graph().sparse_initializer();
  for (const onnx::ValueInfoProto& info : from.graph().input()) {
    const auto type = inputs.find(info.name());
    if (type == inputs.end()) continue;   // an initialiser that an IR 3 file lists; below
    if (type->second.dtype == DType::kOpaque) {
      *g->add_input() = info;
    } else {
      AddInput(g, info.name(), info.type().tensor_type().elem_type(), type->second.shape);
    }
  }
  const bool listed = from.ir_version() < 4;   // there every initialiser must be an input as well
  for (const onnx::TensorProto& t : from.graph().initializer()) {
    const bool declare = !with_weights && OnlyShapeMatters(t);
    if (!declare) *g->add_initializer() = t;
    if (declare || listed) AddInput(g, t.name(), t.data_type(), {t.dims().data(), static_cast<size_t>(t.dims_size())});
  }
  return to;
}

absl::StatusOr<std::unique_ptr<Segment>> Load(const onnx::ModelProto& proto) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Engine> engine, MakeOrtEngine({.threads = 1, .optimize = false, .allow_opaque = true}));
  std::string bytes;
  if (!proto.SerializeToString(&bytes)) return ResourceExhausted("the model is larger than 2 GB");
  return engine->BuildFromBytes(bytes);
}

void AddShapeOf(onnx::GraphProto* g, const std::string& value) {
  onnx::NodeProto* node = g->add_node();
  node->set_op_type("Shape");
  node->set_name(Concat(kShapeOf, value));
  node->add_input(value);
  node->add_output(node->name());
  g->add_output()->set_name(node->name());
}

std::vector<std::string> ProbedValues(const graph::OpGraph& graph) {
  std::vector<std::string> names;
  for (const graph::Node& node : graph.nodes) {
    for (const graph::ValueId v : node.outputs) names.push_back(graph.values[v].name);
  }
  return names;
}

// Types and shapes by inference alone; `open` gets the names of values whose shape it does not give.
absl::Status Infer(const graph::OpGraph& graph, const InputTypes& inputs, graph::ValueTypes* types,
                   std::vector<std::string>* open) {
  const onnx::ModelProto skeleton = Skeleton(graph, inputs, false);
  onnx::ModelProto probe = skeleton;
  for (const std::string& name : ProbedValues(graph)) probe.mutable_graph()->add_output()->set_name(name);
  ASSIGN_OR_RETURN(const std::unique_ptr<Segment> segment, Load(probe));
  std::vector<std::string> rankless;
  for (const TensorSpec& spec : segment->outputs()) {
    (*types)[spec.name] = {spec.dtype, spec.shape};
    if (spec.dtype == DType::kOpaque) continue;
    if (spec.shape.empty()) rankless.push_back(spec.name);
    // A dimension of 0 may be a size too small for a layer; only a run can tell.
    if (std::any_of(spec.shape.begin(), spec.shape.end(), [](int64_t d) { return d <= 0; })) open->push_back(spec.name);
  }
  if (rankless.empty()) return absl::OkStatus();
  // The engine gives no dimensions for a scalar and for an unknown rank alike. The shape of the value's Shape tells them
  // apart: [0] is a scalar's.
  probe = skeleton;
  for (const std::string& name : rankless) AddShapeOf(probe.mutable_graph(), name);
  ASSIGN_OR_RETURN(const std::unique_ptr<Segment> ranks, Load(probe));
  for (size_t i = 0; i < rankless.size(); ++i) {
    if (ranks->outputs()[i].shape != Shape{0}) open->push_back(rankless[i]);
  }
  return absl::OkStatus();
}

absl::Status RunOnZeros(const graph::OpGraph& graph, const InputTypes& inputs, const std::vector<std::string>& open,
                        graph::ValueTypes* types) {
  onnx::ModelProto probe = Skeleton(graph, inputs, true);
  for (const std::string& name : open) AddShapeOf(probe.mutable_graph(), name);
  ASSIGN_OR_RETURN(const std::unique_ptr<Segment> segment, Load(probe));
  probe.Clear();
  std::vector<Tensor> in;
  for (const TensorSpec& spec : segment->inputs()) {
    const auto type = inputs.find(spec.name);
    if (type == inputs.end()) return InternalError("the probe has an input '", spec.name, "' that the model lacks");
    ASSIGN_OR_RETURN(Tensor zeros, Tensor::Allocate(type->second.dtype, type->second.shape));
    std::fill_n(zeros.mutable_data(), zeros.byte_size(), std::byte{0});
    in.push_back(std::move(zeros));
  }
  std::vector<Tensor> out(segment->outputs().size());
  RETURN_IF_ERROR(segment->Run(in, out));
  for (size_t i = 0; i < open.size(); ++i) {
    const auto* dims = reinterpret_cast<const int64_t*>(out[i].data());
    (*types)[open[i]].shape.assign(dims, dims + out[i].byte_size() / sizeof(int64_t));
  }
  return absl::OkStatus();
}

// A window larger than what it slides over leaves an empty tensor, which the engine lets pass without a word.
absl::Status CheckNoLayerStarves(const graph::OpGraph& graph, const graph::ValueTypes& types) {
  static const std::set<std::string, std::less<>> kWindows = {"Conv",    "ConvInteger", "QLinearConv",
                                                              "MaxPool", "AveragePool", "LpPool"};
  const auto empty = [&](const std::string& name) {
    const auto type = types.find(name);
    return type != types.end() && ElementCount(type->second.shape) == 0;
  };
  for (const onnx::NodeProto& node : graph.model->proto.graph().node()) {
    if (node.input_size() == 0 || node.output_size() == 0 || !kWindows.contains(node.op_type())) continue;
    if (!empty(node.output(0)) || empty(node.input(0))) continue;
    return InvalidArgument(node.op_type(), " '", node.output(0), "' is left with ", ShapeString(types.at(node.output(0)).shape));
  }
  return absl::OkStatus();
}

std::string SizeText(const InputTypes& inputs) {
  for (const auto& [name, type] : inputs) {
    if (type.shape.size() == 4) {
      const bool last = type.shape[3] == 1 || type.shape[3] == 3 || type.shape[3] == 4;
      const bool channels_last = last && type.shape[1] != 1 && type.shape[1] != 3 && type.shape[1] != 4;
      return channels_last ? Concat(type.shape[1], "x", type.shape[2]) : Concat(type.shape[2], "x", type.shape[3]);
    }
  }
  return "inputs of this shape";
}

}   // namespace

absl::StatusOr<graph::ValueTypes> ProbeTypes(const graph::OpGraph& graph, ProbeSize size) {
  ASSIGN_OR_RETURN(const InputTypes inputs, InputTypesFor(graph, size));
  graph::ValueTypes types(inputs.begin(), inputs.end());
  for (const onnx::TensorProto& t : graph.model->proto.graph().initializer()) {
    types[t.name()] = {FromOnnxElementType(t.data_type()), Shape(t.dims().begin(), t.dims().end())};
  }
  if (graph.nodes.empty()) return types;   // inputs and initialisers are all there is, and the engine refuses an empty skeleton
  std::vector<std::string> open;
  absl::Status status = Infer(graph, inputs, &types, &open);
  const bool opaque_input =
      std::any_of(inputs.begin(), inputs.end(), [](const auto& i) { return i.second.dtype == DType::kOpaque; });
  // Without a tensor to feed there is no run; what is open stays open.
  if (status.ok() && !open.empty() && !opaque_input) status = RunOnZeros(graph, inputs, open, &types);
  if (status.ok()) status = CheckNoLayerStarves(graph, types);
  if (status.ok()) return types;
  return InvalidArgument(graph.model->name, " cannot take ", SizeText(inputs), ": ",
                         std::string_view(status.message().data(), status.message().size()));
}

}   // namespace partway::engine
