// partway sweep: the best option over a grid of two quantities.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>

#include "apps/axis_range.h"
#include "apps/plan_flags.h"
#include "apps/plan_json.h"
#include "apps/plan_problem.h"
#include "apps/plan_text.h"
#include "apps/plan_words.h"
#include "apps/sweep_output.h"
#include "apps/verb.h"
#include "base/file.h"
#include "base/status.h"
#include "cost/plan.h"
#include "cost/sweep.h"

namespace partway::apps {
namespace {

constexpr size_t kMostPoints = 1'000'000;

// One of the five quantities that may be an axis: its flag's text, and how it is read into the axis's unit.
struct Candidate {
  cost::Axis axis;
  const char* flag;
  std::string* text;
};

// The range of a candidate, in the units of its flag; rates of multiply-adds and factors come apart later.
absl::StatusOr<AxisRange> ReadRange(const Candidate& candidate) {
  const auto number = [&](std::string_view text) -> absl::StatusOr<double> {
    switch (candidate.axis) {
      case cost::Axis::kUplink: {
        ASSIGN_OR_RETURN(const BitsPerSecond rate, ParseBitRate(text));
        return rate.value();
      }
      case cost::Axis::kRoundTrip: {
        ASSIGN_OR_RETURN(const Duration rtt, ParseDuration(text));
        return ToSeconds(rtt);
      }
      case cost::Axis::kMinAccuracy: return ParseShare(text, candidate.flag);
      default: {
        ASSIGN_OR_RETURN(const Speed speed, ParseSpeed(text, candidate.flag));
        return speed.value;
      }
    }
  };
  return ParseRange(*candidate.text, candidate.flag, number);
}

// The range on the axis of the state: speeds become factors of the profile.
absl::StatusOr<cost::SweepAxis> OnState(const PlanProblem& problem, cost::Axis axis, const AxisRange& range, const char* flag) {
  cost::SweepAxis sweep{axis, range.values};
  if (axis != cost::Axis::kDeviceSpeed && axis != cost::Axis::kEdgeSpeed) return sweep;
  ASSIGN_OR_RETURN(Speed speed, ParseSpeed(range.first, flag));
  for (double& value : sweep.values) {
    speed.value = value;
    ASSIGN_OR_RETURN(value, SpeedFactor(speed, axis == cost::Axis::kDeviceSpeed ? problem.device_rate : problem.edge_rate, flag));
  }
  return sweep;
}

absl::Status WriteFiles(const std::string& folder, const SweepOutput& output, std::vector<std::string>* written) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return FailedPrecondition("cannot make the folder ", folder, ": ", error.message());
  for (const auto& [name, content] : output.files) {
    const std::string path = Concat(folder, "/", name);
    RETURN_IF_ERROR(WriteFileAtomically(path, content));
    written->push_back(path);
  }
  return absl::OkStatus();
}

// What would have to give at the point that is easiest on every limit: the fastest link and machines, the shortest round trip, the least accuracy.
absl::Status NothingAnywhere(PlanProblem problem, const Swept& swept) {
  std::string where;
  for (const cost::SweepAxis* axis : {&swept.x, &swept.y}) {
    const bool low = axis->axis == cost::Axis::kRoundTrip || axis->axis == cost::Axis::kMinAccuracy;
    const double value = low ? axis->values.front() : axis->values.back();
    if (axis->axis == cost::Axis::kMinAccuracy) problem.limits.min_accuracy = value;
    problem.state = cost::With(problem.state, axis->axis, value);
    Append(&where, where.empty() ? "" : " and ", AxisName(axis->axis), " ", AxisValue(problem, axis->axis, value));
  }
  ASSIGN_OR_RETURN(const cost::Plan plan,
                   cost::MakePlan(problem.table, problem.state, problem.objective, problem.limits, problem.power_or_null(), {}));
  return FailedPrecondition("nowhere on the grid, not even at ", where, ": ", NothingMeets(problem, plan));
}

absl::StatusOr<int> RunSweep(PlanFlags flags, const std::string& folder, const Globals& globals) {
  const Candidate candidates[] = {{cost::Axis::kUplink, "--uplink", &flags.uplink},
                                  {cost::Axis::kDeviceSpeed, "--device", &flags.device},
                                  {cost::Axis::kEdgeSpeed, "--edge", &flags.edge},
                                  {cost::Axis::kRoundTrip, "--rtt", &flags.rtt},
                                  {cost::Axis::kMinAccuracy, "--min-accuracy", &flags.min_accuracy}};
  std::vector<Candidate> chosen;
  std::vector<AxisRange> ranges;
  for (const Candidate& candidate : candidates) {
    if (!IsRange(*candidate.text)) continue;
    ASSIGN_OR_RETURN(AxisRange range, ReadRange(candidate));
    chosen.push_back(candidate);
    ranges.push_back(std::move(range));
  }
  if (chosen.size() != 2) {
    return UsageError(Concat("sweep: ", chosen.size(),
                             " ranges given; two of --uplink, --device, --edge, --rtt and --min-accuracy must be A:B:STEP"
                             " or A:B:xFACTOR"));
  }
  if (ranges[0].values.size() * ranges[1].values.size() > kMostPoints)
    return UsageError(Concat("sweep: more than ", kMostPoints, " points; take larger steps"));
  // Everything else is planned for at the first value of each axis.
  for (size_t i = 0; i < 2; ++i) *chosen[i].text = ranges[i].first;
  ASSIGN_OR_RETURN(const PlanProblem problem, MakePlanProblem(flags));

  Swept swept;
  for (size_t i = 0; i < 2; ++i) {
    ASSIGN_OR_RETURN(cost::SweepAxis axis, OnState(problem, chosen[i].axis, ranges[i], chosen[i].flag));
    (i == 0 ? swept.x : swept.y) = std::move(axis);
    (i == 0 ? swept.x_logarithmic : swept.y_logarithmic) = ranges[i].logarithmic;
  }
  ASSIGN_OR_RETURN(swept.grid, cost::Sweep(problem.table, swept.x, swept.y, problem.state, problem.objective, problem.limits,
                                           problem.power_or_null()));
  ASSIGN_OR_RETURN(swept.flips, FlipsOfRows(problem, swept.x, swept.y));
  const SweepOutput output = DescribeSweep(problem, swept, globals.command_line);
  std::vector<std::string> written;
  if (!folder.empty()) RETURN_IF_ERROR(WriteFiles(folder, output, &written));
  if (globals.json) {
    nlohmann::ordered_json json = output.json;
    json["written"] = written;
    std::cout << json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
  }
  const auto nothing = swept.grid.winners.find(cost::kNoOption);
  if (nothing != swept.grid.winners.end() && nothing->second == swept.grid.best.size()) return NothingAnywhere(problem, swept);
  if (globals.json) return kExitDone;
  std::cout << output.text;
  for (const std::string& path : written) std::cout << "wrote " << path << "\n";
  return kExitDone;
}

}   // namespace

VerbBody MakeSweep(CLI::App& command) {
  struct Flags {
    PlanFlags plan;
    std::string folder;
  };
  auto flags = std::make_shared<Flags>();
  AddPlanFlags(command, &flags->plan);
  command.add_option("-o,--output", flags->folder, "folder to write sweep.csv, sweep.svg and sweep.json to");
  return [flags](const Globals& globals) { return RunSweep(flags->plan, flags->folder, globals); };
}

}   // namespace partway::apps
