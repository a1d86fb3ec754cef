// Notices that a series has moved to a level at which it has not been: the mean of its newest slots lies further from its mean so far than
// means of as many slots ever scatter. A link that wanders or jumps between states has block means that scatter widely, so its
// ordinary ups and downs are none; independent draws scatter little, so a step in them is noticed within a block.
#pragma once

#include <array>
#include <cstddef>

namespace partway::policy {

class StepDetector {
 public:
  static constexpr size_t kSlots = 15;          // of a block
  static constexpr size_t kFewestBlocks = 10;   // before which nothing is said

  // True if the newest kSlots values are of another level than those before. Then forgets what was before them.
  bool Add(double value);
  // Values since the level began.
  size_t seen() const { return seen_; }

 private:
  std::array<double, kSlots> newest_{};
  size_t seen_ = 0;
  double block_ = 0, pending_ = 0;   // sum of the block under way; mean of the last whole one, which does not count yet
  size_t blocks_ = 0;
  double mean_ = 0, squares_ = 0;   // of whole blocks' means, by Welford's recurrence
};

}   // namespace partway::policy
