#include "cost/flips.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/status.h"
#include "cost/envelope.h"
#include "cost/predict.h"

namespace partway::cost {

// Turns what a Chooser holds into curves over one weight.
class CurveMaker {
 public:
  CurveMaker(const Chooser& chooser, const Weights& weights) : chooser_(chooser), weights_(weights) {}

  size_t size() const { return chooser_.rows_.size(); }
  int row(int i) const { return i < 0 ? kNoOption : chooser_.rows_[static_cast<size_t>(i)]; }

  // Row i over weight w, all other weights as they are.
  Curve Over(Weight w, size_t i) const {
    const auto part = [&](int k) { return chooser_.coefficient_[k][i] * weights_[k]; };
    double latency0 = 0, period0 = 0, energy0 = 0, energy1 = 0;
    for (int k = 0; k < kWeights; ++k) {
      if (k == w) continue;
      latency0 += part(k);
      if (k != kRoundTrip) period0 = std::max(period0, part(k));
    }
    const double latency1 = chooser_.coefficient_[w][i], period1 = w == kRoundTrip ? 0 : latency1;
    if (chooser_.energy_matters_) {
      for (int k = 0; k < kWeights; ++k) {
        energy0 += chooser_.per_bit_[k] * chooser_.coefficient_[k][i] + (k == w ? 0 : chooser_.watts_[k] * part(k));
      }
      energy1 = chooser_.watts_[w] * latency1;
    }
    const Objective& o = chooser_.objective_;
    Curve curve;
    curve.c0 = o.latency * latency0 + o.energy * energy0 + o.energy_delay * energy0 * latency0;
    curve.c1 = o.latency * latency1 + o.energy * energy1 + o.energy_delay * (energy0 * latency1 + energy1 * latency0);
    curve.c2 = o.energy_delay * energy1 * latency1;
    curve.p0 = o.period * period0;
    curve.p1 = o.period * period1;
    curve.rank = chooser_.rank_[i];
    // The weight up to which a + b u stays within a limit; below 0 where it never does.
    const auto within = [](double a, double b, double limit) {
      if (a > limit) return -1.0;
      return b > 0 ? (limit - a) / b : std::numeric_limits<double>::infinity();
    };
    // "Never" bounds what the other weights make of it, not how far this one may go.
    const bool limited = chooser_.max_latency_s_ < kNeverSeconds;
    curve.until = within(latency0, limited ? latency1 : 0, chooser_.max_latency_s_);
    curve.until = std::min(curve.until, within(period0, 0, chooser_.max_period_s_));
    curve.until = std::min(curve.until, within(0, period1, chooser_.max_period_s_));
    if (chooser_.energy_matters_) curve.until = std::min(curve.until, within(energy0, energy1, chooser_.max_energy_j_));
    return curve;
  }

  // Row i over the least accuracy asked for: a constant up to its own accuracy.
  Curve OverAccuracy(size_t i, double accuracy) const {
    Curve curve = Over(kRoundTrip, i);
    curve.c0 = curve.At(weights_[kRoundTrip]);
    const bool meets = weights_[kRoundTrip] <= curve.until;
    curve.c1 = curve.c2 = curve.p0 = curve.p1 = 0;
    curve.until = meets && !std::isnan(accuracy) ? accuracy : -1;
    return curve;
  }

 private:
  const Chooser& chooser_;
  Weights weights_;
};

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Weight WeightOn(Axis axis) {
  switch (axis) {
    case Axis::kUplink: return kUplink;
    case Axis::kDeviceSpeed: return kDevice;
    case Axis::kEdgeSpeed:
    case Axis::kEdgeLoad: return kEdge;
    default: return kRoundTrip;
  }
}

// The weight at a point of the axis; rising or falling along with it, the same in the other direction.
double WeightAt(Axis axis, double value, const State& state) {
  const auto inverse = [](double x) { return x > 0 ? 1 / x : kInfinity; };
  switch (axis) {
    case Axis::kUplink:
    case Axis::kDeviceSpeed: return inverse(value);
    case Axis::kEdgeSpeed: return inverse(value * (1 - state.edge_load));
    case Axis::kEdgeLoad: return inverse(state.edge_speed * (1 - value));
    default: return value;
  }
}
double ValueAt(Axis axis, double weight, const State& state) {
  const auto inverse = [](double x) { return x > 0 ? 1 / x : kInfinity; };
  switch (axis) {
    case Axis::kUplink:
    case Axis::kDeviceSpeed: return inverse(weight);
    case Axis::kEdgeSpeed: return inverse(weight * (1 - state.edge_load));
    case Axis::kEdgeLoad: return 1 - inverse(weight * state.edge_speed);
    default: return weight;
  }
}
bool Falls(Axis axis) { return axis == Axis::kUplink || axis == Axis::kDeviceSpeed || axis == Axis::kEdgeSpeed; }

}   // namespace

State With(State state, Axis axis, double value) {
  switch (axis) {
    case Axis::kUplink: state.uplink_bps = value; break;
    case Axis::kDeviceSpeed: state.device_speed = value; break;
    case Axis::kEdgeSpeed: state.edge_speed = value; break;
    case Axis::kEdgeLoad: state.edge_load = value; break;
    case Axis::kRoundTrip: state.rtt_s = value; break;
    case Axis::kMinAccuracy: break;
  }
  return state;
}

double ValueOn(const State& state, const Limits& limits, Axis axis) {
  switch (axis) {
    case Axis::kUplink: return state.uplink_bps;
    case Axis::kDeviceSpeed: return state.device_speed;
    case Axis::kEdgeSpeed: return state.edge_speed;
    case Axis::kEdgeLoad: return state.edge_load;
    case Axis::kRoundTrip: return state.rtt_s;
    case Axis::kMinAccuracy: break;
  }
  return limits.min_accuracy.value_or(0);
}

absl::StatusOr<std::vector<Region>> RegionsAlong(Axis axis, double from, double to, const OptionTable& table, const State& state,
                                                 const Objective& objective, const Limits& limits, const PowerModel* power) {
  const double most = axis == Axis::kEdgeLoad || axis == Axis::kMinAccuracy ? 1 : kInfinity;
  if (!(0 <= from && from < to && to <= most))
    return InvalidArgument("the range ", from, " to ", to, " is empty or out of bounds");
  RETURN_IF_ERROR(CheckState(state));
  Limits others = limits;
  if (axis == Axis::kMinAccuracy) others.min_accuracy.reset();
  ASSIGN_OR_RETURN(const Chooser chooser, Chooser::Make(table, objective, others, power));
  const CurveMaker maker(chooser, WeightsOf(state));
  std::vector<Curve> curves;
  for (size_t i = 0; i < maker.size(); ++i) {
    curves.push_back(axis == Axis::kMinAccuracy
                         ? maker.OverAccuracy(i, table.accuracy[static_cast<size_t>(maker.row(static_cast<int>(i)))])
                         : maker.Over(WeightOn(axis), i));
  }
  const double low = WeightAt(axis, Falls(axis) ? to : from, state), high = WeightAt(axis, Falls(axis) ? from : to, state);
  std::vector<Region> regions;
  for (const EnvelopePiece& piece : LowerEnvelope(curves, low, high)) {
    Region region{ValueAt(axis, piece.from, state), ValueAt(axis, piece.to, state), maker.row(piece.curve)};
    if (Falls(axis)) std::swap(region.from, region.to);
    regions.push_back(region);
  }
  if (Falls(axis)) std::reverse(regions.begin(), regions.end());
  // The ends as asked for, not as they come back from the weight.
  if (!regions.empty()) {
    regions.front().from = from;
    regions.back().to = to;
  }
  return regions;
}

absl::StatusOr<std::vector<Region>> RegionsAlong(Axis axis, const OptionTable& table, const State& state,
                                                 const Objective& objective, const Limits& limits, const PowerModel* power) {
  const double to = axis == Axis::kEdgeLoad || axis == Axis::kMinAccuracy ? 1 : kInfinity;
  return RegionsAlong(axis, 0, to, table, state, objective, limits, power);
}

}   // namespace partway::cost
