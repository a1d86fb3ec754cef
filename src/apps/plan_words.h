// How plans speak: quantities of an axis, options and regions in words.
#pragma once

#include <string>

#include "apps/plan_problem.h"
#include "cost/flips.h"
#include "cost/plan.h"

namespace partway::apps {

// "28.1 Mbps", "5.2 GFLOPS", "0.5 times its profile", "0.52" (load, accuracy), "12.0 ms".
std::string AxisValue(const PlanProblem& problem, cost::Axis axis, double value);
std::string AxisName(cost::Axis axis);   // "uplink", "device", "edge", "edge load", "round trip", "least accuracy"
// The JSON key of a value on the axis, with its unit, and the value in that unit: {"device_macs_per_s", 5.2e9} or {"device_speed", 0.5}.
struct KeyedValue {
  std::string key;
  double value;
};
KeyedValue AxisKey(const PlanProblem& problem, cost::Axis axis, double value);

// Like cost::OptionText, without the size or codec where there is only one; "nothing meets the limits" for kNoOption.
std::string Words(const cost::OptionTable& table, int row);

// "below 28.1 Mbps: all on the device; 28.1 to 62.5 Mbps: cut 2; above: cut 1". At most `most` regions around now, the rest counted.
std::string RegionWords(const PlanProblem& problem, const cost::AxisFlips& flips, size_t most);

// Limits as in "latency at most 80 ms", "accuracy at least 0.7".
std::string LimitWords(cost::Constraint constraint, double limit);
std::string ConstraintValue(cost::Constraint constraint, double value);   // "80.0 ms", "0.7"

}   // namespace partway::apps
