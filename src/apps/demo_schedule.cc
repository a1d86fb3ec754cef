#include "apps/demo_schedule.h"

#include <algorithm>
#include <cmath>

namespace partway::apps {

std::vector<int> PhotosPerCut(const std::vector<Seconds>& per_photo, int photos, int least, Seconds budget) {
  // Water-filling: each cut may take `share` seconds; what quick cuts do not need raises the share of the others.
  std::vector<double> wanted;
  for (const Seconds t : per_photo) wanted.push_back(t.value() * photos);
  std::sort(wanted.begin(), wanted.end());
  double left = budget.value(), share = budget.value();
  for (size_t i = 0; i < wanted.size(); ++i) {
    share = left / static_cast<double>(wanted.size() - i);
    if (wanted[i] > share) break;
    left -= wanted[i];
    share = wanted[i];
  }
  std::vector<int> counts;
  for (const Seconds t : per_photo) {
    const double fit = t.value() > 0 ? std::floor(share / t.value() + 1e-9) : photos;
    counts.push_back(static_cast<int>(std::clamp<double>(fit, std::min(least, photos), photos)));
  }
  return counts;
}

}   // namespace partway::apps
