// partway report: run records as one self-contained page.
#include <iostream>
#include <memory>

#include "apps/verb.h"
#include "base/file.h"
#include "base/status.h"
#include "nlohmann/json.hpp"
#include "report/html_report.h"

namespace partway::apps {
namespace {

struct ReportFlags {
  std::vector<std::string> records;
  std::string output, title;
};

absl::StatusOr<int> Report(const ReportFlags& flags, const Globals& globals) {
  report::ReportInput input;
  input.title = flags.title;
  for (const std::string& path : flags.records) {
    ASSIGN_OR_RETURN(report::RunRecord record, report::ReadRecord(path));
    if (!record.summary) std::cerr << "partway: " << path << ": the run was interrupted; the page shows what was recorded\n";
    input.runs.push_back(std::move(record));
  }
  const std::string html = report::RenderHtml(input);
  RETURN_IF_ERROR(WriteFileAtomically(flags.output, html));
  if (globals.json) {
    nlohmann::ordered_json runs = nlohmann::ordered_json::array();
    for (const report::RunRecord& run : input.runs) {
      runs.push_back({{"record", run.path},
                      {"interrupted", !run.summary.has_value()},
                      {"summary", report::BuildSummary(run.frames, report::LimitsOf(run)).ToJson()}});
    }
    const nlohmann::ordered_json document{{"written", flags.output}, {"bytes", html.size()}, {"runs", runs}};
    std::cout << document.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
  } else {
    std::cout << "written: " << flags.output << "\n";
  }
  return kExitDone;
}

}   // namespace

VerbBody MakeReport(CLI::App& command) {
  auto flags = std::make_shared<ReportFlags>();
  command.add_option("RECORD", flags->records, "run records, as `run --record` and `demo` write them")->required();
  command.add_option("-o,--output", flags->output, "the page to write")->required();
  command.add_option("--title", flags->title, "the page's heading");
  return [flags](const Globals& globals) { return Report(*flags, globals); };
}

}   // namespace partway::apps
