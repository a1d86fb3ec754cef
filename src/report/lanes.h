// Puts intervals that may overlap into lanes where none overlap: greedy by start, the lowest lane that is free. Thread-safe.
#pragma once

#include <vector>

namespace partway::report {

struct Interval {
  double start = 0, end = 0;
};

// The lane of each interval, in the order given; -1 for those beyond `lanes_max`. Intervals must be sorted by start.
inline std::vector<int> AssignLanes(const std::vector<Interval>& intervals, int lanes_max) {
  std::vector<int> lanes;
  std::vector<double> free_at;
  for (const Interval& interval : intervals) {
    size_t lane = 0;
    while (lane < free_at.size() && free_at[lane] > interval.start) ++lane;
    if (lane == static_cast<size_t>(lanes_max)) {
      lanes.push_back(-1);
      continue;
    }
    if (lane == free_at.size()) free_at.push_back(0);
    free_at[lane] = interval.end;
    lanes.push_back(static_cast<int>(lane));
  }
  return lanes;
}

}   // namespace partway::report
