#include "policy/policy.h"

namespace partway::policy {

Observation MakeObservation(int64_t slot, int frames, const cost::State& state, double slot_s) {
  return {slot, frames, state, cost::WeightsOf(state), state.uplink_bps * slot_s};
}

int Decision::frames() const {
  int sum = 0;
  for (const Share& share : used()) sum += share.frames;
  return sum;
}

Decision Decision::Of(int32_t option, int frames) {
  Decision decision;
  decision.Add({option, frames});
  return decision;
}

}   // namespace partway::policy
