#include "report/bar_chart.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "report/plot_frame.h"
#include "report/svg.h"

namespace partway::report {
namespace {

constexpr double kLeft = 190, kTop = 96, kPanel = 236, kGap = 66, kRow = 26, kBar = 17, kBottom = 26;

}   // namespace

std::string DrawBarChart(const BarChart& chart) {
  const double panels = static_cast<double>(chart.panels.size()), height = kRow * static_cast<double>(chart.rows.size());
  std::string label = Concat(chart.title, ": ");
  for (const BarChart::Panel& panel : chart.panels) Append(&label, panel.title, "; ");
  PlotFile svg(kLeft + panels * (kPanel + kGap), kTop + height + kBottom, label);
  svg.Text(16, 26, chart.title, "t");
  svg.Text(16, 47, chart.subtitle, "s");
  svg.Raw(Fills(kMostFills));
  for (size_t r = 0; r < chart.rows.size(); ++r) {
    svg.Text(kLeft - 12, kTop + kRow * static_cast<double>(r) + kBar - 3, chart.rows[r], "", "end");
  }
  for (size_t p = 0; p < chart.panels.size(); ++p) {
    const BarChart::Panel& panel = chart.panels[p];
    const double left = kLeft + static_cast<double>(p) * (kPanel + kGap);
    double most = panel.limit.value_or(0);
    for (const double value : panel.values) {
      if (std::isfinite(value)) most = std::max(most, value);
    }
    const double scale = most > 0 ? kPanel / most : 0;
    svg.Text(left, kTop - 12, panel.title, "h");
    svg.Line(left, kTop - 4, left, kTop + height, "a");
    for (size_t r = 0; r < std::min(panel.values.size(), chart.rows.size()); ++r) {
      const double value = panel.values[r], y = kTop + kRow * static_cast<double>(r);
      if (!std::isfinite(value)) {
        svg.Text(left + 5, y + kBar - 3, "–", "s");
        continue;
      }
      const size_t group = r < chart.groups.size() ? static_cast<size_t>(std::max(chart.groups[r], 0)) % kMostFills : 0;
      svg.Raw(Concat("<rect x=\"", Fixed(left, 1), "\" y=\"", Fixed(y, 1), "\" width=\"", Fixed(std::max(value, 0.0) * scale, 1),
                     "\" height=\"", Fixed(kBar, 1), "\" fill=\"", FillOf(group), "\"><title>",
                     EscapeXml(Concat(chart.rows[r], ": ", Fixed(value, panel.decimals))), "</title></rect>\n"));
      svg.Text(left + std::max(value, 0.0) * scale + 5, y + kBar - 3, Fixed(value, panel.decimals), "s");
    }
    if (panel.limit) {
      const double x = left + *panel.limit * scale;
      svg.Line(x, kTop - 4, x, kTop + height, "m");
      svg.Text(x, kTop + height + 16, panel.limit_text, "s", "middle");
    }
  }
  return svg.Finish();
}

}   // namespace partway::report
