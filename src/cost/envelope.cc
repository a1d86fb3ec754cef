#include "cost/envelope.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace partway::cost {
namespace {

constexpr double kEqual = 1e-12;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

double Kink(const Curve& c) { return c.p1 > 0 ? c.p0 / c.p1 : kInfinity; }

// Value, slope and half the curvature just right of u.
struct Local {
  double value, slope, bend;
};
Local RightOf(const Curve& c, double u) {
  const bool rising = u >= Kink(c);
  const double part = rising ? c.p1 * u : c.p0;
  return {c.c0 + u * (c.c1 + u * c.c2) + part, c.c1 + 2 * c.c2 * u + (rising ? c.p1 : 0), c.c2};
}

// -1, 0, 1 for a below, equal to, above b.
int Compare(double a, double b) {
  const double tolerance = kEqual * (std::abs(a) + std::abs(b));
  return a < b - tolerance ? -1 : a > b + tolerance ? 1 : 0;
}

// Whether `a` lies below `b` just right of u, where both exist.
bool Below(const Curve& a, const Curve& b, double u) {
  const Local x = RightOf(a, u), y = RightOf(b, u);
  if (const int order = Compare(x.value, y.value)) return order < 0;
  if (const int order = Compare(x.slope, y.slope)) return order < 0;
  if (const int order = Compare(x.bend, y.bend)) return order < 0;
  return a.rank < b.rank;
}

// The least t > 0 at which d0 + d1 t + a t^2 passes from above 0 to below; d0 >= 0. Infinite if it never does.
double FallsThroughZero(double d0, double d1, double a) {
  if (a == 0) return d1 < 0 ? -d0 / d1 : kInfinity;
  const double discriminant = d1 * d1 - 4 * a * d0;
  if (discriminant <= 0) return kInfinity;
  // Both roots without cancellation.
  const double q = -0.5 * (d1 + std::copysign(std::sqrt(discriminant), d1));
  double roots[2] = {q / a, q == 0 ? 0 : d0 / q};
  std::sort(roots, roots + 2);
  for (const double t : roots) {
    if (t > 0 && d1 + 2 * a * t < 0) return t;
  }
  return kInfinity;
}

// The least u in [from, to) just right of which `a` lies below `b`; infinite if there is none.
double FirstBelow(const Curve& a, const Curve& b, double from, double to) {
  double ends[2] = {Kink(a), Kink(b)};
  std::sort(ends, ends + 2);
  double start = from;
  for (int segment = 0; segment < 3; ++segment) {
    const double end = segment < 2 ? std::min(ends[segment], to) : to;
    if (end <= start) continue;
    if (Below(a, b, start)) return start;
    const Local x = RightOf(a, start), y = RightOf(b, start);
    const double gap = Compare(x.value, y.value) == 0 ? 0 : x.value - y.value;
    const double slope = Compare(x.slope, y.slope) == 0 ? 0 : x.slope - y.slope;
    const double bend = Compare(x.bend, y.bend) == 0 ? 0 : x.bend - y.bend;
    const double crossing = start + FallsThroughZero(gap, slope, bend);
    if (crossing < end) return crossing;
    start = end;
  }
  return kInfinity;
}

int LowestRightOf(const std::vector<Curve>& curves, double u) {
  int lowest = -1;
  for (size_t i = 0; i < curves.size(); ++i) {
    if (curves[i].until <= u) continue;
    if (lowest < 0 || Below(curves[i], curves[static_cast<size_t>(lowest)], u)) lowest = static_cast<int>(i);
  }
  return lowest;
}

}   // namespace

double Curve::At(double u) const { return c0 + u * (c1 + u * c2) + std::max(p0, p1 * u); }

std::vector<EnvelopePiece> LowerEnvelope(const std::vector<Curve>& curves, double from, double to) {
  std::vector<EnvelopePiece> pieces;
  int now = LowestRightOf(curves, from);
  double u = from;
  // Each curve meets another a few times at most; the bound only guards against rounding that turns in a circle.
  const size_t most = 16 * curves.size() + 16;
  for (size_t step = 0; step < most && u < to; ++step) {
    if (now < 0) {
      pieces.push_back({u, to, -1});
      break;
    }
    const Curve& current = curves[static_cast<size_t>(now)];
    double next = std::min(current.until, to);
    int other = -1;
    for (size_t i = 0; i < curves.size(); ++i) {
      if (static_cast<int>(i) == now) continue;
      const double first = FirstBelow(curves[i], current, u, std::min(curves[i].until, next));
      if (first >= next) continue;
      next = first;
      other = static_cast<int>(i);
    }
    if (next > u) pieces.push_back({u, next, now});
    if (next >= to) break;
    // Several may cross here: the one that is lowest from here on. Rounding may still call the current one lowest.
    const int lowest = LowestRightOf(curves, next);
    now = other >= 0 && (lowest == now || lowest < 0) ? other : lowest;
    u = next;
  }
  // A crossing that rounding split in two leaves neighbours with one curve.
  std::vector<EnvelopePiece> merged;
  for (const EnvelopePiece& piece : pieces) {
    if (!merged.empty() && merged.back().curve == piece.curve) {
      merged.back().to = piece.to;
    } else {
      merged.push_back(piece);
    }
  }
  return merged;
}

}   // namespace partway::cost
