#include "report/plot_frame.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "base/text.h"
#include "report/charts.h"
#include "report/svg.h"

namespace partway::report {
namespace {

constexpr char kStyle[] =
    "text{font:13px system-ui,-apple-system,'Segoe UI','DejaVu Sans',sans-serif;fill:#16191d}"
    ".t{font-size:16px;font-weight:650}.h{font-weight:600}.s{fill:#565e68;font-size:12px}"
    ".g{stroke:#d4d9df;stroke-width:1}.a{stroke:#16191d;stroke-width:1;fill:none}.e{stroke:#16191d;stroke-width:1.6;fill:none}"
    ".m{stroke:#16191d;stroke-width:1.2;stroke-dasharray:4 3;fill:none}"
    ".k{font-weight:700;font-size:15px;paint-order:stroke;stroke:#fff;stroke-width:4px;stroke-linejoin:round}";

// Light colours first and last apart, so that neighbours differ in grey too.
constexpr const char* kColours[] = {"#56b4e9", "#f0e442", "#009e73", "#e69f00", "#cc79a7", "#0072b2", "#d55e00", "#bbbbbb"};
// Hatches in an 8 x 8 tile; the first is plain.
constexpr const char* kHatches[] = {
    "",
    "<path d='M-2 2L2 -2M0 8L8 0M6 10L10 6' class='x'/>",
    "<circle cx='2' cy='2' r='1.1'/><circle cx='6' cy='6' r='1.1'/>",
    "<path d='M0 4H8' class='x'/>",
    "<path d='M-2 6L2 10M0 0L8 8M6 -2L10 2' class='x'/>",
    "<path d='M4 0V8' class='x'/>",
    "<path d='M0 4H8M4 0V8' class='x'/>",
    "<path d='M0 0L8 8M0 8L8 0' class='x'/>",
};
constexpr size_t kColourCount = std::size(kColours);
static_assert(std::size(kHatches) == kColourCount && kMostFills == 2 * kColourCount);

}   // namespace

double PlotAxis::Position(double value) const {
  if (logarithmic) return std::log(value / low) / std::log(high / low);
  return (value - low) / (high - low);
}

std::string PlotNumber(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.4g", value);
  return std::string(text).find('e') == std::string::npos ? text : Fixed(value, 0);
}

std::vector<PlotTick> MakeTicks(double low, double high, bool logarithmic, double unit, int most) {
  std::vector<PlotTick> ticks;
  if (!(high > low)) return {{low, PlotNumber(low / unit)}};
  if (!logarithmic) {
    const double step = NiceStep((high - low) / unit, most);
    for (double i = std::ceil(low / unit / step - 1e-9); i * step <= high / unit * (1 + 1e-12) + 1e-12; ++i) {
      const double value = i * step + 0.0;   // never -0
      ticks.push_back({value * unit, PlotNumber(value)});
    }
    return ticks;
  }
  for (int e = static_cast<int>(std::floor(std::log10(low / unit))); e <= static_cast<int>(std::ceil(std::log10(high / unit)));
       ++e) {
    for (const double factor : {1.0, 2.0, 5.0}) {
      const double value = factor * std::pow(10, e);
      if (value < low / unit * (1 - 1e-9) || value > high / unit * (1 + 1e-9)) continue;
      ticks.push_back({value * unit, PlotNumber(value)});
    }
  }
  return ticks;
}

PlotFile::PlotFile(double width, double height, std::string_view label) {
  Append(&text_, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"", Fixed(width, 0), "\" height=\"", Fixed(height, 0),
         "\" viewBox=\"0 0 ", Fixed(width, 0), " ", Fixed(height, 0), "\" role=\"img\" aria-label=\"", EscapeXml(label),
         "\">\n<style>", kStyle, "</style>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n");
}

void PlotFile::Text(double x, double y, std::string_view text, std::string_view css, std::string_view anchor) {
  Append(&text_, "<text x=\"", Fixed(x, 1), "\" y=\"", Fixed(y, 1), "\" class=\"", css, "\" text-anchor=\"", anchor, "\">",
         EscapeXml(text), "</text>\n");
}

void PlotFile::Line(double x1, double y1, double x2, double y2, std::string_view css) {
  Append(&text_, "<path d=\"M", Fixed(x1, 1), " ", Fixed(y1, 1), "L", Fixed(x2, 1), " ", Fixed(y2, 1), "\" class=\"", css,
         "\"/>\n");
}

void PlotFile::Axes(double left, double top, double width, double height, const PlotAxis& x, const PlotAxis& y, bool grid) {
  const double bottom = top + height;
  double last_label = -1e9;
  for (const PlotTick& tick : x.ticks) {
    const double at = left + width * x.Position(tick.value);
    if (grid) Line(at, top, at, bottom, "g");
    Line(at, bottom, at, bottom + 5, "a");
    // On a crowded logarithmic axis some numbers would run into each other.
    const double half = 4.2 * static_cast<double>(tick.text.size());
    if (at - half < last_label + 6) continue;
    last_label = at + half;
    Text(at, bottom + 19, tick.text, "", "middle");
  }
  for (const PlotTick& tick : y.ticks) {
    const double at = bottom - height * y.Position(tick.value);
    if (grid) Line(left, at, left + width, at, "g");
    Line(left - 5, at, left, at, "a");
    Text(left - 9, at + 4.5, tick.text, "", "end");
  }
  Append(&text_, "<rect x=\"", Fixed(left, 1), "\" y=\"", Fixed(top, 1), "\" width=\"", Fixed(width, 1), "\" height=\"",
         Fixed(height, 1), "\" class=\"a\"/>\n");
  Text(left + width / 2, bottom + 42, x.title, "h", "middle");
  Append(&text_, "<g transform=\"translate(", Fixed(left - 52, 1), ",", Fixed(top + height / 2, 1), ") rotate(-90)\">");
  Text(0, 0, y.title, "h", "middle");
  text_ += "</g>\n";
}

std::string PlotFile::Finish() { return std::exchange(text_, {}) + "</svg>\n"; }

std::string Fills(size_t count) {
  std::string defs = "<defs><style>.x{stroke:#16191d;stroke-width:1;fill:none}</style>\n";
  for (size_t i = 0; i < std::min(count, kMostFills); ++i) {
    // The second round pairs each colour with another hatch.
    const char* colour = kColours[i % kColourCount];
    const char* hatch = kHatches[(i < kColourCount ? i : i + 3) % kColourCount];
    Append(&defs, "<pattern id=\"f", i,
           "\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\"><rect width=\"8\" height=\"8\" fill=\"", colour, "\"/>",
           hatch, "</pattern>\n");
  }
  return defs + "</defs>\n";
}

std::string FillOf(size_t index) { return Concat("url(#f", index % kMostFills, ")"); }

}   // namespace partway::report
