// DADS on the operators themselves: DSL by one least cut, DSH by iterated ones (slowest_stage.h), at each size that is allowed. The
// answer need not be a cut of the option table, so it is the decision's own option, and the set itself can be read.
#pragma once

#include <memory>
#include <vector>

#include "policy/dads.h"
#include "policy/min_cut.h"
#include "policy/slot_model.h"
#include "policy/slowest_stage.h"

namespace partway::policy {

class DadsSurgery final : public Policy {
 public:
  // `size`: index into the table's sizes, or -1 for the best of all. The problem has operator graphs, which outlive this.
  DadsSurgery(const Problem& problem, int size, DadsLoad load);

  // b by eq. 11. Among sizes equal values go to the larger b, then the lower R, then the smaller size. While there is no link
  // everything runs on the device.
  Decision Decide(const Observation& seen) const override;

  // Of the last decision: 1 for each operator that runs on the device, in the order of the graph of `size()`.
  const std::vector<uint8_t>& on_device() const { return on_device_; }
  int size() const { return size_; }

 private:
  struct Graph {
    explicit Graph(const OperatorDag& dag) : cut(dag), slowest(dag), light(dag.operators.size(), 1) {}
    MinCut cut;
    SlowestStageCut slowest;
    std::vector<uint8_t> light;
  };

  Decision Choose(const Observation& seen, bool heavy) const;
  // The set of least latency. All on the device costs no round trip, which is why it is compared apart.
  const std::vector<uint8_t>& LeastLatency(const Observation& seen, Graph* graph) const;
  const std::vector<uint8_t>& FastestStages(const Observation& seen, Graph* graph) const;

  SlotModel model_;
  const OperatorDags& dags_;
  double slot_s_;
  DadsLoad load_;
  int first_size_ = 0;
  std::vector<std::unique_ptr<Graph>> graphs_;   // of sizes first_size_ and on
  mutable std::vector<uint8_t> on_device_;
  mutable int size_ = 0;
};

// What a frame costs by a set, as the coefficients of eq. 2.
OptionCost CostOfPlacement(const OperatorDag& dag, const std::vector<uint8_t>& on_device);

}   // namespace partway::policy
