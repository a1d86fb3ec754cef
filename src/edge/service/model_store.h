// The models a server has, and their chains of segments, built when first asked for: one chain for each grouping that devices
// attach with, and one for the model as a whole. Chains are the dear part, so their number is bounded; the one used longest ago goes first
// and is built again if it is asked for again.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "edge/service/served_model.h"
#include "engine/engine.h"
#include "engine/group_chain.h"
#include "graph/grouping.h"

namespace partway::edge {

struct ModelStoreOptions {
  int max_models = 256;
  int max_chains = 8;        // built and kept; those in use live on until their last request is done
  int max_groupings = 256;   // remembered, so that a chain can be built again
};

// Thread-safe.
class ModelStore {
 public:
  ModelStore(engine::Engine& engine, const ModelStoreOptions& options);

  // Errors: AlreadyExists for another model of the same name, ResourceExhausted, what BuildOpGraph reports.
  absl::Status Add(const std::shared_ptr<const graph::Model>& model);

  // By hash if one is given, else by name. Versions: "" or "1". Errors: NotFound (names the models there are), FailedPrecondition for
  // a model of that name with another hash.
  absl::StatusOr<std::shared_ptr<const ServedModel>> Find(const std::string& name, const std::string& version,
                                                          const std::string& sha256) const;
  std::vector<std::shared_ptr<const ServedModel>> models() const;   // by name

  // Makes the grouping known, builds its chain, and returns its fingerprint. Blocks. Errors: InvalidArgument for positions that are
  // none, what the engine reports.
  absl::StatusOr<std::string> Attach(const ServedModel& model, const std::vector<int>& positions);
  // The group count of a known grouping; FailedPrecondition for one that no device has attached with.
  absl::StatusOr<int> GroupCount(const ServedModel& model, const std::string& fingerprint) const;
  // Blocks if it has to be built. Errors: as GroupCount, what the engine reports.
  absl::StatusOr<std::shared_ptr<engine::GroupChain>> Chain(const ServedModel& model, const std::string& fingerprint);
  // All of the model as one group. Blocks if it has to be built.
  absl::StatusOr<std::shared_ptr<engine::GroupChain>> Whole(const ServedModel& model);

 private:
  using Key = std::pair<std::string, std::string>;   // model hash, fingerprint
  template <class T>
  using Recent = std::list<std::pair<Key, T>>;   // last used first

  absl::StatusOr<std::shared_ptr<engine::GroupChain>> Build(const ServedModel& model,
                                                            std::shared_ptr<const graph::Grouping> grouping);
  absl::StatusOr<const graph::ValueTypes*> Types(const ServedModel& model);   // under building_
  void Remember(const Key& key, std::shared_ptr<const graph::Grouping> grouping);

  engine::Engine& engine_;
  const ModelStoreOptions options_;
  mutable std::mutex mutex_;   // never held while building
  std::map<std::string, std::shared_ptr<const ServedModel>> models_;
  Recent<std::shared_ptr<const graph::Grouping>> groupings_;
  Recent<std::shared_ptr<engine::GroupChain>> chains_;
  std::mutex building_;                              // one chain at a time: the engine would serialise them anyway
  std::map<std::string, graph::ValueTypes> types_;   // by hash, under building_
};

// Adds every *.onnx file of the folder, in the order of their names. Errors: NotFound for a folder that is none or holds no model,
// what loading the first bad one reports.
absl::Status AddFolder(const std::string& folder, ModelStore* store);

}   // namespace partway::edge
