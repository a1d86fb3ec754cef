#include "policy/dads.h"

#include <utility>

#include "base/status.h"
#include "policy/dads_surgery.h"

namespace partway::policy {
namespace {

template <DadsLoad load>
Entry EntryFor(const char* name, const char* summary) {
  return {name,
          summary,
          /*mixes=*/false,
          /*needs_future=*/false,
          {SizeParameter(kFreeSize)},
          [](const Problem& problem, const Parameters& p, uint64_t /*seed*/) -> absl::StatusOr<std::unique_ptr<Policy>> {
            ASSIGN_OR_RETURN(const int size, SizeIndex(*problem.options, p));
            if (problem.dags != nullptr) return std::make_unique<DadsSurgery>(problem, size, load);
            ASSIGN_OR_RETURN(RowSubset rows, RowsOfSize(*problem.options, size));
            return std::make_unique<Dads>(problem, std::move(rows), load);
          }};
}

}   // namespace

Dads::Dads(const Problem& problem, RowSubset rows, DadsLoad load)
    : rows_(std::move(rows)), model_(rows_.In(problem)), slot_s_(problem.slot_s), load_(load) {}

Decision Dads::Decide(const Observation& seen) const {
  if (load_ != DadsLoad::kHeavy) {
    const LeastOption light = FindLeast(model_, seen, [](size_t /*row*/, double latency_s) { return latency_s; });
    if (light.option < 0) return {};
    const bool stands =
        load_ == DadsLoad::kLight || KeepsUp(seen, slot_s_, SlowestStage(seen, model_.Cost(static_cast<size_t>(light.option))));
    if (stands) return rows_.Whole(light.decision());
  }
  const LeastOption heavy =
      FindLeast(model_, seen, [&](size_t row, double /*latency_s*/) { return SlowestStage(seen, model_.Cost(row)); });
  return rows_.Whole(heavy.decision());
}

Entry DadsEntry() {
  return EntryFor<DadsLoad::kSeen>("dads",
                                   "least latency under light load, most throughput under heavy (Hu et al., INFOCOM 2019)");
}
Entry DadsLightEntry() { return EntryFor<DadsLoad::kLight>("dads-light", "least latency, pipelined (DADS under light load)"); }
Entry DadsHeavyEntry() {
  return EntryFor<DadsLoad::kHeavy>("dads-heavy", "fastest slowest stage, so most throughput (DADS under heavy load)");
}

}   // namespace partway::policy
