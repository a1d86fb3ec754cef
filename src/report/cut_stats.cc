#include "report/cut_stats.h"

#include <algorithm>

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

std::vector<CutStats> StatsByCut(const std::vector<FrameRow>& frames) {
  std::map<int, CutStats> by_cut;
  for (const FrameRow& frame : frames) by_cut[frame.cut].frames.push_back(&frame);

  std::vector<CutStats> all;
  for (auto& [cut, stats] : by_cut) {
    stats.cut = cut;
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
      if (frame->outcome == Outcome::kDropped) continue;
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

std::string CutWords(int cut, int groups) {
  if (cut == 0) return "all on the edge";
  if (groups > 0 && cut >= groups) return "all on the device";
  return Concat("after group ", cut - 1);   // groups count from 0
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
