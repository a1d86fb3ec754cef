#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "apps/compare_results.h"
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
using report::Percent;

// Frames in time against the rate, over the links of constant rate.
std::string RateChart(const Comparison& comparison) {
  report::LineChart chart;
  chart.title = "Frames answered in time";
  chart.subtitle = Concat("of ", comparison.fps, " a second offered, within ", Ms(comparison.max_latency_s), " ms");
  double low = 1e300, high = 0, most = 0;
  for (size_t m = 0; m < comparison.methods.size(); ++m) {
    report::LineChart::Series series{.name = comparison.methods[m].name};
    for (const CompareLink& link : comparison.links) {
      if (!link.rate_bps) continue;
      series.x.push_back(*link.rate_bps);
      series.y.push_back(SumOf(link.runs[m]).within_fps);
      low = std::min(low, *link.rate_bps);
      high = std::max(high, *link.rate_bps);
      most = std::max(most, series.y.back());
    }
    chart.series.push_back(std::move(series));
  }
  if (!(high > low)) return "";
  most = std::max(1.0, most * 1.1);
  chart.x = {.title = "uplink, Mbps",
             .low = low,
             .high = high,
             .logarithmic = true,
             .ticks = report::MakeTicks(low, high, true, 1e6, 9)};
  chart.y = {.title = "frames a second in time", .low = 0, .high = most, .ticks = report::MakeTicks(0, most, false, 1, 8)};
  return Concat("<figure>", report::DrawLineChart(chart), "</figure>\n");
}

std::string LinkTable(const Comparison& comparison, const CompareLink& link) {
  std::string html =
      Concat("<h3>", EscapeXml(link.text), "</h3>\n", report::ScrollStart(link.text),
             "<table><thead><tr><th>policy</th><th>in time, fps</th><th>95 % interval</th><th>answered</th><th>mean, "
             "ms</th><th>p95, ms</th><th>top-1</th><th>uploaded, MB</th></tr></thead><tbody>\n");
  for (size_t m = 0; m < comparison.methods.size(); ++m) {
    const CompareSum sum = SumOf(link.runs[m]);
    const bool any = sum.all.answered > 0;
    const double share = sum.all.offered > 0 ? static_cast<double>(sum.all.answered) / static_cast<double>(sum.all.offered) : 0;
    Append(&html, "<tr>", Cell(EscapeXml(comparison.methods[m].name)), Cell(absl::StrFormat("%.1f", sum.within_fps)),
           Cell(std::isnan(sum.ci95_fps) ? "" : absl::StrFormat("&plusmn; %.1f", sum.ci95_fps)), Cell(Percent(share)),
           Cell(any ? Ms(sum.mean_s) : "-"), Cell(any ? Ms(sum.p95_s) : "-"), Cell(sum.top1 ? Percent(*sum.top1) : "-"),
           Cell(absl::StrFormat("%.2f", static_cast<double>(sum.all.upload_bytes) / 1e6)), "</tr>\n");
  }
  return html + "</tbody></table></div>\n";
}

}   // namespace

std::string CompareHtml(const Comparison& comparison) {
  const std::string title = EscapeXml(Concat(comparison.model, ": policies over the same links"));
  std::string html = Concat(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
      "content=\"width=device-width, initial-scale=1\">\n<title>",
      title, "</title>\n<style>", report::kPageStyle, "</style>\n</head>\n<body>\n<header><h1>", title, "</h1>\n");
  Append(&html, "<p class=\"lead\">", comparison.fps, " frames a second are offered from ", EscapeXml(comparison.source),
         "; an answer counts when it comes within ", Ms(comparison.max_latency_s), " ms");
  if (comparison.accuracy_known)
    Append(&html, ", and the accuracy asked for is ", absl::StrFormat("%.3f", comparison.min_accuracy));
  Append(&html, ".</p>\n");
  if (comparison.slowdown > 1) {
    Append(&html, "<p><strong>Emulated:</strong> the device takes ", comparison.slowdown,
           " times as long for everything it computes, the rest of the time slept. Links are relays on this machine.</p>\n");
  }
  if (const auto verdict = VerdictOf(comparison)) {
    Append(&html, "<p>Ours answers at least ", absl::StrFormat("%.2f", verdict->worst),
           " times as many frames in time as the better of all-local and JPEG to the server on every link here, and at least 1.3 "
           "times as "
           "many on ",
           verdict->better, " of ", comparison.links.size(), ".</p>\n");
  }
  html += "</header>\n<main>\n<section><h2>The methods</h2>\n<dl>\n";
  for (const CompareMethod& method : comparison.methods)
    Append(&html, "<dt>", EscapeXml(method.name), "</dt><dd>", EscapeXml(method.what), "</dd>\n");
  html += "</dl></section>\n<section><h2>Link by link</h2>\n";
  html += RateChart(comparison);
  for (const CompareLink& link : comparison.links) html += LinkTable(comparison, link);
  Append(&html, "</section>\n</main>\n<footer>Made by partway ", kVersion, " (", kCommit, "): <code>",
         EscapeXml(comparison.command), "</code></footer>\n</body>\n</html>\n");
  return html;
}

}   // namespace partway::apps
