#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "absl/strings/str_format.h"
#include "apps/replay_output.h"
#include "base/text.h"
#include "base/version.h"
#include "report/html_parts.h"
#include "report/line_chart.h"
#include "report/page_style.h"
#include "report/svg.h"

namespace partway::apps {
namespace {

using report::Cell;
using report::EscapeXml;
using report::Ms;

constexpr size_t kMostDrawn = 24;   // records with their slots, the worst ones

std::string ErrorCell(double error) {
  const std::string text = absl::StrFormat("%+.1f %%", 100 * error);
  return Cell(std::abs(error) > kMostMeanError ? Concat("<b>", text, "</b>") : text);
}

std::string Anchor(size_t i) { return Concat("record-", i + 1); }

std::string Table(const std::vector<Replay>& replays) {
  std::string html = Concat(
      report::ScrollStart("Records"),
      "<table><caption>Worst first, by the largest of the errors in fps, mean latency and bytes uploaded; bold: above 5 %. "
      "Decided as live: the simulator carries out the recorded decisions, so what is left is the model's error and not a policy "
      "that decided "
      "otherwise.</caption>\n<thead><tr><th rowspan=\"2\">record</th><th colspan=\"3\">fps</th><th colspan=\"3\">mean latency, "
      "ms</th><th "
      "colspan=\"3\">p95, ms</th><th colspan=\"3\">a frame, kB</th><th>uploaded</th><th colspan=\"3\">decided as "
      "live</th></tr>\n<tr>");
  for (int i = 0; i < 4; ++i) html += "<th>live</th><th>simulated</th><th>error</th>";
  html += "<th>error</th><th>fps</th><th>latency</th><th>uploaded</th></tr></thead><tbody>\n";
  const report::LatencySummary none;
  for (size_t i = 0; i < replays.size(); ++i) {
    const Replay& replay = replays[i];
    const ReplayErrors errors = ErrorsOf(replay.live, replay.simulated), decided = ErrorsOf(replay.live, replay.as_decided);
    const report::RunSummary &l = replay.live.summary, &s = replay.simulated.summary;
    const report::LatencySummary ll = l.latency_s.value_or(none), sl = s.latency_s.value_or(none);
    const std::string name =
        EscapeXml(Concat(replay.header.policy, ", ", replay.header.link.empty() ? "the network as it was" : replay.header.link));
    Append(&html, "<tr><th scope=\"row\">", i < kMostDrawn ? Concat("<a href=\"#", Anchor(i), "\">", name, "</a>") : name,
           "</th>", Cell(report::Fixed(l.fps, 2)), Cell(report::Fixed(s.fps, 2)), ErrorCell(errors.fps), Cell(Ms(ll.mean)),
           Cell(Ms(sl.mean)), ErrorCell(errors.latency), Cell(Ms(ll.p95)), Cell(Ms(sl.p95)), ErrorCell(errors.p95));
    Append(&html, Cell(report::Fixed(l.bytes_per_frame / 1e3, 2)), Cell(report::Fixed(s.bytes_per_frame / 1e3, 2)),
           ErrorCell(errors.bytes_per_frame), ErrorCell(errors.upload_bytes), ErrorCell(decided.fps), ErrorCell(decided.latency),
           ErrorCell(decided.upload_bytes), "</tr>\n");
  }
  return html + "</tbody></table></div>\n";
}

struct Quantity {
  const char* title;
  const char* subtitle;
  std::function<double(const report::SlotRow&)> value;
};

report::LineChart::Series SeriesOf(const char* name, const std::vector<report::SlotRow>& slots, const Quantity& quantity) {
  report::LineChart::Series series{.name = name};
  for (const report::SlotRow& slot : slots) {
    series.x.push_back(static_cast<double>(slot.t));
    series.y.push_back(quantity.value(slot));
  }
  return series;
}

std::string Chart(const Replay& replay, const Quantity& quantity) {
  report::LineChart chart;
  chart.title = quantity.title;
  chart.subtitle = quantity.subtitle;
  chart.series = {SeriesOf("live", replay.live.slots, quantity), SeriesOf("simulated", replay.simulated.slots, quantity),
                  SeriesOf("decided as live", replay.as_decided.slots, quantity)};
  double last = 1, most = 0;
  for (const report::LineChart::Series& series : chart.series) {
    for (size_t i = 0; i < series.x.size(); ++i) {
      last = std::max(last, series.x[i]);
      if (std::isfinite(series.y[i])) most = std::max(most, series.y[i]);
    }
  }
  most = most > 0 ? 1.1 * most : 1;
  chart.x = {.title = "slot", .low = 0, .high = last, .ticks = report::MakeTicks(0, last, false, 1, 10)};
  chart.y = {.title = quantity.title, .low = 0, .high = most, .ticks = report::MakeTicks(0, most, false, 1, 8)};
  return Concat("<figure>", report::ScrollStart(quantity.title), report::DrawLineChart(chart), "</div></figure>\n");
}

std::string Details(const Replay& replay, size_t i) {
  const double slot_s = replay.header.control->slot_s;
  const int groups = replay.header.groups;
  const Quantity quantities[] = {
      {"frames answered a second", "by slot", [slot_s](const report::SlotRow& slot) { return slot.b / slot_s; }},
      {"latency, ms", "mean of a slot's answers",
       [](const report::SlotRow& slot) { return slot.b > 0 ? 1e3 * slot.latency_s : std::numeric_limits<double>::quiet_NaN(); }},
      {"frames to be sent", "of the decision, by slot",
       [groups](const report::SlotRow& slot) {
         double frames = 0;
         for (const report::SlotChoice& choice : slot.choice) frames += choice.cut < groups ? choice.frames : 0;
         return frames;
       }},
      {"uplink as estimated, Mbit/s", "when the slot began", [](const report::SlotRow& slot) { return slot.uplink_bps / 1e6; }}};
  std::string html = Concat("<details", i == 0 ? " open" : "", " id=\"", Anchor(i), "\"><summary>", EscapeXml(replay.path), ": ",
                            EscapeXml(replay.header.policy), ", ", EscapeXml(replay.header.link), "</summary>\n");
  for (const Quantity& quantity : quantities) html += Chart(replay, quantity);
  Append(&html, "<dl><dt>command</dt><dd><code>", EscapeXml(replay.header.command), "</code></dd></dl></details>\n");
  return html;
}

std::string MeansText(const ReplayMeans& means) {
  return absl::StrFormat("fps %.1f %%, mean latency %.1f %%, p95 %.1f %%, bytes uploaded %.1f %%", 100 * means.fps,
                         100 * means.latency, 100 * means.p95, 100 * means.upload_bytes);
}

}   // namespace

std::string ReplayHtml(const std::vector<Replay>& replays, const std::string& command) {
  const std::string title = "Simulation against life";
  std::string html = Concat(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
      "content=\"width=device-width, initial-scale=1\">\n<title>",
      title, "</title>\n<style>", report::kPageStyle, "</style>\n</head>\n<body>\n<header><h1>", title, "</h1>\n");
  const ReplayMeans means = MeansOf(replays, &Replay::simulated);
  Append(&html, "<p class=\"lead\">", replays.size(), replays.size() == 1 ? " live run" : " live runs",
         " played again in the event simulator, from the record alone. Mean error, without its sign: ", MeansText(means), ". ",
         means.holds() ? "fps, latency and bytes agree within 5 % in the mean." : "They do not all agree within 5 % in the mean.",
         "</p>\n<p>With the decisions of the records instead of the policy's own: ",
         MeansText(MeansOf(replays, &Replay::as_decided)), ".</p>\n");
  const bool emulated = std::any_of(replays.begin(), replays.end(), [](const Replay& r) { return r.header.slowdown > 1; });
  if (emulated)
    html += "<p><strong>Emulated:</strong> some devices were slowed down by sleeping; links were relays on the machine.</p>\n";
  Append(&html, "</header>\n<main>\n<section><h2>Errors, the worst first</h2>\n", Table(replays),
         "</section>\n<section><h2>Slot by slot</h2>\n");
  for (size_t i = 0; i < std::min(replays.size(), kMostDrawn); ++i) html += Details(replays[i], i);
  if (replays.size() > kMostDrawn) {
    Append(&html, "<p class=\"soft\">The other ", replays.size() - kMostDrawn,
           " records have smaller errors and are not drawn.</p>\n");
  }
  Append(&html, "</section>\n</main>\n<footer>Made by partway ", kVersion, " (", kCommit, "): <code>", EscapeXml(command),
         "</code></footer>\n</body>\n</html>\n");
  return html;
}

}   // namespace partway::apps
