// From single answers to the rows of an accuracy table: whole numbers that are added up, so that neither the order of pictures nor the number of
// threads nor an interruption shows in the result. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "profile/accuracy_table.h"
#include "profile/measure/accuracy_plan.h"

namespace partway::profile {

// What one picture gave in one row.
struct Answer {
  bool top1 = false, top5 = false;   // its label; false without labels
  bool agrees = false;               // with the uncut model at its own size
  bool uncut = false;                // what the uncut model of the same size gave: top1, or agrees without labels
  int64_t bytes = 0;                 // encoded; 0 for an uncut row
  bool operator==(const Answer&) const = default;
};

class AccuracyCounts {
 public:
  explicit AccuracyCounts(const AccuracyPlan& plan);
  // One answer per codec of the block.
  void Add(size_t block, std::span<const Answer> answers, bool labelled);
  // The rows, by pixels, height, cut and in the plan's order of codecs. Names, hashes and fit stay empty.
  AccuracyTable Table(bool labelled) const;

 private:
  struct Row {
    int64_t n = 0, top1 = 0, top5 = 0, agreed = 0, gained = 0, lost = 0, bytes = 0;
  };
  const AccuracyPlan& plan_;
  std::vector<std::vector<Row>> rows_;   // by block and codec
};

}   // namespace partway::profile
