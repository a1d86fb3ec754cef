// From a MODEL argument to a grouped model: what every verb that cuts begins with.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "apps/load_model.h"
#include "engine/shape_probe.h"
#include "graph/grouping.h"
#include "graph/op_graph.h"
#include "graph/shapes.h"

namespace partway::apps {

struct PreparedModel {
  LoadedModel loaded;
  std::shared_ptr<const graph::OpGraph> graph;
  engine::ProbeSize size;    // as asked, or the model's own; {0, 0} where that is fixed, or is what a part of a model was cut for
  graph::ValueTypes types;   // at that size
  std::shared_ptr<const graph::Grouping> grouping;
};

// `size` {0, 0}: the size in the model's .toml where its inputs are free, else the fixed one. Errors as of the steps.
absl::StatusOr<PreparedModel> PrepareModel(const std::string& model, engine::ProbeSize size, const std::string& groups);

// A usage error unless 0 <= cut <= N: "cut 12 does not exist: resnet50 with 'auto' groups has cuts 0..9".
absl::Status CheckCut(const PreparedModel& model, const std::string& groups, int cut);

}   // namespace partway::apps
