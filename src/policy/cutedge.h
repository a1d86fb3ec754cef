// CutEdge, as the Parecon paper runs it: the same drift-plus-penalty control of cut and frames, pipelined, at one input size and without
// control of accuracy. Parecon with a smaller table and no constraint on accuracy is just that: its accuracy queue
// G <- [G - C]+ + 0 stays empty, so eq. 9 becomes F R - H b / a.
#pragma once

#include "policy/parecon.h"
#include "policy/registry.h"
#include "policy/row_subset.h"

namespace partway::policy {

class CutEdge final : public Policy {
 public:
  CutEdge(const Problem& problem, RowSubset rows, const PareconParameters& parameters);

  Decision Decide(const Observation& seen) const override;
  void Update(const Observation& seen, const Decision& decision, const Outcome& outcome) override;

  const Parecon::Queues& queues() const { return control_.queues(); }

 private:
  RowSubset rows_;
  Parecon control_;
};

Entry CutEdgeEntry();

}   // namespace partway::policy
