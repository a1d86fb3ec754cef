// partway split: writes the parts of a model, each as a model of its own.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <numeric>

#include "apps/options.h"
#include "apps/prepared_model.h"
#include "apps/verb.h"
#include "base/quantity.h"
#include "base/status.h"
#include "graph/sub_model.h"
#include "nlohmann/json.hpp"

namespace partway::apps {
namespace {

namespace fs = std::filesystem;

struct SplitFlags {
  std::string model, size, groups = "auto", dir;
  int cut = -1, from = -1, to = -1;
};

struct Part {
  std::string name;   // "head"
  int from = 0, to = 0;
};

// The parts to write, none of them empty. With --from and --to an end that has no groups has no part.
absl::StatusOr<std::vector<Part>> PartsOf(const SplitFlags& flags, const PreparedModel& model) {
  const int n = model.grouping->size();
  if (flags.cut >= 0) {
    RETURN_IF_ERROR(CheckCut(model, flags.groups, flags.cut));
    if (flags.cut == 0 || flags.cut == n) {
      return UsageError(Concat(
          "cut ", flags.cut, " leaves the ", flags.cut == 0 ? "head" : "tail", " empty: ",
          n < 2 ? std::string("this model is one group and cannot be split") : Concat("to split, take a cut from 1 to ", n - 1)));
    }
    return std::vector<Part>{{"head", 0, flags.cut}, {"tail", flags.cut, n}};
  }
  RETURN_IF_ERROR(CheckCut(model, flags.groups, flags.from));
  RETURN_IF_ERROR(CheckCut(model, flags.groups, flags.to));
  if (flags.from >= flags.to) return UsageError(Concat("--from ", flags.from, " must lie before --to ", flags.to));
  std::vector<Part> parts;
  if (flags.from > 0) parts.push_back({"head", 0, flags.from});
  parts.push_back({"middle", flags.from, flags.to});
  if (flags.to < n) parts.push_back({"tail", flags.to, n});
  return parts;
}

nlohmann::json Names(const graph::OpGraph& graph, const std::vector<graph::ValueId>& values) {
  nlohmann::json names = nlohmann::json::array();
  for (const graph::ValueId v : values) names.push_back(graph.values[v].name);
  return names;
}

// A head of an earlier split beside a tail of this one would be a trap.
absl::Status RefuseLeftovers(const SplitFlags& flags, const std::vector<Part>& parts) {
  for (const char* name : {"head", "middle", "tail"}) {
    const bool written = std::any_of(parts.begin(), parts.end(), [&](const Part& part) { return part.name == name; });
    const fs::path path = fs::path(flags.dir) / Concat(name, ".onnx");
    std::error_code ignored;
    if (!written && fs::exists(path, ignored)) {
      return FailedPrecondition(path.string(), " is there already and is no part of this split; remove it or write elsewhere");
    }
  }
  return absl::OkStatus();
}

std::string PathOf(const SplitFlags& flags, const Part& part) {
  return (fs::path(flags.dir) / Concat(part.name, ".onnx")).string();
}

// All parts or none: where one cannot be written, those before it are removed. Largest first, so that a full disk shows before
// anything was replaced.
absl::Status WriteAll(const SplitFlags& flags, const std::vector<Part>& parts, const std::vector<graph::SubModel>& made) {
  std::vector<size_t> order(parts.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return made[a].byte_size() > made[b].byte_size(); });
  for (size_t done = 0; done < order.size(); ++done) {
    absl::Status status = made[order[done]].WriteFile(PathOf(flags, parts[order[done]]));
    if (status.ok()) continue;
    std::error_code ignored;
    for (size_t i = 0; i < done; ++i) fs::remove(PathOf(flags, parts[order[i]]), ignored);
    return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<int> Split(const SplitFlags& flags, const Globals& globals) {
  if ((flags.cut >= 0) == (flags.from >= 0 || flags.to >= 0) || (flags.from >= 0) != (flags.to >= 0)) {
    return UsageError("split takes either --cut K or both --from A and --to B");
  }
  ASSIGN_OR_RETURN(const engine::ProbeSize size, ParseSize(flags.size));
  ASSIGN_OR_RETURN(const PreparedModel model, PrepareModel(flags.model, size, flags.groups));
  ASSIGN_OR_RETURN(const std::vector<Part> parts, PartsOf(flags, model));
  std::vector<graph::SubModel> made;
  for (const Part& part : parts) {
    absl::StatusOr<graph::SubModel> sub = graph::ExtractGroups(*model.grouping, part.from, part.to, model.types);
    if (!sub.ok()) return Annotate(sub.status(), part.name);
    sub->RecordInputShapes(model.types);
    made.push_back(*std::move(sub));
  }
  std::error_code error;
  fs::create_directories(flags.dir, error);
  if (error || !fs::is_directory(flags.dir))
    return InvalidArgument("cannot make the folder ", flags.dir, ": ", error ? error.message() : "a file is in its place");
  RETURN_IF_ERROR(RefuseLeftovers(flags, parts));

  RETURN_IF_ERROR(WriteAll(flags, parts, made));
  nlohmann::json list = nlohmann::json::array();
  for (size_t i = 0; i < parts.size(); ++i) {
    const std::string path = PathOf(flags, parts[i]);
    const graph::OpGraph& graph = *model.graph;
    list.push_back({{"part", parts[i].name},
                    {"file", path},
                    {"from", parts[i].from},
                    {"to", parts[i].to},
                    {"bytes", made[i].byte_size()},
                    {"inputs", Names(graph, made[i].inputs())},
                    {"outputs", Names(graph, made[i].outputs())}});
    if (globals.json) continue;
    std::printf("%-7s groups %d..%d  %9s  %s\n", parts[i].name.c_str(), parts[i].from, parts[i].to - 1,
                FormatBytes(static_cast<double>(made[i].byte_size())).c_str(), path.c_str());
  }
  if (globals.json) {
    std::cout << nlohmann::json({{"parts", std::move(list)}}).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)
              << "\n";
  } else if (flags.cut < 0 && parts.size() < 3) {
    std::printf("%s\n",
                parts.front().name == "middle" ? "no head: the middle starts the model" : "no tail: the middle ends the model");
  }
  return kExitDone;
}

}   // namespace

VerbBody MakeSplit(CLI::App& command) {
  auto flags = std::make_shared<SplitFlags>();
  command.add_option("MODEL", flags->model, "an ONNX file or the name of a zoo model")->required();
  command.add_option("--cut", flags->cut, "write head.onnx (groups before the cut) and tail.onnx")->check(WholeNumberFrom(0));
  command.add_option("--from", flags->from, "with --to: write head.onnx, middle.onnx (groups A to B-1) and tail.onnx")
      ->check(WholeNumberFrom(0));
  command.add_option("--to", flags->to, "the group after the middle's last")->check(WholeNumberFrom(0));
  command.add_option("-o,--output", flags->dir, "the folder to write into; made if it is not there")->required();
  command.add_option("--groups", flags->groups, "auto, all, paper, a number, or a JSON file of groups")->capture_default_str();
  command.add_option("--size", flags->size, "input size at which the cuts are looked at; the model's own if left away");
  return [flags](const Globals& globals) { return Split(*flags, globals); };
}

}   // namespace partway::apps
