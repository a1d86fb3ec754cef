#include "report/timeline.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>
#include <vector>

#include "base/text.h"
#include "nlohmann/json.hpp"
#include "report/lanes.h"

namespace partway::report {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kDevice = 1, kNetwork = 2, kEdge = 3;

// A resource and where its tracks start; tracks of one process sort by their thread id.
struct Stage {
  const char* name;
  int process;
  int first_track;
};
constexpr Stage kStages[] = {
    {"prepare", kDevice, 100}, {"compute", kDevice, 200}, {"uplink", kNetwork, 300},
    {"reply", kNetwork, 400},  {"edge", kEdge, 500},
};
enum StageIndex { kPrepare, kCompute, kUplink, kReply, kEdgeRun, kStageCount };

struct Box {
  double start = 0, length = 0;   // seconds
  const FrameRow* frame = nullptr;
  const char* what = "";
  int track = 0;
  int process = 0;
};

// Whole nanoseconds in the format's microseconds, so that neighbours that touch do not overlap by rounding.
double Micros(double seconds) { return std::round(seconds * 1e9) / 1e3; }

Json Metadata(const char* kind, int process, int track, const std::string& name) {
  return {{"name", kind}, {"ph", "M"}, {"pid", process}, {"tid", track}, {"ts", 0}, {"args", {{"name", name}}}};
}

std::vector<Box> Boxes(const RunRecord& run, std::vector<std::pair<int, std::string>>* tracks) {
  std::vector<Box> stages[kStageCount];
  const auto add = [&](StageIndex stage, double at, double length, const FrameRow& frame, const char* what) {
    if (at < 0 || length <= 0) return;
    stages[stage].push_back({at, length, &frame, what});
  };
  for (const FrameRow& f : run.frames) {
    add(kPrepare, f.prepare_at_s, f.prepare_s, f, "prepare");
    add(kCompute, f.head_at_s, f.head_s, f, "head");
    add(kCompute, f.encode_at_s, f.encode_s, f, "encode");
    add(kCompute, f.tail_at_s, f.tail_s, f, "tail");
    add(kUplink, f.upload_at_s, f.upload_s, f, "upload");
    add(kEdgeRun, f.edge_at_s, f.edge_s, f, "edge");
    if (f.edge_at_s >= 0) add(kReply, f.edge_at_s + f.edge_s, f.reply_s, f, "reply");
  }
  std::vector<Box> all;
  for (int s = 0; s < kStageCount; ++s) {
    std::vector<Box>& boxes = stages[s];
    std::stable_sort(boxes.begin(), boxes.end(), [](const Box& a, const Box& b) { return a.start < b.start; });
    std::vector<Interval> intervals;
    for (const Box& box : boxes)
      intervals.push_back({std::round(box.start * 1e9), std::round(box.start * 1e9) + std::round(box.length * 1e9)});
    const std::vector<int> lanes = AssignLanes(intervals, kTracksPerStage);
    int used = 0;
    for (size_t i = 0; i < boxes.size(); ++i) {
      if (lanes[i] < 0) continue;
      boxes[i].process = kStages[s].process;
      boxes[i].track = kStages[s].first_track + lanes[i];
      used = std::max(used, lanes[i] + 1);
      all.push_back(boxes[i]);
    }
    for (int lane = 0; lane < used; ++lane) {
      tracks->emplace_back(kStages[s].first_track + lane, lane == 0 ? kStages[s].name : Concat(kStages[s].name, " ", lane + 1));
    }
  }
  std::stable_sort(all.begin(), all.end(), [](const Box& a, const Box& b) { return a.start < b.start; });
  return all;
}

Json BoxEvent(const Box& box) {
  const FrameRow& f = *box.frame;
  Json args{{"frame", f.id}, {"cut", f.cut}, {"outcome", device::OutcomeName(f.outcome)}, {"latency_ms", f.latency_s * 1e3}};
  if (f.upload_bytes > 0) args["upload_bytes"] = f.upload_bytes;
  if (!f.picture.empty()) args["picture"] = f.picture;
  if (!f.reason.empty()) args["reason"] = f.reason;
  return {{"name", Concat("frame ", f.id)}, {"cat", box.what},    {"ph", "X"},        {"ts", Micros(box.start)},
          {"dur", Micros(box.length)},      {"pid", box.process}, {"tid", box.track}, {"args", args}};
}

// Steps of an arrow bind to the box that encloses their time: its middle is always inside.
Json FlowEvent(const Box& box, const char* phase, size_t flow) {
  Json event{{"name", "frame"},    {"cat", "frame"},  {"ph", phase}, {"id", flow}, {"ts", Micros(box.start + box.length / 2)},
             {"pid", box.process}, {"tid", box.track}};
  if (*phase == 'f') event["bp"] = "e";
  return event;
}

}   // namespace

std::string RenderTimeline(const RunRecord& run) {
  std::vector<std::pair<int, std::string>> tracks;
  const std::vector<Box> boxes = Boxes(run, &tracks);
  std::vector<std::pair<double, Json>> timed;

  for (const Box& box : boxes) timed.emplace_back(Micros(box.start), BoxEvent(box));
  std::map<const FrameRow*, std::vector<const Box*>> by_frame;
  for (const Box& box : boxes) by_frame[box.frame].push_back(&box);
  for (const FrameRow& frame : run.frames) {
    const auto it = by_frame.find(&frame);
    if (it == by_frame.end() || it->second.size() < 2) continue;
    const std::vector<const Box*>& path = it->second;
    const size_t flow = static_cast<size_t>(&frame - run.frames.data()) + 1;   // ids of frames may repeat in a hostile record
    for (size_t i = 0; i < path.size(); ++i) {
      const char* phase = i == 0 ? "s" : i + 1 == path.size() ? "f" : "t";
      Json event = FlowEvent(*path[i], phase, flow);
      const double at = event["ts"].get<double>();
      timed.emplace_back(at, std::move(event));
    }
  }
  for (const EventRow& event : run.events) {
    Json instant{{"name", event.kind},
                 {"cat", "event"},
                 {"ph", "i"},
                 {"s", "g"},
                 {"ts", Micros(std::max(0.0, event.at_s))},
                 {"pid", kDevice},
                 {"tid", 100},
                 {"args", {{"detail", event.detail}}}};
    const double at = instant["ts"].get<double>();
    timed.emplace_back(at, std::move(instant));
  }
  std::stable_sort(timed.begin(), timed.end(), [](const auto& a, const auto& b) { return a.first < b.first; });

  Json events = Json::array();
  const std::string emulated = run.header.slowdown == 1 ? "" : " (emulated)";
  events.push_back(Metadata("process_name", kDevice, 0, Concat("device", emulated)));
  events.push_back(Metadata("process_name", kNetwork, 0, run.header.link.empty() ? "link" : Concat("link: ", run.header.link)));
  events.push_back(Metadata("process_name", kEdge, 0, run.header.edge.empty() ? "edge" : Concat("edge: ", run.header.edge)));
  for (const auto& [track, name] : tracks) {
    const int process = track < 300 ? kDevice : track < 500 ? kNetwork : kEdge;
    events.push_back(Metadata("thread_name", process, track, name));
  }
  for (auto& [at, event] : timed) events.push_back(std::move(event));
  const Json document{{"displayTimeUnit", "ms"},
                      {"otherData",
                       {{"command", run.header.command},
                        {"version", run.header.version},
                        {"commit", run.header.commit},
                        {"model", run.header.model_name},
                        {"model_sha256", run.header.model_sha256}}},
                      {"traceEvents", std::move(events)}};
  return document.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}   // namespace partway::report
