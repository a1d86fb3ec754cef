#include "report/html_report.h"

#include <algorithm>
#include <ctime>
#include <map>

#include "base/quantity.h"
#include "base/text.h"
#include "base/version.h"
#include "report/charts.h"
#include "report/cut_stats.h"
#include "report/html_parts.h"
#include "report/loop_section.h"
#include "report/page_style.h"
#include "report/simulation_page.h"
#include "report/svg.h"

namespace partway::report {
namespace {

constexpr size_t kCutsShown = 64, kEventsShown = 200, kReasonsShown = 50, kPhotosShown = 200, kPipelineFrames = 8,
                 kPipelinesShown = 12;

std::string Title(const ReportInput& input) {
  if (!input.title.empty()) return input.title;
  if (input.runs.empty()) return "Partway: no run";
  if (input.runs.size() == 1 && IsSimulation(input.runs[0])) {
    const std::string& scenario = input.runs[0].header.simulation->scenario;
    return Concat(scenario.empty() ? "A scenario" : scenario, ": policies simulated");
  }
  const std::string& model = input.runs[0].header.model_name;
  return Concat(model.empty() ? "A model" : model,
                input.runs.size() == 1 ? ": a run between device and edge" : ": runs between device and edge");
}

// "2026-11-21 07:00 UTC" from the header's form; anything else as it is.
std::string WhenWords(const std::string& started) {
  if (started.size() != 20 || started[10] != 'T' || started[19] != 'Z') return started;
  return Concat(started.substr(0, 10), " ", started.substr(11, 5), " UTC");
}

// Everything of one run.
class RunSection {
 public:
  // `after_charts` is HTML to stand between the drawings and the lists.
  RunSection(const RunRecord& run, size_t index, bool several, std::string after_charts)
      : run_(run),
        after_charts_(std::move(after_charts)),
        id_(Concat("run", index + 1)),
        several_(several),
        cuts_(StatsByCut(run.frames, run.header.groups)),
        summary_(BuildSummary(run.frames, LimitsOf(run))) {
    if (cuts_.size() > kCutsShown) {
      left_out_ = cuts_.size() - kCutsShown;
      cuts_.resize(kCutsShown);
    }
    for (const CutStats& stats : cuts_) {
      if (stats.summary.answered() == 0) continue;
      if (fastest_ == nullptr || stats.summary.fps > fastest_->summary.fps) fastest_ = &stats;
      if (quickest_ == nullptr || stats.summary.latency_s->mean < quickest_->summary.latency_s->mean) quickest_ = &stats;
    }
  }

  std::string Render() {
    Append(&html_, "<article aria-labelledby=\"", id_, "\">\n");
    if (several_) Append(&html_, "<h2 id=\"", id_, "\">", EscapeXml(Name()), "</h2>\n");
    Lead();
    html_ += RenderControl(run_);
    if (!run_.frames.empty()) Tiles();
    if (!cuts_.empty()) {
      CutTable();
      PartsChart();
      Pipelines();
      Latencies();
    }
    html_ += after_charts_;
    if (!run_.frames.empty()) Outcomes();
    Events();
    WhatRan();
    html_ += "</article>\n";
    return std::move(html_);
  }

  std::string Name() const {
    return run_.header.policy.empty() ? run_.path : Concat(run_.header.policy, run_.path.empty() ? "" : ", ", run_.path);
  }

 private:
  void Heading(const char* text) { Append(&html_, several_ ? "<h3>" : "<h2>", text, several_ ? "</h3>\n" : "</h2>\n"); }
  std::string Words(const CutStats& stats) const {
    return Concat("cut ", stats.cut, " (", EscapeXml(CutWords(stats, run_.header.groups)), ")");
  }

  // What a reader should know first.
  void Lead() {
    if (!run_.summary) {
      Append(
          &html_,
          "<p><b>This run was interrupted:</b> its record has no summary. What follows is what had been recorded by then.</p>\n");
    }
    if (run_.header.slowdown != 1) {
      Append(&html_, "<p><b>Emulated device:</b> its compute was stretched ", Fixed(run_.header.slowdown, 1), "-fold.</p>\n");
    }
    if (fastest_ == nullptr) {
      Append(&html_, "<p class=\"lead\">No frame was answered.</p>\n");
      return;
    }
    if (decided()) {   // what frames did at one cut says little: they went there when that was best
      Append(&html_, "<p class=\"lead\">", summary_.answered(), " of ", summary_.offered, " frames were answered: <b>",
             Fixed(summary_.fps, 1), " fps</b>, <b>", Ms(summary_.latency_s->mean), " ms</b> a frame, <b>",
             summary_.within.value_or(0), "</b> of them within the ", FormatSeconds(summary_.limits->max_latency_s),
             " that were asked for on average. ", summary_.edge, " came from the edge.</p>\n");
      return;
    }
    if (cuts_.size() == 1) {
      Append(&html_, "<p class=\"lead\">", summary_.answered(), " of ", summary_.offered, " frames were answered at ",
             Words(*fastest_), ": <b>", Fixed(summary_.fps, 1), " fps</b>, <b>", Ms(summary_.latency_s->mean),
             " ms</b> a frame.</p>\n");
      return;
    }
    Append(&html_, "<p class=\"lead\">Most frames per second: <b>", Words(*fastest_), ", ", Fixed(fastest_->summary.fps, 1),
           " fps</b>. Least latency: <b>", Words(*quickest_), ", ", Ms(quickest_->summary.latency_s->mean), " ms</b>.");
    const auto local = [&](const CutStats* s) { return run_.header.groups > 0 && s->cut >= run_.header.groups; };
    if (local(fastest_) && local(quickest_)) html_ += " On this link and these machines no cut pays: the device alone does best.";
    html_ += "</p>\n";
  }

  void Tiles() {
    int64_t compared = 0;
    double agreeing = 0;
    for (const CutStats& stats : cuts_) {
      compared += stats.compared;
      agreeing += stats.agreement.value_or(0) * static_cast<double>(stats.compared);
    }
    html_ += "<ul class=\"tiles\">\n";
    Tile(Concat(summary_.offered), "frames offered");
    Tile(Concat(summary_.edge, " / ", summary_.local, " / ", summary_.dropped), "edge / local / dropped");
    if (summary_.top1_accuracy) Tile(Percent(*summary_.top1_accuracy), "top-1, labelled pictures");
    if (compared > 0) Tile(Percent(agreeing / static_cast<double>(compared)), "same answer as the whole model");
    Tile(FormatBytes(static_cast<double>(summary_.upload_bytes)), "sent up in all");
    Tile(Concat(summary_.deadline_misses), "deadline misses");
    html_ += "</ul>\n";
  }
  void Tile(const std::string& value, const char* what) {
    Append(&html_, "<li><b>", EscapeXml(value), "</b> <span>", what, "</span></li>\n");
  }

  void CutTable() {
    bool labels = false, compared = false;
    for (const CutStats& stats : cuts_) {
      labels |= stats.summary.top1_accuracy.has_value();
      compared |= stats.compared > 0;
    }
    Heading(decided() ? "What frames went through" : "Cut by cut");
    html_ += ScrollStart("Results by cut");
    Append(&html_,
           "<table><caption>Means over answered frames, so that stages add up; head includes encoding; p95 by nearest rank. "
           "Bytes up: mean of the frames "
           "that sent any, ",
           "as handed to the channel. ",
           decided() ? "Share: of all answered frames."
                     : "fps: answered frames over the time from the first capture to the last answer at that cut. ",
           !decided() && cuts_.size() > 1 ? "Bold: most frames per second, least latency." : "", "</caption>\n<thead><tr>",
           "<th scope=\"col\" class=\"l\">cut</th><th scope=\"col\" class=\"l\">runs</th><th scope=\"col\">frames</th>",
           "<th scope=\"col\">bytes up<small>kB</small></th><th scope=\"col\">head<small>ms</small></th><th "
           "scope=\"col\">upload<small>ms</small></th>",
           "<th scope=\"col\">edge<small>ms</small></th><th scope=\"col\">latency<small>mean, ms</small></th><th "
           "scope=\"col\">latency<small>p95, ms</small></th>",
           decided() ? "<th scope=\"col\">share<small>%</small></th>" : "<th scope=\"col\">fps</th>",
           labels ? "<th scope=\"col\">top-1<small>%</small></th>" : "",
           compared ? "<th scope=\"col\">as whole<small>same answer, %</small></th>" : "", "</tr></thead>\n<tbody>\n");
    for (const CutStats& stats : cuts_) {
      const RunSummary& s = stats.summary;
      const bool edge = s.edge > 0;
      const double head = stats.part(&device::FrameRecord::head_s) + stats.part(&device::FrameRecord::encode_s);
      const auto strong = [&](const std::string& text, bool best) {
        return best && !decided() && cuts_.size() > 1 ? Concat("<strong>", text, "</strong>") : text;
      };
      Append(&html_, "<tr><th scope=\"row\">", stats.cut, "</th><td class=\"l\">", EscapeXml(CutWords(stats, run_.header.groups)),
             "</td>", Cell(Concat(s.offered)), Cell(stats.bytes_up ? Fixed(*stats.bytes_up / 1e3, 1) : "–"),
             Cell(head > 0 ? Ms(head) : "–"), Cell(edge ? Ms(stats.part(&device::FrameRecord::upload_s)) : "–"),
             Cell(edge ? Ms(stats.part(&device::FrameRecord::edge_s)) : "–"),
             Cell(s.latency_s ? strong(Ms(s.latency_s->mean), &stats == quickest_) : "–"),
             Cell(s.latency_s ? Ms(s.latency_s->p95) : "–"),
             Cell(decided()     ? Fixed(100.0 * static_cast<double>(s.answered()) / static_cast<double>(summary_.answered()), 1)
                  : s.latency_s ? strong(Fixed(s.fps, 1), &stats == fastest_)
                                : "–"));
      if (labels) html_ += Cell(s.top1_accuracy ? Fixed(*s.top1_accuracy * 100, 1) : "–");
      if (compared) html_ += Cell(stats.agreement ? Fixed(*stats.agreement * 100, 1) : "–");
      html_ += "</tr>\n";
    }
    html_ += "</tbody></table></div>\n";
    if (left_out_ > 0)
      Append(&html_, "<p class=\"soft\">", left_out_, " further cuts are in the record but not on this page.</p>\n");
  }

  void PartsChart() {
    Heading("Where the time went");
    html_ += "<ul class=\"legend\" aria-label=\"Colours\">";
    for (const PartName& part : kParts) Append(&html_, "<li><i class=\"", part.key, "\"></i>", part.name, "</li>");
    Append(&html_, "</ul>\n<figure>", ScrollStart("Time by part and cut"), DrawParts(cuts_, run_.header.groups), "</div>\n",
           "<figcaption>A frame's mean latency in its parts. Stages of different frames overlap, so a longer bar may still give "
           "more frames per second; ",
           "wait is the time between stages and before the first.</figcaption></figure>\n",
           "<details><summary>The same as a table, ms</summary>", ScrollStart("Time by part and cut, as a table"),
           "<table><thead><tr><th scope=\"col\" class=\"l\">cut</th>");
    for (const PartName& part : kParts) Append(&html_, "<th scope=\"col\">", part.name, "</th>");
    html_ += "</tr></thead><tbody>\n";
    for (const CutStats& stats : cuts_) {
      Append(&html_, "<tr><th scope=\"row\">", stats.cut, "</th>");
      for (const double seconds : stats.part_s) html_ += Cell(Fixed(seconds * 1e3, 2));
      html_ += "</tr>\n";
    }
    html_ += "</tbody></table></div></details>\n";
  }

  void Pipelines() {
    std::vector<const CutStats*> split;   // the one with most frames per second first
    for (const CutStats& stats : cuts_) {
      if (stats.summary.edge > 0) split.push_back(&stats);
    }
    std::stable_sort(split.begin(), split.end(),
                     [](const CutStats* a, const CutStats* b) { return a->summary.fps > b->summary.fps; });
    if (split.size() > kPipelinesShown) split.resize(kPipelinesShown);
    bool first = true;
    for (const CutStats* stats : split) {
      const std::vector<const FrameRow*> window = SteadyWindow(*stats, kPipelineFrames);
      const std::string drawing = DrawPipeline(window, stats->cut);
      if (drawing.empty()) continue;
      if (first) Heading("The pipeline");
      const std::string figure = Concat("<figure>", ScrollStart(Concat("Pipeline at cut ", stats->cut)), drawing,
                                        "</div>\n<figcaption>", Words(*stats), ": ", window.size(),
                                        " consecutive frames from the middle of the run; a number and a colour for each frame, a "
                                        "row for each resource. Boxes that overlap in a "
                                        "row are drawn below each other.</figcaption></figure>\n");
      if (first) {
        html_ += figure;
      } else {
        Append(&html_, "<details><summary>", Words(*stats), "</summary>", figure, "</details>\n");
      }
      first = false;
    }
  }

  void Latencies() {
    Heading("How latency spreads");
    Append(&html_, "<figure>", ScrollStart("Latency by cut"), DrawLatencies(cuts_, run_.header.groups), "</div>\n",
           "<figcaption>Answered frames by latency; each row has its own height. Solid line: median. Dashed: 95th percentile.",
           "</figcaption></figure>\n");
  }

  void Outcomes() {
    std::map<std::pair<std::string, std::string>, int64_t> counts;
    for (const FrameRow& frame : run_.frames) {
      const std::pair<std::string, std::string> key(device::OutcomeName(frame.outcome), frame.reason);
      if (counts.size() < kReasonsShown || counts.count(key) > 0) ++counts[key];
    }
    Heading("How frames ended");
    Append(&html_, ScrollStart("Outcomes"),
           "<table class=\"small\"><caption>Every frame offered ends in exactly one outcome: ", summary_.offered, " = ",
           summary_.edge, " + ", summary_.local, " + ", summary_.dropped,
           ".</caption><thead><tr><th scope=\"col\" class=\"l\">outcome</th>",
           "<th scope=\"col\" class=\"l\">reason</th><th scope=\"col\">frames</th></tr></thead><tbody>\n");
    for (const auto& [key, count] : counts) {
      const char* plan = key.first == "dropped" ? "–" : "as planned";
      Append(&html_, "<tr><th scope=\"row\">", key.first, "</th><td class=\"wrap\">",
             key.second.empty() ? plan : EscapeXml(key.second), "</td>", Cell(Concat(count)), "</tr>\n");
    }
    html_ += "</tbody></table></div>\n";
    if (counts.size() >= kReasonsShown) Append(&html_, "<p class=\"soft\">Further reasons are in the record.</p>\n");
  }

  void Events() {
    if (run_.events.empty()) return;
    Heading("Events");
    Append(&html_, ScrollStart("Events"),
           "<table class=\"small\"><thead><tr><th scope=\"col\">at<small>s</small></th><th scope=\"col\" class=\"l\">what</th>",
           "<th scope=\"col\" class=\"l\">detail</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < std::min(run_.events.size(), kEventsShown); ++i) {
      const EventRow& event = run_.events[i];
      std::string detail = event.detail;
      for (const auto& [key, value] : event.values) Append(&detail, detail.empty() ? "" : ", ", key, " ", value);
      Append(&html_, "<tr>", Cell(Fixed(event.at_s, 3)), "<td class=\"l\">", EscapeXml(event.kind), "</td><td class=\"wrap\">",
             EscapeXml(detail), "</td></tr>\n");
    }
    html_ += "</tbody></table></div>\n";
    if (run_.events.size() > kEventsShown) {
      Append(&html_, "<p class=\"soft\">", run_.events.size() - kEventsShown, " further events are in the record.</p>\n");
    }
  }

  void WhatRan() {
    const RunHeader& h = run_.header;
    Heading("What ran");
    html_ += "<dl>\n";
    Entry("command", h.command, true);
    Entry("program", Concat("partway ", h.version, " (", h.commit, ")"));
    Entry("started", h.started);
    Entry("model", h.groups > 0 ? Concat(h.model_name, ", ", h.groups, " groups") : h.model_name);
    Entry("model's SHA-256", h.model_sha256, true);
    Entry("engine", h.engine.name.empty() ? ""
                                          : Concat(h.engine.name, " ", h.engine.version, ", ", h.engine.provider, ", ",
                                                   h.engine.threads, h.engine.threads == 1 ? " thread" : " threads"));
    Entry("machine", h.machine.cpu.empty() ? ""
                                           : Concat(h.machine.cpu, ", ", h.machine.cores,
                                                    h.machine.cores == 1 ? " core, " : " cores, ", h.machine.system));
    Entry("link", h.link.empty() ? "the network as it is" : h.link);
    Entry("edge", h.edge);
    Entry("source", h.source);
    Entry("policy", h.policy);
    Entry("input size", Sizes());
    Entry("seed", Concat(h.seed));
    Entry("record",
          run_.path.empty() ? "" : Concat(run_.path, run_.last_line_cut ? " (its last line was cut short and left out)" : ""));
    html_ += "</dl>\n";
  }
  void Entry(const char* what, const std::string& value, bool code = false) {
    if (value.empty()) return;
    Append(&html_, "<dt>", what, "</dt><dd>", code ? "<code>" : "", EscapeXml(value), code ? "</code>" : "", "</dd>\n");
  }
  std::string Sizes() const {
    int low = 0, high = 0;
    for (const FrameRow& frame : run_.frames) {
      if (frame.size <= 0) continue;
      low = low == 0 ? frame.size : std::min(low, frame.size);
      high = std::max(high, frame.size);
    }
    return low == 0 ? "" : low == high ? Concat(low, " × ", low, " pixels") : Concat(low, " to ", high, " pixels a side");
  }

  // A policy decided, slot by slot.
  bool decided() const { return run_.header.control.has_value(); }

  const RunRecord& run_;
  const std::string after_charts_;
  const std::string id_;
  const bool several_;
  std::vector<CutStats> cuts_;
  const RunSummary summary_;
  size_t left_out_ = 0;
  const CutStats* fastest_ = nullptr;
  const CutStats* quickest_ = nullptr;
  std::string html_;
};

// Runs against each other, where there are several.
std::string Comparison(const std::vector<RunRecord>& runs) {
  std::string html =
      Concat(ScrollStart("All runs"),
             "<table><caption>All runs of this page.</caption><thead><tr><th scope=\"col\" class=\"l\">run</th>",
             "<th scope=\"col\" class=\"l\">link</th><th scope=\"col\">frames</th><th scope=\"col\">answered</th><th "
             "scope=\"col\">fps</th>",
             "<th scope=\"col\">latency<small>mean, ms</small></th><th scope=\"col\">latency<small>p95, ms</small></th>",
             "<th scope=\"col\">top-1<small>%</small></th><th scope=\"col\">sent up<small>kB a "
             "frame</small></th></tr></thead><tbody>\n");
  for (size_t i = 0; i < runs.size(); ++i) {
    const RunSummary s = BuildSummary(runs[i].frames);
    Append(&html, "<tr><th scope=\"row\"><a href=\"#run", i + 1, "\">",
           EscapeXml(runs[i].header.policy.empty() ? runs[i].path : runs[i].header.policy), "</a></th><td class=\"l\">",
           EscapeXml(runs[i].header.link), "</td>", Cell(Concat(s.offered)), Cell(Concat(s.answered())), Cell(Fixed(s.fps, 1)),
           Cell(s.latency_s ? Ms(s.latency_s->mean) : "–"), Cell(s.latency_s ? Ms(s.latency_s->p95) : "–"),
           Cell(s.top1_accuracy ? Fixed(*s.top1_accuracy * 100, 1) : "–"), Cell(Fixed(s.bytes_per_frame / 1e3, 1)), "</tr>\n");
  }
  return html + "</tbody></table></div>\n";
}

std::string Photos(const std::vector<PhotoAnswer>& photos) {
  if (photos.empty()) return "";
  int64_t right = 0, judged = 0;
  for (const PhotoAnswer& photo : photos) {
    judged += photo.correct ? 1 : 0;
    right += photo.correct.value_or(false) ? 1 : 0;
  }
  std::string html = "<section aria-labelledby=\"photos\"><h2 id=\"photos\">The photos and their answers</h2>\n";
  if (judged > 0) Append(&html, "<p>", right, " of ", judged, " right.</p>\n");
  html += "<ul class=\"photos\">\n";
  for (size_t i = 0; i < std::min(photos.size(), kPhotosShown); ++i) Append(&html, PhotoItem(photos[i]));
  html += "</ul>\n";
  if (photos.size() > kPhotosShown)
    Append(&html, "<p class=\"soft\">", photos.size() - kPhotosShown, " further photos are not shown.</p>\n");
  return html + "</section>\n";
}

}   // namespace

std::string RenderHtml(const ReportInput& input) {
  const std::string title = EscapeXml(Title(input));
  std::string html = Concat(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n",
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n",
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light "
      "dark\">\n<title>",
      title, "</title>\n<style>", kPageStyle, "</style>\n</head>\n<body>\n<header><h1>", title, "</h1>\n");
  if (input.runs.size() == 1) {
    const RunHeader& h = input.runs[0].header;
    const std::string link = input.loop ? "" : h.link.empty() ? "over the network as it is" : Concat("link: ", h.link);
    Append(&html, "<p class=\"soft\">", EscapeXml(link), link.empty() || h.started.empty() ? "" : " · ",
           EscapeXml(WhenWords(h.started)), "</p>\n");
  }
  html += "</header>\n<main>\n";
  if (input.loop) {
    html += RenderLoop(*input.loop);
    if (input.runs.size() == 1) {
      Append(&html, "<h2>Every cut in turn</h2>\n<p>The device as it is, link ", EscapeXml(input.runs[0].header.link), ".</p>\n");
    }
  }
  const bool several = input.runs.size() > 1;
  if (several) html += Comparison(input.runs);
  if (input.runs.empty()) html += "<p class=\"lead\">There is no run to show.</p>\n";
  const std::string photos = Photos(input.photos);
  for (size_t i = 0; i < input.runs.size(); ++i) {
    if (IsSimulation(input.runs[i])) {
      html += RenderSimulation(input.runs[i], Concat("run", i + 1), "Policies over the slots of a scenario");
    } else {
      html += RunSection(input.runs[i], i, several, several ? "" : photos).Render();
    }
  }
  Append(&html, input.runs.size() == 1 ? "" : photos, "</main>\n<footer>Made by partway ", kVersion, " (", kCommit,
         ") from run records. docs/formats.md says what each number means.</footer>\n", "</body>\n</html>\n");
  return html;
}

}   // namespace partway::report
