#include "graph/group_list.h"

#include <algorithm>

#include "base/status.h"
#include "graph/onnx_names.h"
#include "nlohmann/json.hpp"

namespace partway::graph {
namespace {

constexpr char kForm[] = "expected [{\"name\": ..., \"last\": [\"tensor\", ...]}, ...]";
constexpr size_t kMostGroups = 100'000;

}   // namespace

absl::StatusOr<std::vector<NamedGroup>> ParseGroupList(std::string_view text) {
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_array() || json.empty() || json.size() > kMostGroups) return InvalidArgument("not a list of groups: ", kForm);
  std::vector<NamedGroup> groups;
  for (const nlohmann::json& entry : json) {
    const auto wrong = [&](std::string_view why) {
      return InvalidArgument("group ", groups.size(), " of the list ", why, ": ", kForm);
    };
    if (!entry.is_object()) return wrong("is not an object");
    NamedGroup group;
    for (const auto& [key, value] : entry.items()) {
      if (key == "name" && value.is_string()) {
        group.name = value.get<std::string>();
      } else if (key == "last" && value.is_array()) {
        for (const nlohmann::json& last : value) {
          if (!last.is_string()) return wrong("has a 'last' that is not a list of names");
          group.last.push_back(last.get<std::string>());
        }
      } else {
        return wrong(Concat("has an unknown or mistyped key ", Quoted(key)));
      }
    }
    if (group.name.empty()) return wrong("has no name");
    if (group.last.empty()) return wrong("names no last value");
    groups.push_back(std::move(group));
  }
  return groups;
}

absl::StatusOr<std::vector<int>> PositionsOf(const OpGraph& graph, const std::vector<NamedGroup>& groups) {
  std::vector<int> place(graph.nodes.size(), -1);
  for (size_t i = 0; i < graph.order.size(); ++i) place[graph.order[i]] = static_cast<int>(i);
  std::vector<int> positions = {0};
  for (size_t g = 0; g < groups.size(); ++g) {
    int end = 0;
    for (const std::string& name : groups[g].last) {
      const auto it = graph.by_name.find(name);
      const std::string what = Concat("group ", Quoted(groups[g].name), " ends with ", Quoted(name));
      if (it == graph.by_name.end()) return InvalidArgument(what, ", which the model does not have");
      const NodeId producer = graph.values[it->second].producer;
      if (producer == kNoNode || place[producer] < 0)
        return InvalidArgument(what, ", which no node computes from the model's inputs");
      end = std::max(end, place[producer] + 1);
    }
    if (g + 1 == groups.size()) end = static_cast<int>(graph.order.size());
    if (end <= positions.back())
      return InvalidArgument("group ", Quoted(groups[g].name), " ends no later than the group before it");
    positions.push_back(end);
  }
  return positions;
}

absl::StatusOr<std::vector<NamedGroup>> PaperGroups(const Model& model) {
  for (const onnx::StringStringEntryProto& entry : model.proto.metadata_props()) {
    if (entry.key() != "partway.groups") continue;
    absl::StatusOr<std::vector<NamedGroup>> groups = ParseGroupList(entry.value());
    if (!groups.ok()) return Annotate(groups.status(), Concat("metadata partway.groups of ", Quoted(model.name)));
    return groups;
  }
  return InvalidArgument(Quoted(model.name), " carries no groups of a paper; use auto, all, a number or a file");
}

}   // namespace partway::graph
