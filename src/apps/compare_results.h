// What `compare` measured, and how it is told: table, JSON, page. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "nlohmann/json_fwd.hpp"
#include "report/run_record.h"

namespace partway::apps {

// One run of one method over one link.
struct CompareRun {
  int64_t offered = 0, answered = 0, within = 0;   // within: answered inside the latency limit
  double seconds = 0;                              // from the first frame to the end of its last slot
  std::vector<double> latency_s;                   // of answered frames
  int64_t labelled = 0, correct = 0;               // of answered frames
  int64_t upload_bytes = 0;

  void Add(const report::FrameRow& frame, double max_latency_s);
};

struct CompareMethod {
  std::string name;   // "adaptive", "jpeg"
  std::string what;   // in words, where the name does not say all: "jpeg:95 at 224"
};

struct CompareLink {
  std::string text;                            // "10 Mbps, 10 ms each way"
  std::optional<double> rate_bps;              // of a constant one
  std::vector<std::vector<CompareRun>> runs;   // by method, then round
};

struct Comparison {
  std::string command, model, source;
  double slowdown = 1, fps = 0, max_latency_s = 0, min_accuracy = 0;
  bool accuracy_known = false;
  std::vector<CompareMethod> methods;   // ours first
  std::vector<CompareLink> links;
};

// One method on one link, over its rounds.
struct CompareSum {
  CompareRun all;
  double within_fps = 0;
  double ci95_fps = 0;   // half the interval of the mean over rounds, by Student's t; NaN for a single round
  double mean_s = 0, p50_s = 0, p95_s = 0;
  std::optional<double> top1;
};
CompareSum SumOf(const std::vector<CompareRun>& rounds);

// Whether ours answers at least `share` of what the better of all-local and JPEG to the server does, link by link; empty if one of them
// was not run.
struct CompareVerdict {
  std::vector<double>
      ratio;   // ours over the better of both, by link; infinite where both answered nothing in time and ours did, 1 where none did
  double worst = 0;
  int better = 0;   // links on which the ratio is at least 1.3
};
std::optional<CompareVerdict> VerdictOf(const Comparison& comparison);

nlohmann::ordered_json CompareJson(const Comparison& comparison);
std::string CompareText(const Comparison& comparison);
std::string CompareHtml(const Comparison& comparison);

}   // namespace partway::apps
