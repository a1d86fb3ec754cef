#include "edge/service/served_model.h"

#include <algorithm>

#include "base/status.h"
#include "graph/batch_dimension.h"
#include "graph/onnx_names.h"

namespace partway::edge {
namespace {

template <class ValueInfos>
TensorSpec SpecOf(const ValueInfos& infos, const std::string& name) {
  TensorSpec spec{.name = name, .dtype = DType::kOpaque, .shape = {}};
  for (const auto& info : infos) {
    if (info.name() != name || !info.type().has_tensor_type()) continue;
    const auto& type = info.type().tensor_type();
    spec.dtype = graph::DTypeFromOnnx(type.elem_type());
    for (const auto& d : type.shape().dim()) spec.shape.push_back(d.has_dim_value() && d.dim_value() >= 0 ? d.dim_value() : -1);
  }
  return spec;
}

std::string Names(const std::vector<TensorSpec>& specs) {
  std::string text;
  for (const TensorSpec& s : specs) Append(&text, text.empty() ? "'" : ", '", s.name, "' (", SpecText(s), ")");
  return text;
}

bool Matches(const TensorSpec& spec, const Tensor& tensor) {
  return spec.dtype == tensor.dtype() && spec.shape.size() == tensor.shape().size() &&
         std::equal(spec.shape.begin(), spec.shape.end(), tensor.shape().begin(),
                    [](int64_t want, int64_t have) { return want < 0 || want == have; });
}

}   // namespace

absl::StatusOr<std::shared_ptr<const ServedModel>> MakeServedModel(const std::shared_ptr<const graph::Model>& model) {
  auto served = std::make_shared<ServedModel>();
  served->name = model->name;
  ASSIGN_OR_RETURN(served->graph, graph::BuildOpGraph(model));
  const auto& graph = model->proto.graph();
  for (const graph::ValueId id : served->graph->inputs)
    served->inputs.push_back(SpecOf(graph.input(), served->graph->values[id].name));
  for (const graph::ValueId id : served->graph->outputs)
    served->outputs.push_back(SpecOf(graph.output(), served->graph->values[id].name));
  served->batches = graph::DeclaresBatch(*served->graph);
  return served;
}

std::string SpecText(const TensorSpec& spec) { return Concat(DTypeName(spec.dtype), " ", ShapeString(spec.shape)); }

absl::Status CheckDimensions(std::span<const NamedTensor> tensors, int64_t max_dimension) {
  for (const NamedTensor& t : tensors) {
    for (const int64_t d : t.tensor.shape()) {
      if (d >= 1 && d <= max_dimension) continue;
      return InvalidArgument("input '", t.name, "': shape ", ShapeString(t.tensor.shape()), " has a dimension outside 1..",
                             max_dimension);
    }
  }
  return absl::OkStatus();
}

absl::Status CheckInputs(const ServedModel& model, std::span<const NamedTensor> tensors, int64_t max_dimension) {
  for (const NamedTensor& t : tensors) {
    const auto spec =
        std::find_if(model.inputs.begin(), model.inputs.end(), [&](const TensorSpec& s) { return s.name == t.name; });
    if (spec == model.inputs.end())
      return InvalidArgument("model ", model.name, " has no input '", t.name, "'; expected ", Names(model.inputs));
    if (!Matches(*spec, t.tensor)) {
      return InvalidArgument("input '", t.name, "' of model ", model.name, " is ", DTypeName(t.tensor.dtype()), " ",
                             ShapeString(t.tensor.shape()), "; expected ", SpecText(*spec));
    }
  }
  for (const TensorSpec& spec : model.inputs) {
    const bool there = std::any_of(tensors.begin(), tensors.end(), [&](const NamedTensor& t) { return t.name == spec.name; });
    if (!there)
      return InvalidArgument("input '", spec.name, "' of model ", model.name, " is missing; expected ", Names(model.inputs));
  }
  return CheckDimensions(tensors, max_dimension);
}

}   // namespace partway::edge
