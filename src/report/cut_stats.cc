#include "report/cut_stats.h"

#include <algorithm>
#include <cassert>
#include <tuple>
#include <utility>

#include "base/text.h"

namespace partway::report {

using device::FrameRecord;
using device::Outcome;

const PartName kParts[kPartCount] = {
    {"prepare", "prepare", &FrameRecord::prepare_s},
    {"head", "head", &FrameRecord::head_s},
    {"encode", "encode", &FrameRecord::encode_s},
    {"wait", "wait", &FrameRecord::wait_s},
    {"upload", "upload", &FrameRecord::upload_s},
    {"queue", "edge queue", &FrameRecord::edge_queue_s},
    {"edge", "edge", &FrameRecord::edge_s},
    {"reply", "reply", &FrameRecord::reply_s},
    {"tail", "tail on the device", &FrameRecord::tail_s},
};

double CutStats::part(double FrameRecord::*seconds) const {
  for (int p = 0; p < kPartCount; ++p) {
    if (kParts[p].seconds == seconds) return part_s[p];
  }
  assert(false && "not a part of the latency");
  return 0;
}

std::vector<CutStats> StatsByCut(const std::vector<FrameRow>& frames, int groups) {
  std::map<std::pair<int, std::string>, CutStats> by_cut;
  for (const FrameRow& frame : frames) {
    if (frame.outcome == Outcome::kDropped) continue;
    const bool stayed = groups > 0 && frame.cut >= groups;   // also where an upload was planned and the link was lost
    by_cut[{frame.cut, stayed || frame.codec == "raw" ? "" : frame.codec}].frames.push_back(&frame);
  }

  std::vector<CutStats> all;
  for (auto& [key, stats] : by_cut) {
    std::tie(stats.cut, stats.codec) = key;
    std::stable_sort(stats.frames.begin(), stats.frames.end(),
                     [](const FrameRow* a, const FrameRow* b) { return a->captured_s < b->captured_s; });
    SummaryBuilder builder;
    double bytes = 0;
    int64_t uploads = 0, agreeing = 0;
    for (const FrameRow* frame : stats.frames) {
      builder.Add(*frame);
      if (frame->upload_bytes > 0) {
        bytes += static_cast<double>(frame->upload_bytes);
        ++uploads;
      }
      stats.latencies.push_back(frame->latency_s);
      for (int p = 0; p < kPartCount; ++p) stats.part_s[p] += frame->*kParts[p].seconds;
      if (frame->correct) ++stats.labelled;
      if (frame->agrees) {
        ++stats.compared;
        if (*frame->agrees) ++agreeing;
      }
    }
    stats.summary = builder.Summary();
    for (double& seconds : stats.part_s) seconds /= std::max(1.0, static_cast<double>(stats.latencies.size()));
    if (uploads > 0) stats.bytes_up = bytes / static_cast<double>(uploads);
    if (stats.compared > 0) stats.agreement = static_cast<double>(agreeing) / static_cast<double>(stats.compared);
    std::sort(stats.latencies.begin(), stats.latencies.end());
    all.push_back(std::move(stats));
  }
  return all;
}

std::string CutWords(const CutStats& stats, int groups) {
  const std::string codec = stats.codec.empty() ? "" : Concat(", ", stats.codec);
  if (stats.cut == 0) return "all on the edge" + codec;
  if (groups > 0 && stats.cut >= groups) return "all on the device";
  return Concat("after group ", stats.cut - 1, codec);   // groups count from 0
}

std::vector<const FrameRow*> SteadyWindow(const CutStats& stats, size_t count) {
  const auto longest_from = [&](size_t start) {
    std::vector<const FrameRow*> best, current;
    for (size_t i = start; i < stats.frames.size() && best.size() < count; ++i) {
      if (stats.frames[i]->outcome == Outcome::kEdge && stats.frames[i]->upload_at_s >= 0) {
        current.push_back(stats.frames[i]);
      } else {
        current.clear();
      }
      if (current.size() > best.size()) best = current;
    }
    return best;
  };
  std::vector<const FrameRow*> window = longest_from(stats.frames.size() / 2);
  if (window.size() < count) {
    std::vector<const FrameRow*> from_start = longest_from(0);
    if (from_start.size() > window.size()) window = std::move(from_start);
  }
  return window;
}

}   // namespace partway::report
