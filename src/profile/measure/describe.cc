#include "profile/measure/describe.h"

#include <algorithm>
#include <utility>

#include "base/status.h"
#include "engine/group_chain.h"
#include "graph/frontier.h"

namespace partway::profile {
Profile DescribeModel(const graph::Grouping& grouping) {
  Profile profile;
  profile.model = grouping.graph->model->name;
  profile.model_sha256 = grouping.graph->model->sha256;
  profile.grouping = grouping.fingerprint;
  profile.positions = grouping.positions;
  for (const graph::Group& group : grouping.groups) {
    profile.group_names.push_back(group.name);
    profile.group_param_bytes.push_back(group.param_bytes);
  }
  return profile;
}

void DescribeMachine(const MachineInfo& machine, const engine::EngineInfo& engine, const std::string& date, Profile* profile) {
  profile->cpu = machine.cpu;
  profile->system = machine.system;
  profile->cores = machine.cores;
  profile->cpu_hz = machine.cpu_hz;
  profile->engine = engine.name;
  profile->engine_version = engine.version;
  profile->provider = engine.provider;
  profile->date = date;
}

absl::StatusOr<SizedModel> ModelAtSize(const std::shared_ptr<const graph::OpGraph>& graph, const std::vector<int>& positions,
                                       engine::ProbeSize size) {
  SizedModel model;
  ASSIGN_OR_RETURN(model.types, engine::ProbeTypes(*graph, size));
  ASSIGN_OR_RETURN(model.grouping, graph::GroupingFromPositions(graph, positions, model.types));
  const engine::ProbeSize taken = engine::PictureSize(*graph, model.types);
  model.height = std::max(1, taken.height);   // a model that takes no picture has one size, and that is called 1x1
  model.width = std::max(1, taken.width);
  return model;
}

absl::StatusOr<SizeProfile> DescribeSize(const SizedModel& model, int threads) {
  const graph::Grouping& grouping = *model.grouping;
  const graph::OpGraph& graph = *grouping.graph;
  ASSIGN_OR_RETURN(const std::unique_ptr<engine::GroupChain> chain, engine::GroupChain::Empty(model.grouping));
  SizeProfile size{.height = model.height, .width = model.width, .threads = threads};
  size.groups.resize(grouping.groups.size());
  for (const graph::Group& group : grouping.groups) size.group_macs.push_back(group.macs);
  for (int c = 0; c <= grouping.size(); ++c) {
    int64_t reply = 0;
    bool known = grouping.cuts[static_cast<size_t>(c)].bytes >= 0;
    if (c < grouping.size()) {
      for (const std::string& name : chain->OutputNames(c, grouping.size())) {
        const int64_t bytes = graph::ValueBytes(graph, graph.by_name.at(name), model.types);
        known = known && bytes >= 0;
        reply += bytes;
      }
    }
    if (!known) {
      return FailedPrecondition(graph.model->name, " at ", model.height, "x", model.width, ": how many bytes cross cut ", c,
                                " is not known before the model runs");
    }
    size.cut_bytes.push_back(c < grouping.size() ? grouping.cuts[static_cast<size_t>(c)].bytes : 0);
    size.output_bytes_of_tail.push_back(reply);
  }
  return size;
}

void FillAnalytic(MacsPerSecond rate, SizeProfile* size) {
  for (size_t g = 0; g < size->groups.size(); ++g) {
    const double s = (Macs(static_cast<double>(size->group_macs[g])) / rate).value();
    size->groups[g] = {.median_s = s, .p10_s = s, .p90_s = s, .n = 0};
  }
  size->whole = {};
}

absl::StatusOr<Profile> AnalyticProfile(const graph::Grouping& grouping, const std::vector<SizedModel>& sized,
                                        MacsPerSecond rate) {
  Profile made = DescribeModel(grouping);
  made.measured = false;
  made.rate = rate;
  for (const SizedModel& at : sized) {
    ASSIGN_OR_RETURN(SizeProfile size, DescribeSize(at, 1));
    FillAnalytic(rate, &size);
    made.sizes.push_back(std::move(size));
  }
  return made;
}

}   // namespace partway::profile
