#include "apps/picture_model.h"

#include <algorithm>
#include <utility>

#include "apps/options.h"
#include "apps/verb.h"
#include "base/machine.h"
#include "base/status.h"
#include "engine/ort_engine.h"

namespace partway::apps {
namespace {

absl::Status CheckTakesPictures(const PreparedModel& model) {
  const std::string& name = model.loaded.model->name;
  if (model.graph->inputs.size() != 1)
    return InvalidArgument(name, " has ", model.graph->inputs.size(), " inputs; expected one, a picture");
  const graph::ValueType& type = model.types.at(model.graph->values[model.graph->inputs.front()].name);
  const bool picture = type.dtype == DType::kFloat32 && type.shape.size() == 4 && type.shape[0] == 1 && type.shape[1] == 3;
  if (picture) return absl::OkStatus();
  return InvalidArgument(name, " takes ", DTypeName(type.dtype), " ", ShapeString(type.shape),
                         "; expected a picture, FP32 1x3xHxW");
}

int64_t Pixels(engine::ProbeSize size) { return int64_t{size.height} * size.width; }
bool Same(engine::ProbeSize a, engine::ProbeSize b) { return a.height == b.height && a.width == b.width; }

}   // namespace

absl::StatusOr<PictureModel> PreparePictureModel(const std::string& model, const std::string& sizes, const std::string& groups) {
  PictureModel made;
  ASSIGN_OR_RETURN(std::vector<engine::ProbeSize> asked, ParseSizes(sizes));
  ASSIGN_OR_RETURN(made.prepared, PrepareModel(model, {}, groups));
  RETURN_IF_ERROR(CheckTakesPictures(made.prepared));
  made.own = engine::PictureSize(*made.prepared.graph, made.prepared.types);
  const bool named = !asked.empty(), free = made.prepared.size.height != 0;
  if (!named) {
    asked.push_back(made.own);
    for (const int edge : kCommonEdges) {
      if (free && !Same(made.own, {edge, edge})) asked.push_back({edge, edge});
    }
  }
  for (const engine::ProbeSize& size : asked) {
    const absl::Status takes = Same(size, made.own) ? absl::OkStatus() : engine::ProbeTypes(*made.prepared.graph, size).status();
    if (takes.ok()) {
      made.sizes.push_back(size);
    } else if (named) {
      return absl::IsInvalidArgument(takes) ? UsageError(Concat("--sizes: ", std::string(takes.message()))) : takes;
    }
  }
  std::sort(made.sizes.begin(), made.sizes.end(), [](auto a, auto b) { return Pixels(a) < Pixels(b); });
  std::stable_partition(made.sizes.begin(), made.sizes.end(), [&](auto size) { return Same(size, made.own); });
  ASSIGN_OR_RETURN(made.engine, engine::MakeOrtEngine({.threads = 1}));
  return made;
}

absl::Status BuildChain(bool cuts, PictureModel* model) {
  const PreparedModel& prepared = model->prepared;
  if (cuts) {
    ASSIGN_OR_RETURN(model->chain, engine::GroupChain::Build(*model->engine, prepared.grouping, prepared.types));
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(model->chain, engine::GroupChain::Empty(prepared.grouping));
  return model->chain->Fuse(*model->engine, prepared.types, 0, prepared.grouping->size());
}

absl::StatusOr<std::vector<int>> ParseCuts(const std::string& text, const PreparedModel& model, const std::string& groups,
                                           std::vector<int> otherwise) {
  if (text.empty()) return otherwise;
  const int n = model.grouping->size();
  std::vector<int> cuts;
  if (text == "all") {
    for (int c = 0; c <= n; ++c) cuts.push_back(c);
    return cuts;
  }
  constexpr int kAnyCut = 1'000'000;   // beyond N: said with the model's name and grouping
  ASSIGN_OR_RETURN(cuts, ParseWholeNumbers(text, 0, kAnyCut, "--cuts"));
  for (const int cut : cuts) RETURN_IF_ERROR(CheckCut(model, groups, cut));
  return cuts;
}

int ThreadsOr(int asked) { return asked > 0 ? asked : std::max(1, ThisMachine().cores); }

}   // namespace partway::apps
