#include "report/charts.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "report/lanes.h"
#include "report/svg.h"

namespace partway::report {
namespace {

using Anchor = Svg::Anchor;

constexpr double kWidth = 960, kLeft = 168, kRight = 130;
constexpr double kPlot = kWidth - kLeft - kRight;
constexpr int kBins = 60, kTracksShown = 4;

// Milliseconds with as many decimals as the axis needs.
std::string Tick(double seconds, double step_s) {
  const double step_ms = step_s * 1e3;
  const int decimals = step_ms >= 1 ? 0 : std::min(6, static_cast<int>(std::ceil(-std::log10(step_ms) - 1e-9)));
  return Fixed(seconds * 1e3, decimals);
}

void Axis(Svg* svg, double left, double plot, double range, double top, double bottom, int steps) {
  const double step = NiceStep(range, steps);
  for (int i = 0; i * step <= range * (1 + 1e-9); ++i) {
    const double x = left + plot * (i * step / range);
    svg->Line(x, top, x, bottom, "g");
    svg->Text(x, bottom + 16, i == 0 ? "0" : Tick(i * step, step), "s", Anchor::kMiddle);
  }
}

// Grid lines at 1, 2, 5 of each power of ten, closer ones over a short range, powers alone over a long one.
void LogAxis(Svg* svg, double low, double high, double top, double bottom) {
  const double decades = std::log10(high / low);
  const std::vector<double> factors = decades < 0.8   ? std::vector<double>{1, 1.5, 2, 3, 4, 5, 6, 8}
                                      : decades < 3.5 ? std::vector<double>{1, 2, 5}
                                                      : std::vector<double>{1};
  for (int exponent = static_cast<int>(std::floor(std::log10(low))); exponent <= static_cast<int>(std::ceil(std::log10(high)));
       ++exponent) {
    for (const double factor : factors) {
      const double value = factor * std::pow(10, exponent);
      if (value < low || value > high) continue;
      const double x = kLeft + kPlot * std::log10(value / low) / decades;
      svg->Line(x, top, x, bottom, "g");
      svg->Text(x, bottom + 16, Tick(value, value / factor / 2), "s", Anchor::kMiddle);
    }
  }
}

void RowLabel(Svg* svg, const CutStats& stats, int groups, double middle) {
  svg->Text(0, middle - 3, Concat("cut ", stats.cut), "h");
  svg->Text(0, middle + 12, CutWords(stats, groups), "s");
}

bool DarkInk(const std::string& css) { return css != "head" && css != "f0"; }

}   // namespace

double NiceStep(double range, int steps) {
  const double raw = range / steps;
  const double power = std::pow(10, std::floor(std::log10(raw)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= raw * (1 - 1e-9)) return factor * power;
  }
  return 10 * power;
}

std::string DrawParts(const std::vector<CutStats>& cuts, int groups) {
  double range = 1e-9;
  std::string label = "Mean latency by cut:";
  for (const CutStats& stats : cuts) {
    double sum = 0;
    for (const double part : stats.part_s) sum += part;
    range = std::max(range, sum);
    Append(&label, " cut ", stats.cut, " ", Fixed(sum * 1e3, 1), " ms;");
  }
  constexpr double kRow = 44, kBar = 28, kTop = 6;
  const double bottom = kTop + kRow * static_cast<double>(cuts.size());
  Svg svg(kWidth, bottom + 40, label);
  Axis(&svg, kLeft, kPlot, range, kTop, bottom, 8);
  svg.Text(kLeft + kPlot / 2, bottom + 35, "mean time of a frame, ms", "s", Anchor::kMiddle);
  double y = kTop;
  for (const CutStats& stats : cuts) {
    RowLabel(&svg, stats, groups, y + kRow / 2);
    double x = kLeft, sum = 0;
    for (int p = 0; p < kPartCount; ++p) {
      const double width = kPlot * stats.part_s[p] / range;
      sum += stats.part_s[p];
      if (width <= 0) continue;
      const std::string ms = Fixed(stats.part_s[p] * 1e3, 1);
      svg.Rect(x, y + (kRow - kBar) / 2, width, kBar, kParts[p].key,
               Concat("cut ", stats.cut, ", ", kParts[p].name, ": ", ms, " ms"));
      if (width > 12 + 7.5 * static_cast<double>(ms.size())) {
        const std::string css = kParts[p].key;
        svg.Text(x + width / 2, y + kRow / 2 + 4.5, ms, css == "wait" ? "" : DarkInk(css) ? "dk" : "lt", Anchor::kMiddle);
      }
      x += width;
    }
    svg.Text(x + 8, y + kRow / 2 + 4.5, Concat(Fixed(sum * 1e3, 1), " ms"), "h");
    y += kRow;
  }
  return svg.Finish();
}

std::string DrawPipeline(const std::vector<const FrameRow*>& frames, int cut) {
  struct Box {
    double start, length;
    size_t frame;
    const char* what;
  };
  constexpr const char* kRows[] = {"prepare", "device", "uplink", "edge", "reply"};
  std::vector<Box> rows[5];
  double first = 0, last = 0;
  bool any = false;
  const auto add = [&](int row, double at, double length, size_t frame, const char* what) {
    if (at < 0 || length <= 0) return;
    rows[row].push_back({at, length, frame, what});
    first = any ? std::min(first, at) : at;
    last = any ? std::max(last, at + length) : at + length;
    any = true;
  };
  for (size_t i = 0; i < frames.size(); ++i) {
    const FrameRow& f = *frames[i];
    add(0, f.prepare_at_s, f.prepare_s, i, "prepare");
    add(1, f.head_at_s, f.head_s, i, "head");
    add(1, f.encode_at_s, f.encode_s, i, "encode");
    add(1, f.tail_at_s, f.tail_s, i, "tail");
    add(2, f.upload_at_s, f.upload_s, i, "upload");
    add(3, f.edge_at_s, f.edge_s, i, "edge");
    if (f.edge_at_s >= 0) add(4, f.edge_at_s + f.edge_s, f.reply_s, i, "reply");
  }
  if (!any || last <= first) return "";

  constexpr double kLabels = 84, kLane = 26, kGap = 8, kTop = 6;
  constexpr double kWide = kWidth - kLabels - 14;
  std::vector<int> lanes[5];
  int lane_count[5];
  double height = kTop;
  for (int row = 0; row < 5; ++row) {
    std::stable_sort(rows[row].begin(), rows[row].end(), [](const Box& a, const Box& b) { return a.start < b.start; });
    std::vector<Interval> intervals;
    for (const Box& box : rows[row]) intervals.push_back({box.start, box.start + box.length});
    lanes[row] = AssignLanes(intervals, kTracksShown);
    lane_count[row] = 1;
    for (const int lane : lanes[row]) lane_count[row] = std::max(lane_count[row], lane + 1);
    height += lane_count[row] * kLane + kGap;
  }
  Svg svg(kWidth, height + 36,
          Concat("Pipeline at cut ", cut, ": ", frames.size(), " consecutive frames over ", Fixed((last - first) * 1e3, 0),
                 " ms; each passes prepare, device, uplink, edge and reply, overlapping the others"));
  double y = kTop;
  for (int row = 0; row < 5; ++row) {
    svg.Rect(kLabels, y, kWide, lane_count[row] * kLane, "band");
    y += lane_count[row] * kLane + kGap;
  }
  Axis(&svg, kLabels, kWide, last - first, kTop, height - kGap, 10);
  svg.Text(kLabels + kWide / 2, height + 30, "ms", "s", Anchor::kMiddle);
  y = kTop;
  for (int row = 0; row < 5; ++row) {
    svg.Text(0, y + lane_count[row] * kLane / 2 + 4.5, kRows[row], "h");
    for (size_t i = 0; i < rows[row].size(); ++i) {
      if (lanes[row][i] < 0) continue;
      const Box& box = rows[row][i];
      const double x = kLabels + kWide * (box.start - first) / (last - first);
      const double width = std::max(1.5, kWide * box.length / (last - first));
      const double top = y + lanes[row][i] * kLane;
      const std::string css = Concat("f", box.frame % 6);
      svg.Rect(x, top + 2, width, kLane - 4, css,
               Concat("frame ", box.frame + 1, " (id ", frames[box.frame]->id, "), ", box.what, ": ", Fixed(box.length * 1e3, 1),
                      " ms"));
      if (width >= 14)
        svg.Text(x + width / 2, top + kLane / 2 + 4.5, Concat(box.frame + 1), DarkInk(css) ? "dk" : "lt", Anchor::kMiddle);
    }
    y += lane_count[row] * kLane + kGap;
  }
  return svg.Finish();
}

std::string DrawLatencies(const std::vector<CutStats>& cuts, int groups) {
  double low = 0, high = 0;
  std::string label = "Latency by cut:";
  for (const CutStats& stats : cuts) {
    if (stats.latencies.empty()) continue;
    low = high == 0 ? stats.latencies.front() : std::min(low, stats.latencies.front());
    high = std::max(high, stats.latencies.back());
    Append(&label, " cut ", stats.cut, " median ", Fixed(NearestRank(stats.latencies, 0.5) * 1e3, 1), " ms;");
  }
  // Cuts differ by factors, so the axis is logarithmic; it covers every frame.
  low = std::max(low * 0.9, 1e-6);
  high = std::max(high * 1.1, low * 2);
  const double decades = std::log10(high / low);
  const auto position = [&](double latency) { return std::clamp(std::log10(std::max(latency, low) / low) / decades, 0.0, 1.0); };
  const auto latency_at = [&](double share) { return low * std::pow(10, share * decades); };

  constexpr double kRow = 48, kBars = 36, kTop = 6;
  const double bottom = kTop + kRow * static_cast<double>(cuts.size());
  Svg svg(kWidth, bottom + 40, label);
  LogAxis(&svg, low, high, kTop, bottom);
  svg.Text(kLeft + kPlot / 2, bottom + 35, "latency of a frame, ms, logarithmic", "s", Anchor::kMiddle);
  double y = kTop;
  for (const CutStats& stats : cuts) {
    RowLabel(&svg, stats, groups, y + kRow / 2);
    const double floor_y = y + kRow - 4;
    svg.Line(kLeft, floor_y, kLeft + kPlot, floor_y, "g");
    y += kRow;
    if (stats.latencies.empty()) {
      svg.Text(kLeft + 8, floor_y - 8, "nothing answered", "s");
      continue;
    }
    int64_t bins[kBins] = {};
    int64_t most = 1;
    for (const double latency : stats.latencies) {
      const int bin = std::min(static_cast<int>(position(latency) * kBins), kBins - 1);
      most = std::max(most, ++bins[bin]);
    }
    for (int b = 0; b < kBins; ++b) {
      if (bins[b] == 0) continue;
      const double tall = std::max(1.5, kBars * static_cast<double>(bins[b]) / static_cast<double>(most));
      svg.Rect(
          kLeft + kPlot * b / kBins + 0.5, floor_y - tall, kPlot / kBins - 1, tall, "bin",
          Concat(bins[b], bins[b] == 1 ? " frame, " : " frames, ", Fixed(latency_at(static_cast<double>(b) / kBins) * 1e3, 1),
                 " to ", Fixed(latency_at((b + 1.0) / kBins) * 1e3, 1), " ms"));
    }
    const double p50 = NearestRank(stats.latencies, 0.5), p95 = NearestRank(stats.latencies, 0.95);
    const double x50 = kLeft + kPlot * position(p50), x95 = kLeft + kPlot * position(p95);
    svg.Line(x50, floor_y + 4, x50, floor_y - kBars - 2, "m");
    svg.Line(x95, floor_y + 4, x95, floor_y - kBars - 2, "d");
    svg.Text(kWidth, floor_y - 22, Concat("p50 ", Fixed(p50 * 1e3, 1), " ms"), "h", Anchor::kEnd);
    svg.Text(kWidth, floor_y - 7, Concat("p95 ", Fixed(p95 * 1e3, 1), " ms"), "s", Anchor::kEnd);
  }
  return svg.Finish();
}

}   // namespace partway::report
