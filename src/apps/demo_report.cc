#include "apps/demo_report.h"

#include <algorithm>
#include <cstdio>

#include "base/quantity.h"
#include "base/text.h"
#include "nlohmann/json.hpp"
#include "report/svg.h"

namespace partway::apps {
namespace {

constexpr size_t kPhotosInWords = 6;

double Median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return report::NearestRank(values, 0.5);
}

std::string Label(const DemoReport& report, int index) {
  const bool named = index >= 0 && static_cast<size_t>(index) < report.labels.size();
  return named ? report.labels[static_cast<size_t>(index)] : Concat("class ", index);
}

// Photos to show in words: wrong answers are as telling as right ones, so both, in the folder's order.
std::vector<const DemoPhoto*> PhotosInWords(const DemoReport& report) {
  std::vector<const DemoPhoto*> right, wrong, shown;
  for (const DemoPhoto& photo : report.photos) {
    if (photo.guesses.empty() || !photo.label) continue;
    (photo.guesses.front().index == *photo.label ? right : wrong).push_back(&photo);
  }
  const size_t wrongs = std::min<size_t>(wrong.size(), 2);
  const size_t rights = std::min(right.size(), kPhotosInWords - wrongs);
  shown.insert(shown.end(), right.begin(), right.begin() + static_cast<std::ptrdiff_t>(rights));
  shown.insert(shown.end(), wrong.begin(), wrong.begin() + static_cast<std::ptrdiff_t>(wrongs));
  return shown;
}

// Frames in time a second, phase by phase.
void PrintLoop(const report::LoopStory& loop) {
  if (loop.methods.empty()) return;
  std::printf("\nover a link that changes: frames a second in time (within %s), of %.0f offered; accuracy asked for: %.0f %%\n\n",
              FormatSeconds(loop.max_latency_s).c_str(), loop.fps, loop.min_accuracy * 100);
  std::printf("%-10s", "");
  for (const report::LoopPhase& phase : loop.phases) std::printf(" %11s", phase.name.c_str());
  std::printf(" %11s %9s %9s\n", "all of it", "latency", "accuracy");
  for (const report::LoopMethod& method : loop.methods) {
    std::printf("%-10s", method.name.c_str());
    for (const report::LoopPhase& phase : loop.phases)
      std::printf(" %11.1f", report::PartOf(loop, method, phase.from_s, phase.to_s).within_fps);
    const report::LoopPart all = report::PartOf(loop, method, 0, report::LengthOf(loop));
    std::printf(" %11.1f %9s %9s\n", all.within_fps, all.latency_s ? FormatSeconds(*all.latency_s).c_str() : "-",
                all.accuracy ? Concat(report::Fixed(*all.accuracy * 100, 1), " %").c_str() : "-");
  }
  const double slowdown = loop.methods.front().run.header.slowdown;
  std::printf("\nThe device of these runs is %.1f times slower than this machine, emulated.\n", slowdown);
}

nlohmann::ordered_json PartJson(const report::LoopPart& part) {
  const auto null = [](const std::optional<double>& value) {
    return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
  };
  return {{"offered", part.offered},       {"answered", part.answered},         {"within", part.within},
          {"within_fps", part.within_fps}, {"latency_s", null(part.latency_s)}, {"accuracy", null(part.accuracy)},
          {"top1", null(part.top1)}};
}

nlohmann::ordered_json LoopJson(const report::LoopStory& loop) {
  nlohmann::ordered_json json = {{"fps", loop.fps},
                                 {"slot_s", loop.slot_s},
                                 {"max_latency_s", loop.max_latency_s},
                                 {"min_accuracy", loop.min_accuracy},
                                 {"slowdown", loop.methods.empty() ? 1.0 : loop.methods.front().run.header.slowdown}};
  json["methods"] = nlohmann::ordered_json::array();
  for (const report::LoopMethod& method : loop.methods) {
    nlohmann::ordered_json phases = nlohmann::ordered_json::array();
    for (const report::LoopPhase& phase : loop.phases) {
      nlohmann::ordered_json part = PartJson(report::PartOf(loop, method, phase.from_s, phase.to_s));
      part["link"] = phase.name;
      part["uplink_bps"] = phase.uplink_bps;
      phases.push_back(std::move(part));
    }
    json["methods"].push_back({{"policy", method.name},
                               {"what", method.what},
                               {"record", method.run.path},
                               {"pace", method.pace},
                               {"phases", std::move(phases)},
                               {"all", PartJson(report::PartOf(loop, method, 0, report::LengthOf(loop)))}});
  }
  return json;
}

}   // namespace

void DemoCut::Add(const report::FrameRow& frame) {
  if (frame.outcome == device::Outcome::kDropped) return;
  head_s.push_back(frame.outcome == device::Outcome::kEdge ? frame.head_s : frame.head_s + frame.tail_s);
  encode_s.push_back(frame.encode_s);
  wait_s.push_back(frame.prepare_s + frame.wait_s);
  upload_s.push_back(frame.upload_s);
  edge_s.push_back(frame.edge_queue_s + frame.edge_s);
  reply_s.push_back(frame.reply_s);
  latency_s.push_back(frame.latency_s);
  if (frame.agrees) {
    ++compared;
    same += *frame.agrees ? 1 : 0;
  }
}

void PrintDemo(const DemoReport& report) {
  PrintLoop(report.loop);
  std::printf("\nevery cut in turn: link %s; edge server at %s, process %d\n\n", report.link.c_str(), report.edge.c_str(),
              report.server_pid);
  std::printf("%3s  %-24s %-8s %6s %8s %8s %8s %8s %8s %8s %8s %8s %6s %6s %8s\n", "cut", "after group", "codec", "photos",
              "bytes up", "wait", "head", "encode", "upload", "edge", "reply", "latency", "fps", "top-1", "as whole");
  for (const DemoCut& cut : report.cuts) {
    const report::RunSummary& s = cut.summary;
    const bool sent = s.upload_bytes > 0;
    const double photos = static_cast<double>(std::max<int64_t>(1, s.offered));
    const auto time = [](bool there, const std::vector<double>& values) {
      return there ? FormatSeconds(Median(values)) : std::string("-");
    };
    std::printf("%3d  %-24.24s %-8s %6lld %8s %8s %8s %8s %8s %8s %8s %8s %6.1f %6s %8s\n", cut.cut, cut.name.c_str(),
                sent ? cut.codec.c_str() : "-", static_cast<long long>(s.offered),
                sent ? FormatBytes(static_cast<double>(s.upload_bytes) / photos).c_str() : "-", time(true, cut.wait_s).c_str(),
                time(cut.cut > 0, cut.head_s).c_str(), time(sent && cut.codec != "raw", cut.encode_s).c_str(),
                time(sent, cut.upload_s).c_str(), time(sent, cut.edge_s).c_str(), time(sent, cut.reply_s).c_str(),
                time(true, cut.latency_s).c_str(), s.fps,
                s.top1_accuracy ? Concat(static_cast<int>(*s.top1_accuracy * 100 + 0.5), " %").c_str() : "-",
                Concat(cut.same, "/", cut.compared).c_str());
  }
  std::printf(
      "\nTimes are medians over the photos; wait is what a photo spends between stages, and upload includes standing behind the "
      "photo before\n"
      "it, since stages overlap. Every cut is run raw (float32) and encoded. Slow cuts are given fewer photos (the first of the "
      "same fifty) so that the demo ends in "
      "time.\n\n");
  for (const DemoPhoto* photo : PhotosInWords(report)) {
    const media::Guess& best = photo->guesses.front();
    const bool right = best.index == *photo->label;
    std::printf("  %-22s %-28.28s %3.0f %%  %s\n", photo->name.c_str(), Label(report, best.index).c_str(),
                best.probability * 100.0, right ? "right" : Concat("wrong: it is ", Label(report, *photo->label)).c_str());
  }
}

nlohmann::ordered_json DemoJson(const DemoReport& report) {
  nlohmann::ordered_json json = {{"link", report.link}, {"edge", report.edge}, {"record", report.record_path}};
  json["loop"] = LoopJson(report.loop);
  json["cuts"] = nlohmann::ordered_json::array();
  for (const DemoCut& cut : report.cuts) {
    json["cuts"].push_back({{"cut", cut.cut},
                            {"codec", cut.codec.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(cut.codec)},
                            {"name", cut.name},
                            {"cut_bytes", cut.cut_bytes},
                            {"head_s", Median(cut.head_s)},
                            {"encode_s", Median(cut.encode_s)},
                            {"wait_s", Median(cut.wait_s)},
                            {"upload_s", Median(cut.upload_s)},
                            {"edge_s", Median(cut.edge_s)},
                            {"reply_s", Median(cut.reply_s)},
                            {"median_latency_s", Median(cut.latency_s)},
                            {"depth", cut.depth},
                            {"same_as_whole", cut.same},
                            {"compared", cut.compared},
                            {"summary", cut.summary.ToJson()}});
  }
  return json;
}

}   // namespace partway::apps
