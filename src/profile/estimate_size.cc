#include "profile/estimate_size.h"

#include <algorithm>
#include <vector>

namespace partway::profile {
namespace {

double Bytes(const SizeProfile& at, size_t group) {
  const int64_t out = group + 1 < at.groups.size() ? at.cut_bytes[group + 1] : at.output_bytes_of_tail[0];
  return static_cast<double>(at.cut_bytes[group]) + static_cast<double>(out);
}

// In the same unit at both sizes.
double WorkRatio(const SizeProfile& of, const SizeProfile& to, size_t group) {
  if (of.group_macs[group] > 0 && to.group_macs[group] > 0)
    return static_cast<double>(of.group_macs[group]) / static_cast<double>(to.group_macs[group]);
  const double bytes = Bytes(to, group);
  return bytes > 0 ? Bytes(of, group) / bytes : 1;
}

TimeSpread Scaled(const TimeSpread& time, double by) {
  return {.median_s = time.median_s * by, .p10_s = time.p10_s * by, .p90_s = time.p90_s * by, .n = 0};
}

// By a group's work: the last measured size of at most that much and the first of more, either null where there is none.
TimeSpread Estimate(const SizeProfile& at, const SizeProfile* below, const SizeProfile* above, size_t group) {
  if (below == nullptr) return Scaled(above->groups[group], WorkRatio(at, *above, group));
  const TimeSpread from_below = Scaled(below->groups[group], WorkRatio(at, *below, group));
  if (above == nullptr) return from_below;
  // Work in units of that at `below`.
  const double work = WorkRatio(at, *below, group), whole = WorkRatio(*above, *below, group);
  if (!(whole > 1)) return from_below;
  const double share = std::clamp((work - 1) / (whole - 1), 0.0, 1.0);
  const TimeSpread &low = below->groups[group], &high = above->groups[group];
  const auto between = [&](double a, double b) { return a + share * (b - a); };
  return {.median_s = between(low.median_s, high.median_s),
          .p10_s = between(low.p10_s, high.p10_s),
          .p90_s = between(low.p90_s, high.p90_s),
          .n = 0};
}

int64_t Pixels(const SizeProfile& at) { return int64_t{at.height} * at.width; }
bool Timed(const SizeProfile& at) { return !at.estimated && !at.groups.empty() && at.groups.front().n > 0; }

}   // namespace

int EstimateMissingSizes(Profile* profile) {
  int filled = 0;
  for (SizeProfile& at : profile->sizes) {
    if (at.estimated || Timed(at)) continue;
    const SizeProfile *below = nullptr, *above = nullptr;
    for (const SizeProfile& other : profile->sizes) {
      if (!Timed(other) || other.threads != at.threads) continue;
      if (Pixels(other) <= Pixels(at) && (below == nullptr || Pixels(other) > Pixels(*below))) below = &other;
      if (Pixels(other) > Pixels(at) && (above == nullptr || Pixels(other) < Pixels(*above))) above = &other;
    }
    if (below == nullptr && above == nullptr) continue;
    at.groups.resize(at.group_macs.size());
    for (size_t g = 0; g < at.groups.size(); ++g) at.groups[g] = Estimate(at, below, above, g);
    at.estimated = true;
    ++filled;
  }
  return filled;
}

}   // namespace partway::profile
