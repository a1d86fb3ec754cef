// DADS (Hu, Bao, Wang and Liu, "Dynamic adaptive DNN surgery for inference acceleration on the edge", INFOCOM 2019), pipelined: under
// light load the option of least latency (DSL), under heavy load the one whose slowest stage of device, uplink and edge is the
// fastest, which gives most frames per second (DSH). `dads` looks at the load as the paper's algorithm 3 does: the light choice
// stands if all its stages end a frame before the next one comes, max(T_device, T_uplink, T_edge) < slot / a; else the heavy one.
//
// These are the choices among the rows of an option table, which are the cuts of a chain of groups. Where a problem also brings operator
// graphs (Problem::dags) the choice is among all sets of operators instead: dads_surgery.h.
#pragma once

#include <cstdint>

#include "policy/least_option.h"
#include "policy/registry.h"
#include "policy/row_subset.h"
#include "policy/slot_model.h"

namespace partway::policy {

enum class DadsLoad : uint8_t { kLight, kHeavy, kSeen };

// Whether a frame leaves each stage before the next one arrives; a frame that takes exactly as long is heavy load, as in the paper.
inline bool KeepsUp(const Observation& seen, double slot_s, double slowest_stage_s) {
  return slowest_stage_s * seen.frames < slot_s;
}

class Dads final : public Policy {
 public:
  Dads(const Problem& problem, RowSubset rows, DadsLoad load);

  // b by eq. 11.
  Decision Decide(const Observation& seen) const override;

 private:
  RowSubset rows_;
  SlotModel model_;
  double slot_s_;
  DadsLoad load_;
};

Entry DadsEntry();
Entry DadsLightEntry();
Entry DadsHeavyEntry();

}   // namespace partway::policy
