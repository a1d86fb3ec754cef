#include "policy/neurosurgeon.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/status.h"
#include "policy/least_option.h"

namespace partway::policy {

Neurosurgeon::Neurosurgeon(const Problem& problem, RowSubset rows)
    : rows_(std::move(rows)), model_(rows_.In(problem)), slot_s_(problem.slot_s) {}

Decision Neurosurgeon::Decide(const Observation& seen) const {
  const LeastOption least = FindLeast(
      model_, seen, [](size_t /*row*/, double latency_s) { return latency_s; },
      [&](double latency_s, double /*frames*/) {
        return std::min<double>(seen.frames, std::floor(slot_s_ / latency_s * kWholeShare));
      });
  return rows_.Whole(least.decision());
}

Entry NeurosurgeonEntry() {
  return {"neurosurgeon",
          "least latency, one frame after the other (Kang et al., ASPLOS 2017)",
          /*mixes=*/false,
          /*needs_future=*/false,
          {SizeParameter(kFreeSize)},
          [](const Problem& problem, const Parameters& p, uint64_t /*seed*/) -> absl::StatusOr<std::unique_ptr<Policy>> {
            ASSIGN_OR_RETURN(const int size, SizeIndex(*problem.options, p));
            ASSIGN_OR_RETURN(RowSubset rows, RowsOfSize(*problem.options, size));
            return std::make_unique<Neurosurgeon>(problem, std::move(rows));
          }};
}

}   // namespace partway::policy
