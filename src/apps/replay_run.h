// Plays a live run's record again in the event simulator and sets what comes out beside what was measured. The record is all that is needed.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "report/run_record.h"
#include "report/summary.h"

namespace partway::apps {

// One run as its record has it, or as the simulator says.
struct ReplayedRun {
  report::RunSummary summary;
  int64_t within = 0;   // answered inside the latency limit
  std::vector<report::SlotRow> slots;
  std::vector<report::FrameRow> frames;   // in the order in which they ended
};

struct Replay {
  std::string path;
  report::RunHeader header;
  ReplayedRun live, simulated;
  ReplayedRun as_decided;   // simulated with the decisions of the record in place of the policy's own
};

// (simulated - live) / live; where live is 0, 0 if both are, else 1.
double RelativeError(double live, double simulated);
struct ReplayErrors {
  double fps = 0, latency = 0, p95 = 0, upload_bytes = 0, bytes_per_frame = 0, within = 0;   // relative, with their sign
  double worst() const;   // of those that are judged, without sign: fps, latency, upload_bytes
};
ReplayErrors ErrorsOf(const ReplayedRun& live, const ReplayedRun& simulated);

// Errors, InvalidArgument with the record's path: one without what a replay needs, without frames, with numbers that cannot be; a policy that is not there.
absl::StatusOr<Replay> PlayAgain(report::RunRecord record);

}   // namespace partway::apps
