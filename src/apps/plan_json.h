// A plan as the JSON document of `partway plan --json`.
#pragma once

#include "apps/plan_problem.h"
#include "cost/plan.h"
#include "nlohmann/json.hpp"

namespace partway::apps {

// One option with everything predicted of it.
nlohmann::ordered_json OptionJson(const PlanProblem& problem, size_t row);
// A number, or null where it is not finite (infinite ends of a range, values that are not known).
nlohmann::ordered_json NumberOrNull(double value);
// Neighbouring regions as [{"uplink_bps", "from", "to"}]: the value at which the best option changes, and the options by index and in words.
nlohmann::ordered_json FlipsJson(const PlanProblem& problem, const cost::AxisFlips& flips);

nlohmann::ordered_json PlanJson(const PlanProblem& problem, const cost::Plan& plan);

}   // namespace partway::apps
