// The page's drawings, as SVG. Each comes with a label for screen readers; the numbers stand in tables beside them. Thread-safe.
#pragma once

#include <string>
#include <vector>

#include "report/cut_stats.h"

namespace partway::report {

// Where the time went: a bar for each cut, its mean latency in stacked parts.
std::string DrawParts(const std::vector<CutStats>& cuts, int groups);

// Parecon's Fig. 1 from what was measured: a row each for prepare, device, uplink, edge and reply, a box for each frame over time.
// Empty if the frames do not say when their stages began.
std::string DrawPipeline(const std::vector<const FrameRow*>& frames, int cut);

// A histogram of latencies for each cut over one axis, with the median and the 95th percentile marked.
std::string DrawLatencies(const std::vector<CutStats>& cuts, int groups);

// A step of 1, 2 or 5 times a power of ten that divides 0..`range` into at most `steps` parts; `range` > 0.
double NiceStep(double range, int steps);

}   // namespace partway::report
