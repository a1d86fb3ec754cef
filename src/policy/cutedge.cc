#include "policy/cutedge.h"

#include <utility>

#include "base/status.h"

namespace partway::policy {
namespace {

Problem WithoutAccuracy(Problem problem) {
  problem.min_accuracy = 0;
  return problem;
}

}   // namespace

CutEdge::CutEdge(const Problem& problem, RowSubset rows, const PareconParameters& parameters)
    : rows_(std::move(rows)), control_(WithoutAccuracy(rows_.In(problem)), parameters) {}

Decision CutEdge::Decide(const Observation& seen) const { return rows_.Whole(control_.Decide(seen)); }

void CutEdge::Update(const Observation& seen, const Decision& decision, const Outcome& outcome) {
  control_.Update(seen, decision, outcome);
}

Entry CutEdgeEntry() {
  return {"cutedge",
          "drift-plus-penalty control of frames and cut at one size, without accuracy (CutEdge, as in the Parecon paper)",
          /*mixes=*/false,
          /*needs_future=*/false,
          {SizeParameter(kFreeSize), {"V", "weight of the utility against the latency constraint", 20, 1e-6, 1e9}},
          [](const Problem& problem, const Parameters& p, uint64_t /*seed*/) -> absl::StatusOr<std::unique_ptr<Policy>> {
            ASSIGN_OR_RETURN(const int size, SizeIndex(*problem.options, p));
            ASSIGN_OR_RETURN(RowSubset rows, RowsOfSize(*problem.options, size));
            PareconParameters parameters;
            parameters.V = p.numbers.at("V");
            return std::make_unique<CutEdge>(problem, std::move(rows), parameters);
          }};
}

}   // namespace partway::policy
