// A run as a Chrome/Perfetto trace (the JSON "traceEvents" form, which ui.perfetto.dev and chrome://tracing open): one process for
// the device, one for the network, one for the edge; a track for each stage; a box for each frame on each, and arrows that
// follow a frame from stage to stage. Where stages of one kind overlap, further tracks are opened (at most kTracksPerStage).
// Format: "Trace Event Format", Google, 2016; times in microseconds.
#pragma once

#include <string>

#include "report/run_record.h"

namespace partway::report {

inline constexpr int kTracksPerStage = 8;

// Boxes are sorted by their start, lengths are never negative, and no two boxes of a track overlap. Thread-safe, cannot fail.
std::string RenderTimeline(const RunRecord& run);

}   // namespace partway::report
