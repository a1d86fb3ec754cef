#include "edge/service/model_store.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "base/status.h"
#include "engine/shape_probe.h"

namespace partway::edge {
namespace {

std::string Short(const std::string& sha256) { return sha256.substr(0, 12); }

// The entry, moved to the front; null if it is not there.
template <class List, class Key>
auto* Touch(List& list, const Key& key) {
  const auto found = std::find_if(list.begin(), list.end(), [&](const auto& entry) { return entry.first == key; });
  if (found == list.end()) return static_cast<decltype(&found->second)>(nullptr);
  list.splice(list.begin(), list, found);
  return &list.front().second;
}

}   // namespace

ModelStore::ModelStore(engine::Engine& engine, const ModelStoreOptions& options) : engine_(engine), options_(options) {}

absl::Status ModelStore::Add(const std::shared_ptr<const graph::Model>& model) {
  ASSIGN_OR_RETURN(std::shared_ptr<const ServedModel> served, MakeServedModel(model));
  std::lock_guard lock(mutex_);
  const auto found = models_.find(served->name);
  if (found != models_.end()) {
    if (found->second->sha256() == served->sha256()) return absl::OkStatus();
    return absl::AlreadyExistsError(
        Concat("two models are called ", served->name, ": ", Short(found->second->sha256()), " and ", Short(served->sha256())));
  }
  if (models_.size() >= static_cast<size_t>(options_.max_models)) {
    return ResourceExhausted("more than ", options_.max_models, " models, which is the limit");
  }
  models_.emplace(served->name, served);
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const ServedModel>> ModelStore::Find(const std::string& name, const std::string& version,
                                                                    const std::string& sha256) const {
  std::lock_guard lock(mutex_);
  std::shared_ptr<const ServedModel> model;
  const auto named = models_.find(name);
  if (named != models_.end() && (sha256.empty() || named->second->sha256() == sha256)) model = named->second;
  for (auto it = models_.begin(); !sha256.empty() && model == nullptr && it != models_.end(); ++it) {
    if (it->second->sha256() == sha256) model = it->second;
  }
  if (model == nullptr && named != models_.end()) {
    return FailedPrecondition("model ", name, " here is another version: ", Short(named->second->sha256()), ", asked for ",
                              Short(sha256));
  }
  if (model == nullptr) {
    constexpr int kNamed = 20;
    std::string names;
    int count = 0;
    for (const auto& [known, served] : models_) {
      if (count++ < kNamed) Append(&names, names.empty() ? "" : ", ", known);
    }
    if (count > kNamed) Append(&names, " and ", count - kNamed, " more");
    return NotFound("no model '", name.substr(0, 80), "' here; there ",
                    count == 0 ? "is none" : Concat(count == 1 ? "is " : "are ", names));
  }
  if (!version.empty() && version != "1")
    return NotFound("no version '", version.substr(0, 20), "' of model ", model->name, "; there is 1");
  return model;
}

std::vector<std::shared_ptr<const ServedModel>> ModelStore::models() const {
  std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<const ServedModel>> all;
  for (const auto& [name, model] : models_) all.push_back(model);
  return all;
}

void ModelStore::Remember(const Key& key, std::shared_ptr<const graph::Grouping> grouping) {
  std::lock_guard lock(mutex_);
  if (Touch(groupings_, key) != nullptr) return;
  groupings_.emplace_front(key, std::move(grouping));
  if (groupings_.size() > static_cast<size_t>(options_.max_groupings)) groupings_.pop_back();
}

absl::StatusOr<std::string> ModelStore::Attach(const ServedModel& model, const std::vector<int>& positions) {
  const auto last = static_cast<int>(model.graph->order.size());
  if (positions.size() < 2 || positions.size() > static_cast<size_t>(last) + 1 || positions.front() != 0 ||
      positions.back() != last) {
    return InvalidArgument("positions of a grouping of ", model.name, " must rise from 0 to ", last);
  }
  ASSIGN_OR_RETURN(std::shared_ptr<const graph::Grouping> grouping, graph::GroupingFromPositions(model.graph, positions, {}));
  const std::string fingerprint = grouping->fingerprint;
  RETURN_IF_ERROR(Build(model, grouping).status());
  Remember({model.sha256(), fingerprint}, std::move(grouping));
  return fingerprint;
}

absl::StatusOr<int> ModelStore::GroupCount(const ServedModel& model, const std::string& fingerprint) const {
  std::lock_guard lock(mutex_);
  for (const auto& [key, grouping] : groupings_) {
    if (key.first == model.sha256() && key.second == fingerprint) return grouping->size();
  }
  return FailedPrecondition("no device has attached with grouping ", fingerprint.substr(0, 16), " of model ", model.name,
                            "; attach first");
}

absl::StatusOr<std::shared_ptr<engine::GroupChain>> ModelStore::Chain(const ServedModel& model, const std::string& fingerprint) {
  std::shared_ptr<const graph::Grouping> grouping;
  {
    std::lock_guard lock(mutex_);
    const Key key{model.sha256(), fingerprint};
    if (auto* known = Touch(groupings_, key)) grouping = *known;
    if (auto* chain = Touch(chains_, key); chain != nullptr && grouping != nullptr) return *chain;
  }
  if (grouping == nullptr) return GroupCount(model, fingerprint).status();
  return Build(model, std::move(grouping));
}

absl::StatusOr<std::shared_ptr<engine::GroupChain>> ModelStore::Whole(const ServedModel& model) {
  const Key key{model.sha256(), "whole"};
  {
    std::lock_guard lock(mutex_);
    if (auto* known = Touch(groupings_, key)) {
      const Key real{model.sha256(), (*known)->fingerprint};
      if (auto* chain = Touch(chains_, real)) return *chain;
    }
  }
  ASSIGN_OR_RETURN(std::shared_ptr<const graph::Grouping> grouping,
                   graph::GroupingFromPositions(model.graph, {0, static_cast<int>(model.graph->order.size())}, {}));
  ASSIGN_OR_RETURN(std::shared_ptr<engine::GroupChain> chain, Build(model, grouping));
  Remember(key, std::move(grouping));
  return chain;
}

absl::StatusOr<const graph::ValueTypes*> ModelStore::Types(const ServedModel& model) {
  const auto found = types_.find(model.sha256());
  if (found != types_.end()) return &found->second;
  ASSIGN_OR_RETURN(graph::ValueTypes types, engine::ProbeTypes(*model.graph, {}));
  return &types_.emplace(model.sha256(), std::move(types)).first->second;
}

absl::StatusOr<std::shared_ptr<engine::GroupChain>> ModelStore::Build(const ServedModel& model,
                                                                      std::shared_ptr<const graph::Grouping> grouping) {
  const Key key{model.sha256(), grouping->fingerprint};
  std::lock_guard building(building_);
  {
    std::lock_guard lock(mutex_);   // somebody may have built it while we waited
    if (auto* chain = Touch(chains_, key)) return *chain;
  }
  ASSIGN_OR_RETURN(const graph::ValueTypes* types, Types(model));
  ASSIGN_OR_RETURN(std::shared_ptr<engine::GroupChain> chain, engine::GroupChain::Build(engine_, std::move(grouping), *types));
  std::lock_guard lock(mutex_);
  chains_.emplace_front(key, chain);
  if (chains_.size() > static_cast<size_t>(options_.max_chains)) chains_.pop_back();
  return chain;
}

absl::Status AddFolder(const std::string& folder, ModelStore* store) {
  namespace fs = std::filesystem;
  std::error_code error;
  std::vector<std::string> files;
  fs::directory_iterator at(folder, error);
  for (; !error && at != fs::directory_iterator(); at.increment(error)) {
    if (at->path().extension() == ".onnx") files.push_back(at->path().string());
  }
  if (error) return NotFound("cannot read the folder of models ", folder, ": ", error.message());
  if (files.empty()) return NotFound("no *.onnx file in ", folder);
  std::sort(files.begin(), files.end());
  for (const std::string& file : files) {
    ASSIGN_OR_RETURN(std::shared_ptr<const graph::Model> model, graph::LoadModel(file));
    RETURN_IF_ERROR(store->Add(model));
  }
  return absl::OkStatus();
}

}   // namespace partway::edge
