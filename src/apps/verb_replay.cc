// partway replay: recorded live runs played again in the event simulator, and how far it is off.
#include <iostream>
#include <memory>

#include "apps/replay_output.h"
#include "apps/verb.h"
#include "base/file.h"
#include "base/status.h"

namespace partway::apps {
namespace {

struct ReplayFlags {
  std::vector<std::string> records;
  std::string page;
};

absl::StatusOr<int> Run(const ReplayFlags& flags, const Globals& globals) {
  std::vector<Replay> replays;
  for (const std::string& path : flags.records) {
    ASSIGN_OR_RETURN(report::RunRecord record, report::ReadRecord(path));
    if (!record.summary) std::cerr << "partway: " << path << ": the run was interrupted; what was recorded is played again\n";
    ASSIGN_OR_RETURN(Replay replay, PlayAgain(std::move(record)));
    replays.push_back(std::move(replay));
  }
  SortWorstFirst(&replays);
  if (!flags.page.empty()) RETURN_IF_ERROR(WriteFileAtomically(flags.page, ReplayHtml(replays, globals.command_line)));
  if (globals.json) {
    std::cout << ReplayJson(replays).dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
  } else {
    std::cout << ReplayText(replays);
    if (!flags.page.empty()) std::cout << "written: " << flags.page << "\n";
  }
  return MeansOf(replays, &Replay::simulated).holds() ? kExitDone : kExitClaimFails;
}

}   // namespace

VerbBody MakeReplay(CLI::App& command) {
  auto flags = std::make_shared<ReplayFlags>();
  command
      .add_option("RECORD", flags->records, "records of runs that a policy decided: `run --record FILE`, `compare --record DIR`")
      ->required();
  command.add_option("-o,--output", flags->page, "write a page to this file");
  return [flags](const Globals& globals) { return Run(*flags, globals); };
}

}   // namespace partway::apps
