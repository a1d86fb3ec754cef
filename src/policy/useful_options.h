// The options that can be the best under some state and prices. One that needs no less of anything than another and is no more accurate
// never is: under every state its latency is as long and it fits no more frames. Of 360 options about a third remain.
#pragma once

#include <cstdint>
#include <vector>

#include "policy/mean_lp.h"
#include "policy/slot_model.h"

namespace partway::policy {

// Rows in ascending order; of equal rows the first.
std::vector<int32_t> UsefulRows(const cost::OptionTable& table);

// A slot model of the useful rows. Immutable; thread-safe.
class UsefulOptions {
 public:
  explicit UsefulOptions(const Problem& problem);

  const SlotModel& model() const { return model_; }
  // Row of the problem's table.
  int32_t row(size_t index) const { return rows_[index]; }
  size_t size() const { return rows_.size(); }

  struct Choice {
    int32_t index = -1;   // of the useful options; -1 where none runs
    MeanPoint point;
  };
  // The option of the greatest score with as many frames as fit (eq. 11).
  Choice Best(const Observation& seen, const Score& score) const;

 private:
  UsefulOptions(const Problem& problem, std::vector<int32_t> rows);

  std::vector<int32_t> rows_;
  SlotModel model_;
};

}   // namespace partway::policy
