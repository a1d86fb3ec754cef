#include "apps/plan_words.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/text.h"

namespace partway::apps {
namespace {

std::string Short(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", value);
  return text;
}

std::string Joules(double joules) { return joules >= 1 ? Concat(Short(joules), " J") : Concat(Short(joules * 1e3), " mJ"); }

std::string Rate(double macs_per_s) { return Concat(FormatCount(macs_per_s), "FLOPS"); }

}   // namespace

std::string AxisName(cost::Axis axis) {
  switch (axis) {
    case cost::Axis::kUplink: return "uplink";
    case cost::Axis::kDeviceSpeed: return "device";
    case cost::Axis::kEdgeSpeed: return "edge";
    case cost::Axis::kEdgeLoad: return "edge load";
    case cost::Axis::kRoundTrip: return "round trip";
    case cost::Axis::kMinAccuracy: break;
  }
  return "least accuracy";
}

KeyedValue AxisKey(const PlanProblem& problem, cost::Axis axis, double value) {
  switch (axis) {
    case cost::Axis::kUplink: return {"uplink_bps", value};
    case cost::Axis::kDeviceSpeed:
      if (problem.device_rate > 0) return {"device_macs_per_s", value * problem.device_rate};
      return {"device_speed", value};
    case cost::Axis::kEdgeSpeed:
      if (problem.edge_rate > 0) return {"edge_macs_per_s", value * problem.edge_rate};
      return {"edge_speed", value};
    case cost::Axis::kEdgeLoad: return {"edge_load", value};
    case cost::Axis::kRoundTrip: return {"rtt_s", value};
    case cost::Axis::kMinAccuracy: break;
  }
  return {"min_accuracy", value};
}

std::string AxisValue(const PlanProblem& problem, cost::Axis axis, double value) {
  const double shown = AxisKey(problem, axis, value).value;
  switch (axis) {
    case cost::Axis::kUplink: return FormatBitRate(shown);
    case cost::Axis::kDeviceSpeed: return problem.device_rate > 0 ? Rate(shown) : Concat(Short(shown), " times its profile");
    case cost::Axis::kEdgeSpeed: return problem.edge_rate > 0 ? Rate(shown) : Concat(Short(shown), " times its profile");
    case cost::Axis::kRoundTrip: return FormatSeconds(shown);
    case cost::Axis::kEdgeLoad:
    case cost::Axis::kMinAccuracy: break;
  }
  return Short(shown);
}

std::string Words(const cost::OptionTable& table, int row) {
  if (row == cost::kNoOption) return "nothing meets the limits";
  const auto r = static_cast<size_t>(row);
  const cost::OptionKey& key = table.keys[r];
  std::string text = table.local(r) ? "all on the device" : key.cut == 0 ? "all on the edge" : Concat("cut ", key.cut);
  if (table.sizes.size() > 1) Append(&text, " at ", cost::SizeText(table.sizes[static_cast<size_t>(key.size)]));
  if (!table.local(r) && table.codecs.size() > 1) Append(&text, " as ", table.codecs[static_cast<size_t>(key.codec)]);
  return text;
}

std::string RegionWords(const PlanProblem& problem, const cost::AxisFlips& flips, size_t most) {
  const std::vector<cost::Region>& regions = flips.regions;
  if (regions.size() == 1) return Concat("always ", Words(problem.table, regions.front().row));
  size_t here = 0;
  while (here + 1 < regions.size() && regions[here].to <= flips.now) ++here;
  const size_t first = here < most / 2 ? 0 : std::min(here - most / 2, regions.size() - std::min(most, regions.size()));
  const size_t last = std::min(regions.size(), first + most);
  std::string text;
  for (size_t i = first; i < last; ++i) {
    if (!text.empty()) text += "; ";
    if (i == 0) {
      Append(&text, "below ", AxisValue(problem, flips.axis, regions[i].to));
    } else if (i + 1 == regions.size()) {
      Append(&text, "above ", AxisValue(problem, flips.axis, regions[i].from));
    } else {
      Append(&text, AxisValue(problem, flips.axis, regions[i].from), " to ", AxisValue(problem, flips.axis, regions[i].to));
    }
    Append(&text, ": ", Words(problem.table, regions[i].row));
  }
  const size_t hidden = regions.size() - (last - first);
  if (hidden > 0) Append(&text, "; ", hidden, " more further off");
  return text;
}

std::string ConstraintValue(cost::Constraint constraint, double value) {
  switch (constraint) {
    case cost::Constraint::kLatency: return FormatSeconds(value);
    case cost::Constraint::kPeriod: return Concat(Short(1 / value), " fps");
    case cost::Constraint::kEnergy: return Joules(value);
    case cost::Constraint::kDeviceMemory:
    case cost::Constraint::kEdgeMemory: return FormatBytes(value);
    default: return Short(value);
  }
}

std::string LimitWords(cost::Constraint constraint, double limit) {
  const bool floor = cost::IsFloor(constraint) || constraint == cost::Constraint::kPeriod;   // said as frames per second
  std::string name = cost::ConstraintName(constraint);
  std::replace(name.begin(), name.end(), '_', ' ');
  return Concat(name, floor ? " at least " : " at most ", ConstraintValue(constraint, limit));
}

}   // namespace partway::apps
