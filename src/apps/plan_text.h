// A plan for people: one screen.
#pragma once

#include <string>

#include "apps/plan_problem.h"
#include "cost/plan.h"

namespace partway::apps {

// `why`: also in words what the best gains and pays, whether a cut in the middle pays, and where the answer flips.
std::string PlanText(const PlanProblem& problem, const cost::Plan& plan, bool why);

// One line: which limit refuses most and what would have to give.
std::string NothingMeets(const PlanProblem& problem, const cost::Plan& plan);

}   // namespace partway::apps
