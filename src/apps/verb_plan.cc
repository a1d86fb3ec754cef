// partway plan: where to cut, at which size, in which encoding, and why.
#include <cmath>
#include <iostream>

#include "apps/axis_range.h"
#include "apps/plan_flags.h"
#include "apps/plan_json.h"
#include "apps/plan_problem.h"
#include "apps/plan_text.h"
#include "apps/verb.h"
#include "base/status.h"
#include "cost/plan.h"

namespace partway::apps {
namespace {

absl::Status RefuseRanges(const PlanFlags& flags) {
  const struct {
    const char* flag;
    const std::string& text;
    const char* example;
  } values[] = {{"--uplink", flags.uplink, "20Mbps"},
                {"--device", flags.device, "5GFLOPS"},
                {"--edge", flags.edge, "100GFLOPS"},
                {"--rtt", flags.rtt, "10ms"},
                {"--min-accuracy", flags.min_accuracy, "0.7"}};
  for (const auto& value : values) {
    if (IsRange(value.text))
      return UsageError(Concat(value.flag, " '", value.text, "': plan takes one value, for example ", value.example,
                               "; ranges are for partway sweep"));
  }
  return absl::OkStatus();
}

absl::StatusOr<int> RunPlan(const PlanFlags& flags, bool why, const Globals& globals) {
  RETURN_IF_ERROR(RefuseRanges(flags));
  ASSIGN_OR_RETURN(const PlanProblem problem, MakePlanProblem(flags));
  std::vector<cost::Axis> axes = {cost::Axis::kUplink, cost::Axis::kDeviceSpeed, cost::Axis::kEdgeSpeed, cost::Axis::kEdgeLoad,
                                  cost::Axis::kRoundTrip};
  const auto& accuracy = problem.table.accuracy;
  if (std::any_of(accuracy.begin(), accuracy.end(), [](double a) { return !std::isnan(a); }))
    axes.push_back(cost::Axis::kMinAccuracy);
  ASSIGN_OR_RETURN(const cost::Plan plan, cost::MakePlan(problem.table, problem.state, problem.objective, problem.limits,
                                                         problem.power_or_null(), axes));
  if (globals.json) {
    // Names come from files and need not be UTF-8; JSON must be.
    std::cout << PlanJson(problem, plan).dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
  }
  if (plan.best == cost::kNoOption) return FailedPrecondition(NothingMeets(problem, plan));
  if (!globals.json) std::cout << PlanText(problem, plan, why);
  return kExitDone;
}

}   // namespace

VerbBody MakePlan(CLI::App& command) {
  struct Flags {
    PlanFlags plan;
    bool why = false;
  };
  auto flags = std::make_shared<Flags>();
  AddPlanFlags(command, &flags->plan);
  command.add_flag("--why", flags->why, "also say what the best gains and pays, and where the answer flips");
  return [flags](const Globals& globals) { return RunPlan(flags->plan, flags->why, globals); };
}

}   // namespace partway::apps
