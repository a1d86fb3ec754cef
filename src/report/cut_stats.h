// A run's answered frames grouped by cut and codec, and what each group amounts to. Those that were dropped belong to none: most never came
// to have a cut. Pure arithmetic over rows. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "report/run_record.h"
#include "report/summary.h"

namespace partway::report {

// The parts of a frame's latency in the order in which they happen; reply includes the way back, tail the device's last work.
inline constexpr int kPartCount = 9;
struct PartName {
  const char* key;    // as in CSS and JSON
  const char* name;   // as people read it
  double device::FrameRecord::*seconds;
};
extern const PartName kParts[kPartCount];

struct CutStats {
  int cut = 0;
  std::string codec;                     // of what was uploaded; empty for raw and for frames that stayed on the device
  std::vector<const FrameRow*> frames;   // in order of capture; borrowed from the record
  RunSummary summary;                    // of these frames alone
  double part_s[kPartCount] = {};        // means over answered frames, in the order of kParts
  std::optional<double> bytes_up;        // mean over frames that uploaded something
  std::optional<double> agreement;       // share of frames whose answer is the whole model's, of those where that is known
  int64_t compared = 0;                  // how many those are
  int64_t labelled = 0;
  std::vector<double> latencies;   // answered frames, ascending

  // The mean of one part, named by the row's field.
  double part(double device::FrameRecord::*seconds) const;
};

// Of the answered frames. Ascending by cut; within a cut raw first, then by the codec's name. `groups`: 0 if not known.
std::vector<CutStats> StatsByCut(const std::vector<FrameRow>& frames, int groups);

// "all on the edge" (0), "all on the device" (cut == groups), else "after group 2" for cut 3: groups count from 0. A codec follows:
// "after group 2, int8-ec".
std::string CutWords(const CutStats& stats, int groups);

// A window of `count` consecutive frames of `stats` (in order of capture) from its middle, where the pipeline runs steadily: the
// first `count` in a row, from the middle on, then from the start, that the edge answered; fewer if there are not so many.
std::vector<const FrameRow*> SteadyWindow(const CutStats& stats, size_t count);

}   // namespace partway::report
