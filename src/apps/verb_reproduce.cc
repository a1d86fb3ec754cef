// partway reproduce: a paper's experiment, run again and judged.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iostream>

#include "apps/reproduce.h"
#include "apps/verb.h"
#include "base/file.h"
#include "base/status.h"
#include "base/version.h"
#include "nlohmann/json.hpp"

namespace partway::apps {
namespace {

using Json = nlohmann::ordered_json;

struct ReproduceFlags {
  std::string name, folder;
};

Json ToJson(const Experiment& experiment, const Reproduction& made, const std::string& command) {
  Json claims = Json::array();
  for (const Claim& claim : made.claims) {
    claims.push_back({{"claim", claim.claim}, {"paper", claim.paper}, {"here", claim.here}, {"holds", claim.holds}});
  }
  return {{"name", experiment.name},         {"command", command},          {"version", kVersion},  {"commit", kCommit},
          {"assumptions", made.assumptions}, {"claims", std::move(claims)}, {"holds", made.holds()}};
}

void Print(const Experiment& experiment, const Reproduction& made) {
  std::printf("%s: %s\n", experiment.name, experiment.summary);
  for (const std::string& assumption : made.assumptions) std::printf("  taken: %s\n", assumption.c_str());
  for (const Claim& claim : made.claims) {
    std::printf("\n  %s  %s\n         paper: %s\n         here:  %s\n", claim.holds ? "holds" : "FAILS", claim.claim.c_str(),
                claim.paper.c_str(), claim.here.c_str());
  }
  std::printf("\n");
}

absl::StatusOr<int> List(const Globals& globals) {
  Json list = Json::array();
  for (const Experiment& experiment : Experiments()) {
    list.push_back({{"name", experiment.name}, {"summary", experiment.summary}});
    if (!globals.json) std::printf("%-16s  %s\n", experiment.name, experiment.summary);
  }
  if (globals.json) std::cout << list.dump() << "\n";
  return kExitDone;
}

absl::StatusOr<int> RunReproduce(const ReproduceFlags& flags, const Globals& globals) {
  if (flags.name == "list") return List(globals);
  const auto& all = Experiments();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Experiment& e) { return flags.name == e.name; });
  if (found == all.end()) {
    std::string names = "list";
    for (const Experiment& experiment : all) Append(&names, ", ", experiment.name);
    return UsageError(Concat("no experiment '", flags.name, "'; expected ", names));
  }
  ASSIGN_OR_RETURN(const Reproduction made, found->run({globals.command_line}));
  Json json = ToJson(*found, made, globals.command_line);
  std::vector<std::string> written;
  if (!flags.folder.empty()) {
    std::error_code error;
    std::filesystem::create_directories(flags.folder, error);
    if (error) return FailedPrecondition("cannot make the folder ", flags.folder, ": ", error.message());
    std::vector<std::pair<std::string, std::string>> files = made.files;
    files.emplace_back(Concat(found->name, ".json"), json.dump(1) + "\n");
    for (const auto& [name, content] : files) {
      const std::string path = flags.folder + "/" + name;
      RETURN_IF_ERROR(WriteFileAtomically(path, content));
      written.push_back(path);
    }
  }
  if (globals.json) {
    json["written"] = written;
    std::cout << json.dump() << "\n";
  } else {
    Print(*found, made);
    for (const std::string& path : written) std::printf("wrote %s\n", path.c_str());
    std::printf("%s\n", made.holds() ? "every claim holds" : "not every claim holds");
  }
  return made.holds() ? kExitDone : kExitClaimFails;
}

}   // namespace

VerbBody MakeReproduce(CLI::App& command) {
  auto flags = std::make_shared<ReproduceFlags>();
  command.add_option("NAME", flags->name, "list, or the name of an experiment")->required();
  command.add_option("-o,--output", flags->folder, "folder to write its CSV, SVG and JSON to");
  return [flags](const Globals& globals) { return RunReproduce(*flags, globals); };
}

}   // namespace partway::apps
