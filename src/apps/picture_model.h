// A model that takes pictures, at several sizes, for the verbs that run it over a folder on threads of their own.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "apps/prepared_model.h"
#include "engine/engine.h"
#include "engine/group_chain.h"

namespace partway::apps {

struct PictureModel {
  PreparedModel prepared;                   // at its own size
  engine::ProbeSize own;                    // pixels
  std::vector<engine::ProbeSize> sizes;     // ascending by pixels, the own one first where it is among them
  std::unique_ptr<engine::Engine> engine;   // single-threaded: each picture is one thread's
  std::unique_ptr<engine::GroupChain> chain;

  int group_count() const { return prepared.grouping->size(); }
};

// `sizes`: as typed ("96,128"); empty: the model's own and, where its input is free, those of kCommonEdges that it can take. Errors: a usage error
// for a size the model cannot take; InvalidArgument for a model whose one input is no 1x3xHxW picture of float32.
absl::StatusOr<PictureModel> PreparePictureModel(const std::string& model, const std::string& sizes, const std::string& groups);
// Builds `chain`: group by group, or as one piece where nothing is to be cut.
absl::Status BuildChain(bool cuts, PictureModel* model);

inline constexpr int kCommonEdges[] = {96, 128, 160, 192, 224, 256, 288, 320};

// "all" or numbers with commas, each 0..N; empty: `otherwise`. Errors: a usage error naming --cuts.
absl::StatusOr<std::vector<int>> ParseCuts(const std::string& text, const PreparedModel& model, const std::string& groups,
                                           std::vector<int> otherwise);

// At least 1; 0 asked for: every core that this process may use.
int ThreadsOr(int asked);

}   // namespace partway::apps
