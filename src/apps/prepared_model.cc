#include "apps/prepared_model.h"

#include <algorithm>
#include <utility>

#include "apps/verb.h"
#include "base/status.h"
#include "graph/recorded_shapes.h"

namespace partway::apps {
namespace {

// Whether the model leaves a dimension of an image input free, so that the .toml's size has a say.
bool TakesAnySize(const graph::OpGraph& graph) {
  for (const onnx::ValueInfoProto& input : graph.model->proto.graph().input()) {
    const auto& dims = input.type().tensor_type().shape().dim();
    if (dims.size() == 4 && std::any_of(dims.begin() + 1, dims.end(), [](const auto& d) { return !d.has_dim_value(); }))
      return true;
  }
  return false;
}

// One input, of three channels: maps of a cut are taken as they are, pictures at any size.
bool TakesPictures(const graph::OpGraph& graph, const graph::ValueTypes& types) {
  if (graph.inputs.size() != 1) return false;
  const auto type = types.find(graph.values[graph.inputs.front()].name);
  return type != types.end() && type->second.shape.size() == 4 && type->second.shape[1] == 3;
}

}   // namespace

absl::StatusOr<PreparedModel> PrepareModel(const std::string& model, engine::ProbeSize size, const std::string& groups) {
  PreparedModel prepared;
  ASSIGN_OR_RETURN(prepared.loaded, LoadModelArgument(model));
  ASSIGN_OR_RETURN(prepared.graph, graph::BuildOpGraph(prepared.loaded.model));
  // A part of a model knows for which size it was cut; a .toml beside it, which nobody writes for it but its user, knows better.
  ASSIGN_OR_RETURN(const auto recorded, graph::RecordedInputShapes(*prepared.loaded.model));
  const bool any_size = size.height == 0 && TakesAnySize(*prepared.graph);
  const bool as_cut = any_size && prepared.loaded.config_assumed && !recorded.empty();
  if (any_size && !as_cut) size = {prepared.loaded.config.size, prepared.loaded.config.size};
  prepared.size = size;
  ASSIGN_OR_RETURN(prepared.types, engine::ProbeTypes(*prepared.graph, size));
  if (as_cut && TakesPictures(*prepared.graph, prepared.types))   // a head: of any size, as the whole is
    prepared.size = engine::PictureSize(*prepared.graph, prepared.types);
  absl::StatusOr<std::shared_ptr<const graph::Grouping>> grouping = graph::MakeGrouping(prepared.graph, prepared.types, groups);
  if (absl::IsInvalidArgument(grouping.status()))
    return UsageError(Concat("--groups: ", std::string(grouping.status().message())));
  if (!grouping.ok()) return grouping.status();
  prepared.grouping = *std::move(grouping);
  return prepared;
}

absl::Status CheckCut(const PreparedModel& model, const std::string& groups, int cut) {
  if (cut >= 0 && cut <= model.grouping->size()) return absl::OkStatus();
  return UsageError(Concat("cut ", cut, " does not exist: ", model.loaded.model->name, " with '", groups, "' groups has cuts 0..",
                           model.grouping->size()));
}

}   // namespace partway::apps
