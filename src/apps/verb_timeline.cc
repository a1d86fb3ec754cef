// partway timeline: a run record as a Chrome/Perfetto trace.
#include <iostream>
#include <memory>

#include "apps/verb.h"
#include "base/file.h"
#include "base/status.h"
#include "nlohmann/json.hpp"
#include "report/timeline.h"

namespace partway::apps {
namespace {

struct TimelineFlags {
  std::string record, output;
};

absl::StatusOr<int> Timeline(const TimelineFlags& flags, const Globals& globals) {
  ASSIGN_OR_RETURN(const report::RunRecord run, report::ReadRecord(flags.record));
  const std::string trace = report::RenderTimeline(run);
  RETURN_IF_ERROR(WriteFileAtomically(flags.output, trace));
  if (globals.json) {
    const nlohmann::ordered_json document{{"written", flags.output},
                                          {"bytes", trace.size()},
                                          {"frames", run.frames.size()},
                                          {"interrupted", !run.summary.has_value()}};
    std::cout << document.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
  } else {
    std::cout << "written: " << flags.output << ", " << run.frames.size()
              << " frames; open it in ui.perfetto.dev or chrome://tracing\n";
  }
  return kExitDone;
}

}   // namespace

VerbBody MakeTimeline(CLI::App& command) {
  auto flags = std::make_shared<TimelineFlags>();
  command.add_option("RECORD", flags->record, "a run record, as `run --record` and `demo` write it")->required();
  command.add_option("-o,--output", flags->output, "the trace to write")->required();
  return [flags](const Globals& globals) { return Timeline(*flags, globals); };
}

}   // namespace partway::apps
