// The best mixture of options within one slot. Device, link and (if the problem counts it) edge are resources of their own, so that some
// frames may be computed here while others upload. With B frames in the slot, shares f_o of them by option o and prices on latency and
// accuracy, the slot is worth
//
//   score.k B / a + sum of f_o (score.latency R_o + score.accuracy C_o),   sum f_o = 1,   B sum f_o device_s_o <= slot,
//                                                                                         B sum f_o bits_o <= d  (and the edge's)
//
// For a given B this is a linear programme in f whose right-hand sides are all u = 1 / B, so that one walk of the parametric dual simplex
// method from u large to u = 1 / a gives it for every B: on each of its few pieces the slot is worth B / a + alpha + beta / B, which is
// convex, so only the whole B at the ends of pieces can be the best. Where no frame fits, one option holds the slot, as in eq. 11.
//
// Not thread-safe (scratch inside). Does not allocate after construction.
#pragma once

#include <array>
#include <limits>
#include <vector>

#include "policy/slot_kernels.h"
#include "policy/useful_options.h"

namespace partway::policy {

class MixSlot {
 public:
  // Mixtures of all options: the optimum.
  explicit MixSlot(const Problem& problem) : MixSlot(problem, UsefulRows(*problem.options)) {}
  // Of these rows alone (MixableRows: a third of the time for about the same).
  MixSlot(const Problem& problem, std::vector<int32_t> rows);

  struct Mix {
    static constexpr size_t kMost = 4;   // as many as there are rows in the programme
    int frames = 0;                      // B
    int count = 0;                       // options in use; 0 where none runs
    std::array<double, kMost> share{};   // f: above 0, sum 1
    std::array<size_t, kMost> place{};   // in the scratch of the slot; not of a single option's
    MeanPoint point;
  };
  // Shares of frames as they come; never worth less than the best single option (eq. 11).
  Mix Best(const Observation& seen, const Score& score);
  // Whole frames near to these.
  Decision WholeFrames(const Observation& seen, const Score& score);

 private:
  static constexpr size_t kRows = 4;   // shares, device, link, edge (which takes nothing where it is not counted)
  using Row = std::array<double, kRows>;

  // Whole frames as they are put together.
  struct Fill {
    int frames = 0, count = 0;   // of frames; of options
    std::array<size_t, Decision::kMost> place{};
    std::array<int, Decision::kMost> each{};
    double worth = 0;   // sum over the frames
    Row left{};         // of each resource
    double Value(double per_frame) const {
      return frames > 0 ? worth / frames + per_frame * frames : -std::numeric_limits<double>::infinity();
    }
  };
  int SingleFrames(const Observation& seen) const;
  void AddFrames(size_t place, int frames, Fill* fill) const;
  void FillUp(double per_frame, int most, int target, Fill* fill) const;
  void Load(const Observation& seen, const Score& score);
  void DropUnfit(size_t first, size_t count, const double* frames);
  Frames frames() const { return {use_[1].data(), use_[2].data(), use_[3].data(), worth_.data(), count_}; }
  double Worth(double frames) const;
  bool Pivot(size_t leave);
  void Price();

  UsefulOptions options_;
  double slot_s_;
  bool edge_limits_;
  UsefulOptions::Choice single_;   // of the last slot: the best option alone
  // Per option of which a frame fits into this slot, with room for four more than there are.
  size_t count_ = 0;
  std::vector<int32_t> index_;
  std::vector<double> latency_, worth_;
  std::array<std::vector<double>, kRows> use_;   // [0] is 1, not kept; else share of the resource that a frame takes
  // Basis: an option's place, or kSlack + i for the slack of row i. x = fixed + u slope.
  static constexpr size_t kSlack = size_t{1} << 32;
  struct Basis {
    std::array<size_t, kRows> member{};
    Row fixed{}, slope{};
  };
  Basis basis_;
  std::array<Row, kRows> inverse_{};
  Row dual_{};
};

}   // namespace partway::policy
