// partway inspect: a model's groups and cuts.
#include <algorithm>
#include <cstdio>
#include <iostream>

#include "apps/options.h"
#include "apps/prepared_model.h"
#include "apps/verb.h"
#include "base/quantity.h"
#include "base/status.h"
#include "graph/params.h"
#include "nlohmann/json.hpp"

namespace partway::apps {
namespace {

struct InspectFlags {
  std::string model, size, groups = "auto";
};

nlohmann::json Number(int64_t value) { return value < 0 ? nlohmann::json() : nlohmann::json(value); }   // null: not known

nlohmann::json TensorJson(const PreparedModel& model, graph::ValueId v, bool with_bytes) {
  const std::string& name = model.graph->values[v].name;
  nlohmann::json json = {{"name", name}};
  const auto it = model.types.find(name);
  const bool known = it != model.types.end();
  json["dtype"] = known ? std::string(DTypeName(it->second.dtype)) : "OPAQUE";
  json["shape"] = known ? nlohmann::json(it->second.shape) : nlohmann::json();
  if (!with_bytes) return json;
  const std::optional<int64_t> elements = known ? ElementCount(it->second.shape) : std::nullopt;
  json["bytes"] = elements ? nlohmann::json(*elements * static_cast<int64_t>(DTypeSize(it->second.dtype))) : nlohmann::json();
  return json;
}

nlohmann::json TensorsJson(const PreparedModel& model, const std::vector<graph::ValueId>& values, bool with_bytes) {
  nlohmann::json list = nlohmann::json::array();
  for (const graph::ValueId v : values) list.push_back(TensorJson(model, v, with_bytes));
  return list;
}

nlohmann::json ToJson(const PreparedModel& prepared) {
  const graph::Model& model = *prepared.loaded.model;
  const graph::Grouping& grouping = *prepared.grouping;
  const graph::ParamCount params = graph::ParamsOf(*prepared.graph, prepared.graph->order);
  nlohmann::json groups = nlohmann::json::array(), cuts = nlohmann::json::array();
  for (int g = 0; g < grouping.size(); ++g) {
    const graph::Group& group = grouping.groups[g];
    groups.push_back({{"index", g},
                      {"name", group.name},
                      {"nodes", group.nodes.size()},
                      {"macs", group.macs},
                      {"params", group.params},
                      {"param_bytes", group.param_bytes}});
  }
  for (int c = 0; c <= grouping.size(); ++c) {
    const graph::Cut& cut = grouping.cuts[c];
    cuts.push_back({{"cut", c},
                    {"tensors", TensorsJson(prepared, cut.values, true)},
                    {"bytes", Number(cut.bytes)},
                    {"head_macs", cut.head_macs},
                    {"tail_macs", cut.tail_macs},
                    {"head_param_bytes", cut.head_param_bytes},
                    {"tail_param_bytes", cut.tail_param_bytes}});
  }
  return {{"model",
           {{"name", model.name},
            {"sha256", model.sha256},
            {"bytes", model.bytes},
            {"opset", model.opset},
            {"params", params.params},
            {"param_bytes", params.bytes},
            {"macs", grouping.cuts[0].tail_macs},
            {"fingerprint", grouping.fingerprint},
            {"inputs", TensorsJson(prepared, prepared.graph->inputs, false)},
            {"outputs", TensorsJson(prepared, prepared.graph->outputs, false)}}},
          {"groups", std::move(groups)},
          {"cuts", std::move(cuts)}};
}

std::string TensorText(const PreparedModel& model, graph::ValueId v) {
  const std::string& name = model.graph->values[v].name;
  const auto it = model.types.find(name);
  if (it == model.types.end()) return Concat(name, " (type not known)");
  return Concat(name, " ", DTypeName(it->second.dtype), " ", ShapeString(it->second.shape));
}

std::string FrontierText(const PreparedModel& model, const std::vector<graph::ValueId>& values) {
  constexpr size_t kShown = 3;
  std::string text;
  for (size_t i = 0; i < std::min(values.size(), kShown); ++i) Append(&text, i > 0 ? ", " : "", TensorText(model, values[i]));
  if (values.size() > kShown) Append(&text, " and ", values.size() - kShown, " more");
  return text.empty() ? "nothing" : text;
}

std::string Share(int64_t part, int64_t whole) {
  char text[16];
  std::snprintf(text, sizeof text, "%5.1f%%", whole > 0 ? 100.0 * static_cast<double>(part) / static_cast<double>(whole) : 0.0);
  return text;
}

void Print(const PreparedModel& prepared) {
  const graph::Model& model = *prepared.loaded.model;
  const graph::Grouping& grouping = *prepared.grouping;
  const graph::ParamCount params = graph::ParamsOf(*prepared.graph, prepared.graph->order);
  const int64_t macs = grouping.cuts[0].tail_macs;
  std::printf("%s: %s, opset %lld, %s parameters, %s multiply-adds\n", model.name.c_str(),
              FormatBytes(static_cast<double>(model.bytes)).c_str(), static_cast<long long>(model.opset),
              FormatCount(static_cast<double>(params.params)).c_str(), FormatCount(static_cast<double>(macs)).c_str());
  std::printf("sha256 %s\n", model.sha256.c_str());
  for (const graph::ValueId v : prepared.graph->inputs) std::printf("input  %s\n", TensorText(prepared, v).c_str());
  for (const graph::ValueId v : prepared.graph->outputs) std::printf("output %s\n", TensorText(prepared, v).c_str());

  size_t width = 4;
  for (const graph::Group& group : grouping.groups) width = std::max(width, std::min<size_t>(group.name.size(), 36));
  std::printf("\n%5s  %-*s  %6s  %9s  %6s  %9s  %10s\n", "group", static_cast<int>(width), "name", "nodes", "MACs", "share",
              "params", "weights");
  for (int g = 0; g < grouping.size(); ++g) {
    const graph::Group& group = grouping.groups[g];
    std::printf("%5d  %-*.*s  %6zu  %9s  %6s  %9s  %10s\n", g, static_cast<int>(width), static_cast<int>(width),
                group.name.c_str(), group.nodes.size(), FormatCount(static_cast<double>(group.macs)).c_str(),
                Share(group.macs, macs).c_str(), FormatCount(static_cast<double>(group.params)).c_str(),
                FormatBytes(static_cast<double>(group.param_bytes)).c_str());
  }
  std::printf("\n%5s  %10s  %9s  %10s  %s\n", "cut", "sends", "head MACs", "head", "tensors that cross");
  for (int c = 0; c <= grouping.size(); ++c) {
    const graph::Cut& cut = grouping.cuts[c];
    std::printf("%5d  %10s  %9s  %10s  %s\n", c, cut.bytes < 0 ? "?" : FormatBytes(static_cast<double>(cut.bytes)).c_str(),
                Share(cut.head_macs, macs).c_str(), FormatBytes(static_cast<double>(cut.head_param_bytes)).c_str(),
                FrontierText(prepared, cut.values).c_str());
  }
}

absl::StatusOr<int> Inspect(const InspectFlags& flags, const Globals& globals) {
  ASSIGN_OR_RETURN(const engine::ProbeSize size, ParseSize(flags.size));
  ASSIGN_OR_RETURN(const PreparedModel model, PrepareModel(flags.model, size, flags.groups));
  if (globals.json) {
    // Names come from the file and need not be UTF-8; JSON must be.
    std::cout << ToJson(model).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
  } else {
    Print(model);
  }
  return kExitDone;
}

}   // namespace

VerbBody MakeInspect(CLI::App& command) {
  auto flags = std::make_shared<InspectFlags>();
  command.add_option("MODEL", flags->model, "an ONNX file or the name of a zoo model")->required();
  command.add_option("--size", flags->size, "input size, 224 or HxW; the model's own if left away");
  command.add_option("--groups", flags->groups, "auto, all, paper, a number, or a JSON file of groups")->capture_default_str();
  return [flags](const Globals& globals) { return Inspect(*flags, globals); };
}

}   // namespace partway::apps
