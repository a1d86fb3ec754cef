// What the demo found, as a table, a JSON document and a page.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "media/classify.h"
#include "nlohmann/json_fwd.hpp"
#include "report/loop_story.h"
#include "report/run_record.h"
#include "report/summary.h"

namespace partway::apps {

// Medians of a stage over the frames of a cut, in seconds.
struct DemoCut {
  int cut = 0;
  std::string codec;       // "raw" ...; empty for all on the device
  std::string name;        // of the last group on the device
  int64_t cut_bytes = 0;   // of the values at the cut, float32
  int depth = 0;           // of the pipeline
  report::RunSummary summary;
  std::vector<double> head_s, encode_s, wait_s, upload_s, edge_s, reply_s, latency_s;   // one entry per answered frame
  int64_t compared = 0, same = 0;   // with the whole model's answer on the same photo

  void Add(const report::FrameRow& frame);
};

struct DemoPhoto {
  std::string name;
  std::optional<int> label;
  std::vector<media::Guess> guesses;   // likeliest first
};

struct DemoReport {
  std::string link, edge, record_path;
  int server_pid = 0;
  report::LoopStory loop;
  std::vector<DemoCut> cuts;   // cut 0 first, all on the device last
  std::vector<DemoPhoto> photos;
  std::vector<std::string> labels;
};

void PrintDemo(const DemoReport& report);
nlohmann::ordered_json DemoJson(const DemoReport& report);
// Reads the record back and writes FOLDER/report.html.
absl::Status WriteDemoPage(const DemoReport& report, const std::string& folder);

}   // namespace partway::apps
