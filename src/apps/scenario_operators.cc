#include "apps/scenario_operators.h"

#include <algorithm>
#include <cmath>

#include "apps/load_model.h"
#include "apps/operator_dag_of.h"
#include "base/status.h"
#include "profile/measure/describe.h"
#include "profile/profile_check.h"

namespace partway::apps {
namespace {

// What a cut takes on each side, without codecs.
struct CutTimes {
  int cut = 0;
  double device_s = 0, edge_s = 0;
};

std::vector<CutTimes> TimesOf(const cost::OptionTable& table, int size) {
  std::vector<CutTimes> times;
  for (size_t row = 0; row < table.size(); ++row) {   // rows are ordered by cut
    const cost::OptionKey& key = table.keys[row];
    if (key.size != size || (!times.empty() && times.back().cut == key.cut)) continue;
    times.push_back({key.cut, table.coefficient[cost::kDevice][row] - table.encode_s[row],
                     table.coefficient[cost::kEdge][row] - table.decode_s[row]});
  }
  return times;
}

double AccuracyAt(const cost::OptionTable& table, int size) {
  for (size_t row = 0; row < table.size(); ++row) {
    if (table.keys[row].size == size && table.local(row)) return std::isnan(table.accuracy[row]) ? 0 : table.accuracy[row];
  }
  return 0;
}

}   // namespace

void SpreadGroupTimes(const cost::OptionTable& table, int size, const std::vector<int>& positions, policy::OperatorDag* dag) {
  const std::vector<CutTimes> times = TimesOf(table, size);
  for (size_t i = 0; i + 1 < times.size(); ++i) {
    const CutTimes &from = times[i], &to = times[i + 1];
    const auto begin = static_cast<size_t>(positions[static_cast<size_t>(from.cut)]),
               end = static_cast<size_t>(positions[static_cast<size_t>(to.cut)]);
    const double device_s = std::max(0.0, to.device_s - from.device_s), edge_s = std::max(0.0, from.edge_s - to.edge_s);
    double macs = 0;
    for (size_t op = begin; op < end; ++op) macs += dag->operators[op].device_s;
    for (size_t op = begin; op < end; ++op) {
      const double part = macs > 0 ? dag->operators[op].device_s / macs : 1 / static_cast<double>(end - begin);
      dag->operators[op] = {part * device_s, part * edge_s};
    }
  }
}

absl::StatusOr<policy::OperatorDags> OperatorsOfModel(const std::string& model, const profile::Profile& profile,
                                                      const std::string& profile_name, const cost::OptionTable& table,
                                                      double bits_per_pixel) {
  ASSIGN_OR_RETURN(const LoadedModel loaded, LoadModelArgument(model));
  profile::ProfileSubject subject;
  subject.model = loaded.model->name;
  subject.model_sha256 = loaded.model->sha256;
  RETURN_IF_ERROR(profile::CheckBelongs(profile, profile_name, subject));
  ASSIGN_OR_RETURN(const std::shared_ptr<const graph::OpGraph> graph, graph::BuildOpGraph(loaded.model));
  policy::OperatorDags dags;
  for (size_t s = 0; s < table.sizes.size(); ++s) {
    const cost::InputSize& size = table.sizes[s];
    ASSIGN_OR_RETURN(const profile::SizedModel sized, profile::ModelAtSize(graph, profile.positions, {size.height, size.width}));
    subject.grouping = sized.grouping->fingerprint;
    subject.groups = sized.grouping->size();
    RETURN_IF_ERROR(profile::CheckBelongs(profile, profile_name, subject));
    OperatorDagInputs inputs;
    inputs.rates = {1, 1};   // multiply-adds for now
    inputs.input_bits = bits_per_pixel * size.height * size.width;
    inputs.accuracy = AccuracyAt(table, static_cast<int>(s));
    ASSIGN_OR_RETURN(policy::OperatorDag dag, OperatorDagOf(*graph, sized.types, inputs));
    SpreadGroupTimes(table, static_cast<int>(s), sized.grouping->positions, &dag);
    dags.push_back(std::move(dag));
  }
  return dags;
}

}   // namespace partway::apps
