#include "policy/dads_surgery.h"

#include <algorithm>

#include "policy/least_option.h"

namespace partway::policy {

OptionCost CostOfPlacement(const OperatorDag& dag, const std::vector<uint8_t>& on_device) {
  const SetCost set = CostOfSet(dag, on_device);
  OptionCost cost;
  cost.coefficient[cost::kDevice] = set.device_s;
  cost.coefficient[cost::kUplink] = set.upload_bits;
  cost.coefficient[cost::kRoundTrip] = set.sends ? 1 : 0;
  cost.coefficient[cost::kEdge] = set.edge_s;
  cost.coefficient[cost::kDownlink] = set.reply_bits;
  cost.accuracy = dag.accuracy;
  return cost;
}

DadsSurgery::DadsSurgery(const Problem& problem, int size, DadsLoad load)
    : model_(problem), dags_(*problem.dags), slot_s_(problem.slot_s), load_(load), first_size_(std::max(size, 0)) {
  const size_t end = size < 0 ? dags_.size() : static_cast<size_t>(size) + 1;
  size_t most = 0;
  for (auto i = static_cast<size_t>(first_size_); i < end; ++i) {
    graphs_.push_back(std::make_unique<Graph>(dags_[i]));
    most = std::max(most, dags_[i].operators.size());
  }
  on_device_.reserve(most);
}

const std::vector<uint8_t>& DadsSurgery::LeastLatency(const Observation& seen, Graph* graph) const {
  const OperatorDag& dag = graph->cut.dag();
  std::vector<uint8_t>& light = graph->light;
  std::fill(light.begin(), light.end(), 1);
  if (seen.uplink_bits <= 0) return light;
  const std::vector<uint8_t>& cut = graph->cut.Solve(
      {seen.weights[cost::kDevice], seen.weights[cost::kEdge], seen.weights[cost::kUplink], seen.weights[cost::kDownlink]});
  if (model_.Latency(seen, CostOfPlacement(dag, cut)) < model_.Latency(seen, CostOfPlacement(dag, light))) {
    std::copy(cut.begin(), cut.end(), light.begin());
  }
  return light;
}

const std::vector<uint8_t>& DadsSurgery::FastestStages(const Observation& seen, Graph* graph) const {
  if (seen.uplink_bits > 0) {
    return graph->slowest.Solve({seen.weights[cost::kDevice], seen.weights[cost::kUplink], seen.weights[cost::kEdge]});
  }
  std::fill(graph->light.begin(), graph->light.end(), 1);
  return graph->light;
}

Decision DadsSurgery::Choose(const Observation& seen, bool heavy) const {
  LeastOption least;
  Decision decision;
  for (size_t i = 0; i < graphs_.size(); ++i) {
    Graph* const graph = graphs_[i].get();
    const std::vector<uint8_t>& set = heavy ? FastestStages(seen, graph) : LeastLatency(seen, graph);
    const OptionCost cost = CostOfPlacement(graph->cut.dag(), set);
    const double latency_s = model_.Latency(seen, cost), frames = model_.Frames(seen, cost);
    least.Offer(i, heavy ? SlowestStage(seen, cost) : latency_s, frames, latency_s);
    if (least.option != static_cast<int32_t>(i)) continue;
    decision = Decision::Of(kOwnOption, static_cast<int>(frames));
    decision.own = cost;
    on_device_.assign(set.begin(), set.end());
    size_ = first_size_ + static_cast<int>(i);
  }
  return decision;
}

Decision DadsSurgery::Decide(const Observation& seen) const {
  if (load_ == DadsLoad::kHeavy) return Choose(seen, true);
  const Decision light = Choose(seen, false);
  if (load_ == DadsLoad::kLight || KeepsUp(seen, slot_s_, SlowestStage(seen, light.own))) return light;
  return Choose(seen, true);
}

}   // namespace partway::policy
