// A scenario's model as operators, for methods that may cut anywhere (DADS), with the times that the scenario's options have.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "cost/option_table.h"
#include "graph/op_graph.h"
#include "graph/shapes.h"
#include "policy/operator_dag.h"
#include "profile/profile.h"

namespace partway::apps {

// One graph for each size of the table. `model` is a MODEL argument and must be what `profile` (called `profile_name`) was made of. A frame as it is sent has
// `bits_per_pixel`; other values cross as they are, whatever codecs the table has.
//
// An operator's time is its part, by multiply-adds, of what the table says of its group on that side, so that a set which is a cut takes what that
// cut's row takes, less codecs. An unknown accuracy is 0.
// Errors: those of the model; FailedPrecondition for another model than the profile's or another grouping.
absl::StatusOr<policy::OperatorDags> OperatorsOfModel(const std::string& model, const profile::Profile& profile,
                                                      const std::string& profile_name, const cost::OptionTable& table,
                                                      double bits_per_pixel);

// The times of groups, spread over the operators of `dag`, whose times are multiply-adds. `positions` as in graph::Grouping.
void SpreadGroupTimes(const cost::OptionTable& table, int size, const std::vector<int>& positions, policy::OperatorDag* dag);

}   // namespace partway::apps
