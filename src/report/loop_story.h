// Several runs over the same link, which changes on the way: its phases, and what each run made of them. Plain values and pure arithmetic over records.
// Thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "report/run_record.h"

namespace partway::report {

struct LoopPhase {
  std::string name;              // "good"
  double from_s = 0, to_s = 0;   // since the first frame
  double uplink_bps = 0;         // 0: there is none
};

struct LoopMethod {
  std::string name, what;   // "all-local"; "all on the device at 192"
  RunRecord run;            // with slots
  double pace = 1;          // the link went through its phases so many times as fast for this one
};

struct LoopStory {
  std::vector<LoopPhase> phases;
  std::vector<LoopMethod> methods;   // ours first
  double fps = 0;                    // offered
  double slot_s = 1, max_latency_s = 0, min_accuracy = 0;
};

// A part of one run.
struct LoopPart {
  int64_t offered = 0, answered = 0, within = 0;   // within: answered inside the latency limit
  double within_fps = 0, answered_fps = 0;
  std::optional<double> latency_s;   // mean of the answers
  std::optional<double> accuracy;    // mean over slots with answers, by the table
  std::optional<double> top1;        // of labelled pictures
};

// Frames captured, and slots begun, between two times of the story, which are times `pace` the run's own.
LoopPart PartOf(const LoopStory& story, const LoopMethod& method, double from_s, double to_s);
double LengthOf(const LoopStory& story);   // s

}   // namespace partway::report
