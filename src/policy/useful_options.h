// The options that can be the best under some state and prices. One that needs no less of anything than another and is no more accurate
// never is: under every state its latency is as long and it fits no more frames. Of 360 options about a third remain.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "policy/mean_lp.h"
#include "policy/slot_model.h"

namespace partway::policy {

// Rows in ascending order; of equal rows the first.
std::vector<int32_t> UsefulRows(const cost::OptionTable& table);
// Those of them that can be in the best mixture: shares of two others that need no more of anything and are as accurate replace a row
// under every state. Of 90 options of the Parecon paper about 30. Grows with the cube of the useful rows (333 options: 14 ms).
std::vector<int32_t> MixableRows(const cost::OptionTable& table);

// A slot model of the useful rows. Immutable; thread-safe.
class UsefulOptions {
 public:
  explicit UsefulOptions(const Problem& problem);
  // Of these rows alone; ascending.
  UsefulOptions(const Problem& problem, std::vector<int32_t> rows);

  const SlotModel& model() const { return model_; }
  // Row of the problem's table.
  int32_t row(size_t index) const { return rows_[index]; }
  size_t size() const { return rows_.size(); }

  struct Choice {
    int32_t index = -1;   // of the useful options; -1 where none runs
    MeanPoint point;
  };
  // Block by block of SlotModel::ForEachBlock: the option of the greatest score with as many frames as fit (eq. 11).
  class BestSoFar {
   public:
    BestSoFar(const UsefulOptions& options, const Observation& seen, const Score& score)
        : model_(options.model()), seen_(seen), score_(score) {}
    void Offer(size_t first, size_t count, const double* latency, const double* frames);
    const Choice& choice() const { return choice_; }

   private:
    const SlotModel& model_;
    const Observation& seen_;
    const Score score_;
    double best_ = -std::numeric_limits<double>::infinity();
    Choice choice_;
  };
  Choice Best(const Observation& seen, const Score& score) const;

 private:
  std::vector<int32_t> rows_;
  SlotModel model_;
};

}   // namespace partway::policy
