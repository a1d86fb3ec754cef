#include "report/loop_section.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

#include "base/quantity.h"
#include "base/text.h"
#include "report/charts.h"
#include "report/html_parts.h"
#include "report/svg.h"

namespace partway::report {
namespace {

using Anchor = Svg::Anchor;

constexpr double kLeft = 64, kWidth = 780, kHeight = 140, kTop = 26, kBottom = 40, kRight = 116;
constexpr size_t kPipelineFrames = 8, kSlotsShown = 2000;

std::string LinkWords(const LoopPhase& phase) { return phase.uplink_bps > 0 ? FormatBitRate(phase.uplink_bps) : "no link"; }

// Seconds against one quantity, over bands for the phases.
class TimeChart {
 public:
  TimeChart(const LoopStory& story, const std::string& label, double most)
      : length_s_(std::max(LengthOf(story), 1e-9)),
        most_(most > 0 ? most : 1),
        svg_(kLeft + kWidth + kRight, kTop + kHeight + kBottom, label) {
    bool shaded = false;
    for (const LoopPhase& phase : story.phases) {
      if (shaded) svg_.Rect(X(phase.from_s), kTop, X(phase.to_s) - X(phase.from_s), kHeight, "band");
      svg_.Text((X(phase.from_s) + X(phase.to_s)) / 2, kTop - 9, Concat(phase.name, ", ", LinkWords(phase)), "s",
                Anchor::kMiddle);
      shaded = !shaded;
    }
    const double step = NiceStep(most_, 4);
    for (int i = 0; i * step <= most_ * (1 + 1e-9); ++i) {
      svg_.Line(kLeft, Y(i * step), kLeft + kWidth, Y(i * step), "g");
      svg_.Text(kLeft - 8, Y(i * step) + 4, Fixed(i * step, step < 1 ? 1 : 0), "s", Anchor::kEnd);
    }
    const double seconds = NiceStep(length_s_, 10);
    for (int i = 0; i * seconds <= length_s_ * (1 + 1e-9); ++i)
      svg_.Text(X(i * seconds), kTop + kHeight + 17, Fixed(i * seconds, seconds < 1 ? 1 : 0), "s", Anchor::kMiddle);
    svg_.Text(kLeft + kWidth / 2, kTop + kHeight + 34, "seconds since the first frame", "s", Anchor::kMiddle);
  }

  double X(double seconds) const { return kLeft + kWidth * std::clamp(seconds / length_s_, 0.0, 1.0); }
  double Y(double value) const { return kTop + kHeight * (1 - std::clamp(value / most_, 0.0, 1.0)); }
  Svg& svg() { return svg_; }

  // Points of a curve; not finite: a gap.
  void Curve(const std::vector<std::pair<double, double>>& points, const std::string& css, const std::string& name,
             size_t place) {
    std::string path;
    bool down = false;
    for (const auto& [seconds, value] : points) {
      if (std::isfinite(value)) Append(&path, down ? "L" : "M", Fixed(X(seconds), 1), " ", Fixed(Y(value), 1));
      down = std::isfinite(value);
    }
    svg_.Path(path, Concat("c ", css), name);
    const double y = kTop + 12 + 20 * static_cast<double>(place);
    svg_.Path(Concat("M", Fixed(kLeft + kWidth + 10, 1), " ", Fixed(y, 1), "h24"), Concat("c ", css));
    svg_.Text(kLeft + kWidth + 40, y + 4.5, name, "");
  }
  void Limit(double value, const std::string& text) {
    svg_.Line(kLeft, Y(value), kLeft + kWidth, Y(value), "d");
    svg_.Text(kLeft + 6, Y(value) - 6, text, "s");   // beside it stand the curves' names
  }

 private:
  const double length_s_, most_;
  Svg svg_;
};

std::string Figure(const std::string& label, const std::string& drawing, const std::string& caption) {
  return Concat("<figure>", ScrollStart(label), drawing, "</div><figcaption>", caption, "</figcaption></figure>\n");
}

std::string Css(size_t method) { return Concat("c", std::min<size_t>(method, 3)); }

// A value of each slot-long part of a method's run, in the middle of it.
std::vector<std::pair<double, double>> BySlot(const LoopStory& story, const LoopMethod& method,
                                              const std::function<double(const LoopPart&)>& value) {
  std::vector<std::pair<double, double>> points;
  const double step = std::max(story.slot_s * method.pace, LengthOf(story) / static_cast<double>(kSlotsShown));
  const auto count = static_cast<int64_t>(std::floor(LengthOf(story) / step + 1e-6));
  for (int64_t i = 0; i < count; ++i) {
    const double from = static_cast<double>(i) * step;
    points.emplace_back(from + step / 2, value(PartOf(story, method, from, from + step)));
  }
  return points;
}

std::string MethodsChart(const LoopStory& story, bool latency) {
  std::vector<std::vector<std::pair<double, double>>> curves;
  double most = latency ? 1.5 * story.max_latency_s * 1e3 : story.fps;
  for (const LoopMethod& method : story.methods) {
    curves.push_back(BySlot(story, method, [&](const LoopPart& part) {
      return latency ? part.latency_s ? *part.latency_s * 1e3 : NAN : part.within_fps;
    }));
    for (const auto& point : curves.back()) {
      if (std::isfinite(point.second)) most = std::max(most, point.second);
    }
  }
  const std::string label = latency ? "Latency of the answers over time" : "Frames answered in time over time";
  TimeChart chart(story, label, most);
  for (size_t m = curves.size(); m-- > 0;) chart.Curve(curves[m], Css(m), story.methods[m].name, m);   // ours on top
  if (latency) chart.Limit(story.max_latency_s * 1e3, "asked for");
  const std::string caption = latency ? "Mean latency of the answers, ms, slot by slot."
                                      : Concat("Frames a second answered within ", FormatSeconds(story.max_latency_s), ", of ",
                                               Fixed(story.fps, 0), " offered.");
  return Figure(label, chart.svg().Finish(), caption);
}

std::string UplinkChart(const LoopStory& story, const LoopMethod& ours) {
  std::vector<std::pair<double, double>> known, set;
  double most = 1;
  for (const LoopPhase& phase : story.phases) {
    set.emplace_back(phase.from_s, phase.uplink_bps / 1e6);
    set.emplace_back(phase.to_s, phase.uplink_bps / 1e6);
    most = std::max(most, 1.25 * phase.uplink_bps / 1e6);
  }
  for (const SlotRow& slot : ours.run.slots)
    known.emplace_back(static_cast<double>(slot.t) * story.slot_s * ours.pace, slot.uplink_bps / 1e6);
  TimeChart chart(story, "The uplink as it was and as it was measured", most);
  chart.Curve(set, "c3", "as set", 1);
  chart.Curve(known, "c0", "measured", 0);
  return Figure(
      "The uplink over time", chart.svg().Finish(),
      "Uplink, Mbit/s: what the link was set to, and what was known of it when each slot was decided, from our own messages. 0: "
      "the server did not answer.");
}

// Where the frames of each slot were meant to be answered.
std::string ChoiceChart(const LoopStory& story, const LoopMethod& ours) {
  static constexpr std::array<const char*, 4> kCss = {"head", "edge", "upload", "wait"};
  double most = story.fps * story.slot_s;
  for (const SlotRow& slot : ours.run.slots) most = std::max(most, slot.a);
  TimeChart chart(story, "What was chosen, slot by slot", most);
  const int groups = ours.run.header.groups;
  for (const SlotRow& slot : ours.run.slots) {
    std::array<double, 4> frames{};
    std::string words;
    for (const SlotChoice& choice : slot.choice) {
      const size_t kind = choice.cut >= groups ? 0 : choice.cut > 0 ? 1 : 2;
      frames[kind] += choice.frames;
      Append(&words, words.empty() ? "" : ", ", Fixed(choice.frames, 0),
             choice.cut >= groups ? " on the device"
             : choice.cut > 0     ? Concat(" at cut ", choice.cut)
                                  : " on the edge",
             " at ", choice.size, choice.codec.empty() ? "" : Concat(" as ", choice.codec));
    }
    frames[3] = std::max(0.0, slot.a - frames[0] - frames[1] - frames[2]);
    const double from = static_cast<double>(slot.t) * story.slot_s, left = chart.X(from), right = chart.X(from + story.slot_s);
    double sum = 0;
    for (size_t kind = 0; kind < frames.size(); ++kind) {
      if (frames[kind] > 0 && right > left) {
        chart.svg().Rect(left, chart.Y(sum + frames[kind]), right - left, chart.Y(sum) - chart.Y(sum + frames[kind]), kCss[kind],
                         Concat("slot ", slot.t, ": ", words.empty() ? "nothing" : words));
      }
      sum += frames[kind];
    }
  }
  return Concat(
      "<ul class=\"legend\" aria-label=\"Colours\"><li><i class=\"head\"></i>all on the device</li><li><i class=\"edge\"></i>cut "
      "in "
      "the middle</li><li><i class=\"upload\"></i>the picture to the edge</li><li><i class=\"wait\"></i>left out</li></ul>\n",
      Figure("What was chosen over time", chart.svg().Finish(),
             "Frames of each slot by where they were sent; point at a bar for its options."));
}

std::string PhaseTable(const LoopStory& story) {
  std::string html = Concat(
      ScrollStart("Phase by phase"), "<table><caption>In time: answered within ", FormatSeconds(story.max_latency_s),
      ", frames a second of ", Fixed(story.fps, 0), " offered. Accuracy: mean over slots by the model's table; asked for are ",
      Fixed(story.min_accuracy * 100, 0), " % on average.</caption>\n<thead><tr><th scope=\"col\" class=\"l\">link</th>");
  for (const LoopMethod& method : story.methods) {
    Append(&html, "<th scope=\"col\">", EscapeXml(method.name),
           "<small>in time, fps</small></th><th scope=\"col\">latency<small>mean, ms</small></th>",
           "<th scope=\"col\">accuracy<small>%</small></th>");
  }
  html += "</tr></thead>\n<tbody>\n";
  const auto row = [&](const std::string& name, double from_s, double to_s) {
    Append(&html, "<tr><th scope=\"row\">", EscapeXml(name), "</th>");
    double best = 0;
    for (const LoopMethod& method : story.methods) best = std::max(best, PartOf(story, method, from_s, to_s).within_fps);
    for (const LoopMethod& method : story.methods) {
      const LoopPart part = PartOf(story, method, from_s, to_s);
      const std::string fps = Fixed(part.within_fps, 1);
      html += Cell(best > 0 && part.within_fps == best ? Concat("<strong>", fps, "</strong>") : fps);
      html += Cell(part.latency_s ? Ms(*part.latency_s) : "–");
      html += Cell(part.accuracy ? Fixed(*part.accuracy * 100, 1) : "–");
    }
    html += "</tr>\n";
  };
  for (const LoopPhase& phase : story.phases) row(Concat(phase.name, ", ", LinkWords(phase)), phase.from_s, phase.to_s);
  row("all of it", 0, LengthOf(story));
  return html + "</tbody></table></div>\n";
}

// Frames in a row from the middle of a phase.
std::string Pipeline(const LoopStory& story, const LoopMethod& ours, const LoopPhase& phase) {
  std::vector<const FrameRow*> window;
  double first_s = ours.run.frames.front().captured_s;
  for (const FrameRow& frame : ours.run.frames) first_s = std::min(first_s, frame.captured_s);
  const double middle_s = first_s + (phase.from_s + phase.to_s) / 2;
  for (const FrameRow& frame : ours.run.frames) {
    if (frame.outcome != device::Outcome::kDropped && frame.captured_s >= middle_s) window.push_back(&frame);
  }
  std::sort(window.begin(), window.end(), [](const FrameRow* a, const FrameRow* b) { return a->captured_s < b->captured_s; });
  if (window.size() > kPipelineFrames) window.resize(kPipelineFrames);
  const std::string drawing = window.empty() ? "" : DrawPipeline(window, window.front()->cut);
  if (drawing.empty()) return "";
  return Figure(Concat("Pipeline, link ", phase.name), drawing,
                Concat("Link ", EscapeXml(phase.name), " (", LinkWords(phase), "): ", window.size(),
                       " answered frames in a row; a number and a colour for each frame, a row for each resource."));
}

}   // namespace

std::string RenderLoop(const LoopStory& story) {
  std::string html = "<section aria-labelledby=\"loop\">\n<h2 id=\"loop\">Over a link that changes</h2>\n";
  if (story.methods.empty() || story.methods.front().run.frames.empty())
    return html + "<p class=\"lead\">No frame was recorded.</p>\n</section>\n";
  const LoopMethod& ours = story.methods.front();
  Append(&html, "<p class=\"lead\">Answered in time, of ", Fixed(story.fps, 0), " frames a second: ");
  for (size_t m = 0; m < story.methods.size(); ++m) {
    const LoopPart all = PartOf(story, story.methods[m], 0, LengthOf(story));
    Append(&html, m == 0 ? "<b>" : ", ", EscapeXml(story.methods[m].name), " ", Fixed(all.within_fps, 1), m == 0 ? "</b>" : "");
  }
  html += ".</p>\n";
  if (ours.run.header.slowdown > 1) {
    Append(&html, "<p><b>Emulated device:</b> its compute was stretched ", Fixed(ours.run.header.slowdown, 1),
           "-fold by sleeping; the link is a relay on this machine, the edge a second process on it.</p>\n");
  }
  html += "<dl>\n";
  for (const LoopMethod& method : story.methods) {
    Append(&html, "<dt>", EscapeXml(method.name), "</dt><dd>", EscapeXml(method.what),
           method.pace != 1
               ? Concat("; over the same phases in 1/", Fixed(method.pace, method.pace == std::round(method.pace) ? 0 : 1),
                        " of the time, stretched in the drawings")
               : "",
           "</dd>\n");
  }
  html += "</dl>\n";
  html += PhaseTable(story);
  html += MethodsChart(story, false);
  html += MethodsChart(story, true);
  html += ChoiceChart(story, ours);
  html += UplinkChart(story, ours);
  html += "<h3>The pipeline</h3>\n";
  for (size_t p = 0; p < std::min<size_t>(story.phases.size(), 2); ++p) html += Pipeline(story, ours, story.phases[p]);
  return html + "</section>\n";
}

}   // namespace partway::report
