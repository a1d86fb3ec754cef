// A sweep as a table, a heat map, a JSON document and a few lines. Pure.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "apps/plan_problem.h"
#include "cost/plan.h"
#include "cost/sweep.h"
#include "nlohmann/json.hpp"

namespace partway::apps {

// For each value of y the exact points on x where the best option changes.
struct RowFlips {
  double y = 0;
  cost::AxisFlips flips;
};
absl::StatusOr<std::vector<RowFlips>> FlipsOfRows(const PlanProblem& problem, const cost::SweepAxis& x, const cost::SweepAxis& y);

struct Swept {
  cost::SweepAxis x, y;
  bool x_logarithmic = false, y_logarithmic = false;
  cost::Grid grid;
  std::vector<RowFlips> flips;
};

struct SweepOutput {
  std::vector<std::pair<std::string, std::string>> files;   // name and content: sweep.csv, sweep.svg, sweep.json
  nlohmann::ordered_json json;
  std::string text;
};
// `command`: as typed; stands at the head of the files.
SweepOutput DescribeSweep(const PlanProblem& problem, const Swept& swept, const std::string& command);

// The heat map alone.
std::string SweepSvg(const PlanProblem& problem, const Swept& swept, const std::string& title,
                     const std::vector<std::string>& notes);

}   // namespace partway::apps
