// What a frame costs besides time: joules on the device (cost/power.h) and what its upload gives away of the picture (distance correlation), by
// the option that it goes through. For policies that spare them and for results that show them. Immutable; thread-safe.
#pragma once

#include <vector>

#include "cost/power.h"
#include "policy/policy.h"
#include "policy/problem.h"

namespace partway::policy {

class FrameSpending {
 public:
  explicit FrameSpending(const Problem& problem);

  bool energy_known() const { return !energy_.empty(); }
  bool exposure_known() const { return exposure_known_; }   // of every option
  // By row of the table; 0 where it is not known.
  double Energy(const Observation& seen, int32_t row) const;
  double Exposure(int32_t row) const { return exposure_[static_cast<size_t>(row)]; }

 private:
  std::vector<cost::EnergyTerms> energy_;
  std::vector<double> exposure_;
  bool exposure_known_ = true;
};

// Sums over the frames of many slots.
class SpendingMeans {
 public:
  // Frames by an option of the policy's own are of unknown cost, and so are means with them.
  void Add(const FrameSpending& spending, const Observation& seen, const Decision& decision);
  double frames() const { return frames_; }
  bool any_unknown() const { return any_unknown_; }
  // Of a processed frame; 0 without one.
  double energy_j() const { return frames_ > 0 ? energy_j_ / frames_ : 0; }
  double exposure() const { return frames_ > 0 ? exposure_ / frames_ : 0; }

 private:
  double frames_ = 0, energy_j_ = 0, exposure_ = 0;
  bool any_unknown_ = false;
};

}   // namespace partway::policy
