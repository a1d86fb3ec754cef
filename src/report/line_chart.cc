#include "report/line_chart.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "report/svg.h"

namespace partway::report {
namespace {

constexpr double kLeft = 84, kTop = 64, kWidth = 640, kHeight = 430, kRight = 190, kBottom = 64;
struct Stroke {
  const char* colour;
  const char* dash;
};
constexpr Stroke kStrokes[] = {{"#0072b2", ""},         {"#d55e00", "9 4"}, {"#009e73", "2 3"},
                               {"#8a5a00", "12 3 2 3"}, {"#cc79a7", "5 2"}, {"#16191d", "1 4"}};

}   // namespace

std::string DrawLineChart(const LineChart& chart) {
  std::string label = Concat(chart.title, ": ");
  for (const LineChart::Series& series : chart.series) Append(&label, series.name, "; ");
  PlotFile svg(kLeft + kWidth + kRight, kTop + kHeight + kBottom, label);
  svg.Text(kLeft, 26, chart.title, "t");
  svg.Text(kLeft, 47, chart.subtitle, "s");
  svg.Axes(kLeft, kTop, kWidth, kHeight, chart.x, chart.y, true);
  svg.Raw(Concat("<clipPath id=\"plot\"><rect x=\"", Fixed(kLeft, 1), "\" y=\"", Fixed(kTop, 1), "\" width=\"", Fixed(kWidth, 1),
                 "\" height=\"", Fixed(kHeight, 1), "\"/></clipPath>\n"));
  const auto px = [&](double v) { return kLeft + kWidth * chart.x.Position(v); };
  const auto py = [&](double v) { return kTop + kHeight * (1 - chart.y.Position(v)); };
  struct Name {
    double y;
    size_t series;
  };
  std::vector<Name> names;
  for (size_t s = 0; s < chart.series.size(); ++s) {
    const LineChart::Series& series = chart.series[s];
    const Stroke& stroke = kStrokes[s % std::size(kStrokes)];
    std::string path;
    bool pen_down = false;
    double last = kTop + kHeight;
    for (size_t i = 0; i < series.x.size(); ++i) {
      if (!std::isfinite(series.y[i]) || !std::isfinite(series.x[i])) {
        pen_down = false;
        continue;
      }
      // Far outside there is nothing to see, and numbers grow without bound.
      last = std::clamp(py(series.y[i]), kTop - 4 * kHeight, kTop + 5 * kHeight);
      Append(&path, pen_down ? "L" : "M", Fixed(px(series.x[i]), 2), " ", Fixed(last, 2));
      pen_down = true;
    }
    svg.Raw(Concat("<path d=\"", path, "\" fill=\"none\" stroke=\"", stroke.colour, "\" stroke-width=\"2.4\" stroke-dasharray=\"",
                   stroke.dash, "\" clip-path=\"url(#plot)\"><title>", EscapeXml(series.name), "</title></path>\n"));
    names.push_back({std::clamp(last, kTop, kTop + kHeight), s});
  }
  for (const LineChart::Mark& mark : chart.marks) {
    const double x = px(mark.x), y = py(mark.y);
    svg.Line(x, y, x, kTop + kHeight, "m");
    svg.Raw(Concat("<circle cx=\"", Fixed(x, 1), "\" cy=\"", Fixed(y, 1), "\" r=\"4.5\"/>\n"));
    svg.Text(x + 9, y - 9, mark.text, "k");
  }
  // Names beside the ends of their curves, pushed apart where they would cover each other.
  std::sort(names.begin(), names.end(), [](const Name& a, const Name& b) { return a.y < b.y; });
  for (size_t i = 1; i < names.size(); ++i) names[i].y = std::max(names[i].y, names[i - 1].y + 18);
  double below = kTop + kHeight;
  for (size_t i = names.size(); i-- > 0;) {
    names[i].y = std::min(names[i].y, below);
    below = names[i].y - 18;
  }
  for (const Name& name : names) {
    const Stroke& stroke = kStrokes[name.series % std::size(kStrokes)];
    const double x = kLeft + kWidth + 10;
    svg.Raw(Concat("<path d=\"M", Fixed(x, 1), " ", Fixed(name.y, 1), "h28\" stroke=\"", stroke.colour,
                   "\" stroke-width=\"2.4\" stroke-dasharray=\"", stroke.dash, "\"/>\n"));
    svg.Text(x + 34, name.y + 4.5, chart.series[name.series].name, "");
  }
  return svg.Finish();
}

}   // namespace partway::report
