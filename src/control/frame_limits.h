// Limits that each frame has for itself: its deadline, and the energy that the device may spend on it. Policies hold latency on average and know nothing
// of energy, so they may name options that break them; those are left out, and where the best single option that keeps them gives more frames
// than what is left, that one is taken. If nothing keeps them it is the one that comes nearest. Pure.
#pragma once

#include <optional>
#include <vector>

#include "cost/option_table.h"
#include "cost/power.h"
#include "policy/slot_model.h"

namespace partway::control {

// What frames took beyond eq. 2 lately, by where they were answered: resizing, queues, threads.
struct BeyondModel {
  double local_s = 0, sent_s = 0;
};

// How many times over its limits a frame of each option is; at most 1: allowed.
class FrameLimits {
 public:
  // `options` and `model` must outlive it. Null: no such limit. `max_energy_j` needs `power`.
  FrameLimits(const cost::OptionTable& options, const policy::SlotModel& model, std::optional<double> deadline_s,
              std::optional<double> max_energy_j, const std::optional<cost::PowerModel>& power);

  bool any() const { return deadline_s_ || max_energy_j_; }
  double Excess(const policy::Observation& seen, const BeyondModel& beyond, size_t row) const;
  // By its energy alone; 0 without that limit.
  double EnergyExcess(const policy::Observation& seen, size_t row) const;

 private:
  const cost::OptionTable& options_;
  const policy::SlotModel& model_;
  std::optional<double> deadline_s_, max_energy_j_;
  std::vector<cost::EnergyTerms> energy_;   // by row; empty without a limit
};

// `min_accuracy`: of the option that is taken instead.
policy::Decision WithinLimits(const policy::Observation& seen, const policy::SlotModel& model, const FrameLimits& limits,
                              const BeyondModel& beyond, double min_accuracy, const policy::Decision& decision);

}   // namespace partway::control
