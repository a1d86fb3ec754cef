#include "policy/problem.h"

#include <cmath>

#include "base/status.h"

namespace partway::policy {

absl::Status CheckProblem(const Problem& problem) {
  if (problem.options == nullptr || problem.options->size() == 0) return InvalidArgument("there is no option to choose from");
  const auto above_0 = [](double value) { return value > 0 && std::isfinite(value); };
  if (!above_0(problem.slot_s)) return InvalidArgument("the slot is ", problem.slot_s, " s long; expected a time above 0");
  if (!above_0(problem.max_latency_s)) {
    return InvalidArgument("the latency constraint is ", problem.max_latency_s, " s; expected a time above 0");
  }
  if (!(problem.min_accuracy >= 0 && problem.min_accuracy <= 1)) {
    return InvalidArgument("the accuracy constraint is ", problem.min_accuracy, "; expected a share of 0 to 1");
  }
  const cost::OptionTable& table = *problem.options;
  for (const std::vector<double>& column : table.coefficient) {
    if (column.size() != table.size()) {
      return InvalidArgument("a column of the option table has ", column.size(), " rows; expected ", table.size());
    }
    for (size_t row = 0; row < column.size(); ++row) {
      if (!(column[row] >= 0 && std::isfinite(column[row]))) {
        return InvalidArgument("option '", cost::OptionText(table, row), "' costs ", column[row],
                               "; expected a number of 0 or more");
      }
    }
  }
  if (table.accuracy.size() != table.size()) {
    return InvalidArgument("the option table has ", table.accuracy.size(), " accuracies; expected ", table.size());
  }
  for (size_t row = 0; row < table.size(); ++row) {
    const double accuracy = table.accuracy[row];
    if (std::isnan(accuracy)) {
      if (problem.min_accuracy == 0) continue;
      return InvalidArgument("the accuracy of option '", cost::OptionText(table, row),
                             "' is not known, and there is a constraint on accuracy");
    }
    if (!(accuracy >= 0 && accuracy <= 1)) {
      return InvalidArgument("the accuracy of option '", cost::OptionText(table, row), "' is ", accuracy,
                             "; expected a share of 0 to 1");
    }
  }
  if (problem.dags == nullptr) return absl::OkStatus();
  if (problem.dags->size() != table.sizes.size()) {
    return InvalidArgument("there are operator graphs for ", problem.dags->size(), " sizes; the options have ",
                           table.sizes.size());
  }
  for (size_t i = 0; i < problem.dags->size(); ++i) {
    RETURN_IF_ERROR(Annotate(CheckOperatorDag((*problem.dags)[i]), Concat("size ", cost::SizeText(table.sizes[i]))));
  }
  return absl::OkStatus();
}

}   // namespace partway::policy
