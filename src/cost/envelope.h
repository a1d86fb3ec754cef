// The lower envelope of curves c0 + c1 u + c2 u^2 + max(p0, p1 u) over u, each of which exists up to its own end. Pure, thread-safe.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

namespace partway::cost {

struct Curve {
  double c0 = 0, c1 = 0, c2 = 0;
  double p0 = 0, p1 = 0;                                    // both 0 or more
  double until = std::numeric_limits<double>::infinity();   // the last u at which it exists
  int32_t rank = 0;                                         // of curves that are equal, the least rank is lowest
  double At(double u) const;
};

struct EnvelopePiece {
  double from = 0, to = 0;
  int curve = -1;   // index; -1 where none exists
};

// Pieces over [from, to], ascending, without gaps, neighbours differ. `to` may be infinite. Values within a share of 1e-12 count as equal.
// Walks from crossing to crossing: O(n) for each piece.
std::vector<EnvelopePiece> LowerEnvelope(const std::vector<Curve>& curves, double from, double to);

}   // namespace partway::cost
