#include "report/heat_map.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/text.h"
#include "report/svg.h"

namespace partway::report {
namespace {

constexpr double kLeft = 84, kTop = 64, kPlotWidth = 620, kPlotHeight = 460, kBottom = 64, kRow = 26;
constexpr size_t kNamed = kMostFills - 1;   // the last fill is for all others

// Where cells begin and end: half-way between middles, on the axis's scale.
std::vector<double> EdgesOf(const HeatMap::Axis& axis) {
  const std::vector<double>& v = axis.values;
  const auto to = [&](double x) { return axis.logarithmic ? std::log(x) : x; };
  const auto from = [&](double x) { return axis.logarithmic ? std::exp(x) : x; };
  if (v.size() == 1) {
    return axis.logarithmic ? std::vector<double>{v[0] / 1.1, v[0] * 1.1}
                            : std::vector<double>{v[0] - 0.05 * std::abs(v[0]) - 1e-9, v[0] + 0.05 * std::abs(v[0]) + 1e-9};
  }
  std::vector<double> edges = {from(1.5 * to(v[0]) - 0.5 * to(v[1]))};
  for (size_t i = 0; i + 1 < v.size(); ++i) edges.push_back(from(0.5 * (to(v[i]) + to(v[i + 1]))));
  edges.push_back(from(1.5 * to(v.back()) - 0.5 * to(v[v.size() - 2])));
  return edges;
}

// For each category the cell deepest inside its regions (in steps to the next other cell), and how deep.
struct Deepest {
  size_t cell = 0;
  int depth = 0;
};
std::map<int, Deepest> DeepestCells(const std::vector<int>& cells, size_t nx, size_t ny) {
  std::vector<int> depth(cells.size(), 0);
  const auto at = [&](size_t x, size_t y) { return y * nx + x; };
  // Distance to the border or to another category, by two passes.
  for (size_t y = 0; y < ny; ++y) {
    for (size_t x = 0; x < nx; ++x) {
      const auto from = [&](bool inside, size_t other) {
        return inside && cells[other] == cells[at(x, y)] ? depth[other] + 1 : 1;
      };
      depth[at(x, y)] = std::min(from(x > 0, x > 0 ? at(x - 1, y) : 0), from(y > 0, y > 0 ? at(x, y - 1) : 0));
    }
  }
  std::map<int, Deepest> deepest;
  for (size_t y = ny; y-- > 0;) {
    for (size_t x = nx; x-- > 0;) {
      const auto from = [&](bool inside, size_t other) {
        return inside && cells[other] == cells[at(x, y)] ? depth[other] + 1 : 1;
      };
      const bool right = x + 1 < nx, up = y + 1 < ny;
      int& here = depth[at(x, y)];
      here = std::min({here, from(right, right ? at(x + 1, y) : 0), from(up, up ? at(x, y + 1) : 0)});
      Deepest& best = deepest[cells[at(x, y)]];
      if (here > best.depth) best = {at(x, y), here};
    }
  }
  return deepest;
}

std::string Letter(size_t category) { return category < 26 ? std::string(1, static_cast<char>('A' + category)) : "?"; }

}   // namespace

std::string DrawHeatMap(const HeatMap& map) {
  const size_t nx = map.x.values.size(), ny = map.y.values.size();
  const std::vector<double> x_edges = EdgesOf(map.x), y_edges = EdgesOf(map.y);
  PlotAxis x{map.x.title, x_edges.front(), x_edges.back(), map.x.logarithmic, {}};
  PlotAxis y{map.y.title, y_edges.front(), y_edges.back(), map.y.logarithmic, {}};
  x.ticks = MakeTicks(map.x.values.front(), map.x.values.back(), x.logarithmic, map.x.unit, 10);
  y.ticks = MakeTicks(map.y.values.front(), map.y.values.back(), y.logarithmic, map.y.unit, 10);

  std::vector<int> cells = map.cells;
  std::map<int, size_t> counts;
  for (int& cell : cells) {
    ++counts[cell];
    if (cell > static_cast<int>(kNamed)) cell = static_cast<int>(kNamed);
  }
  std::string label = Concat(map.title, ": ");
  for (const auto& [category, count] : counts) {
    Append(&label, category < 0 ? "none" : map.names[static_cast<size_t>(category)], " wins ",
           Fixed(100.0 * static_cast<double>(count) / static_cast<double>(cells.size()), 1), " %; ");
  }
  // Wide enough for the longest name, its letter and its share.
  size_t longest = 26;
  for (const std::string& name : map.names) longest = std::max(longest, name.size());
  const double legend_width = 130 + 7.4 * static_cast<double>(longest);
  const size_t rows = std::min(map.names.size(), kNamed + 1) + (counts.count(-1) > 0 ? 1 : 0) + map.notes.size() + 2;
  const double height = std::max(kTop + kPlotHeight + kBottom, kTop + kRow * static_cast<double>(rows) + 20);
  PlotFile svg(kLeft + kPlotWidth + legend_width, height, label);
  svg.Raw(Fills(kMostFills));
  svg.Text(kLeft, 26, map.title, "t");
  svg.Text(kLeft, 47, map.subtitle, "s");

  const auto px = [&](size_t edge) { return kLeft + kPlotWidth * x.Position(x_edges[edge]); };
  const auto py = [&](size_t edge) { return kTop + kPlotHeight * (1 - y.Position(y_edges[edge])); };
  // One path for each category, made of runs of cells; hatches then go on across cells.
  std::map<int, std::string> paths;
  std::string outline;
  for (size_t j = 0; j < ny; ++j) {
    for (size_t i = 0; i < nx;) {
      size_t end = i + 1;
      while (end < nx && cells[j * nx + end] == cells[j * nx + i]) ++end;
      Append(&paths[cells[j * nx + i]], "M", Fixed(px(i), 2), " ", Fixed(py(j), 2), "H", Fixed(px(end), 2), "V",
             Fixed(py(j + 1), 2), "H", Fixed(px(i), 2), "Z");
      if (end < nx) Append(&outline, "M", Fixed(px(end), 2), " ", Fixed(py(j), 2), "V", Fixed(py(j + 1), 2));
      i = end;
    }
    for (size_t i = 0; j + 1 < ny && i < nx;) {
      const auto differs = [&](size_t at) { return cells[j * nx + at] != cells[(j + 1) * nx + at]; };
      size_t end = i + 1;
      if (differs(i)) {
        while (end < nx && differs(end)) ++end;
        Append(&outline, "M", Fixed(px(i), 2), " ", Fixed(py(j + 1), 2), "H", Fixed(px(end), 2));
      }
      i = end;
    }
  }
  for (const auto& [category, path] : paths) {
    svg.Raw(Concat("<path d=\"", path, "\" fill=\"", category < 0 ? std::string("#fff") : FillOf(static_cast<size_t>(category)),
                   "\"><title>", category < 0 ? "nothing meets the limits" : EscapeXml(map.names[static_cast<size_t>(category)]),
                   "</title></path>\n"));
  }
  svg.Raw(Concat("<path d=\"", outline, "\" class=\"e\"/>\n"));
  svg.Axes(kLeft, kTop, kPlotWidth, kPlotHeight, x, y, false);
  const std::map<int, Deepest> deepest = DeepestCells(cells, nx, ny);
  for (const auto& [category, place] : deepest) {
    const size_t i = place.cell % nx, j = place.cell / nx;
    const double middle_x = (px(i) + px(i + 1)) / 2, middle_y = (py(j) + py(j + 1)) / 2;
    svg.Text(middle_x, middle_y + 5, category < 0 ? "–" : Letter(static_cast<size_t>(category)), "k", "middle");
  }

  double at = kTop + 8;
  const double legend = kLeft + kPlotWidth + 22;
  svg.Text(legend, at, "best option, share of the plane", "h");
  const auto entry = [&](const std::string& fill, const std::string& letter, const std::string& name, size_t count) {
    at += kRow;
    svg.Raw(Concat("<rect x=\"", Fixed(legend, 1), "\" y=\"", Fixed(at - 14, 1), "\" width=\"26\" height=\"18\" fill=\"", fill,
                   "\" class=\"\" stroke=\"#16191d\"/>\n"));
    svg.Text(legend + 34, at, Concat(letter, "  ", name), "");
    svg.Text(legend + legend_width - 40, at,
             Concat(Fixed(100.0 * static_cast<double>(count) / static_cast<double>(cells.size()), 1), " %"), "", "end");
  };
  size_t others = 0, other_names = 0;
  for (size_t category = 0; category < map.names.size(); ++category) {
    const auto found = counts.find(static_cast<int>(category));
    const size_t count = found == counts.end() ? 0 : found->second;
    if (category < kNamed) {
      entry(FillOf(category), Letter(category), map.names[category], count);
    } else {
      others += count;
      ++other_names;
    }
  }
  if (other_names > 0) entry(FillOf(kNamed), Letter(kNamed), Concat(other_names, " others"), others);
  if (counts.count(-1) > 0) entry("#fff", "–", "nothing meets the limits", counts.at(-1));
  at += 8;
  for (const std::string& note : map.notes) {
    at += kRow - 6;
    svg.Text(legend, at, note, "s");
  }
  return svg.Finish();
}

}   // namespace partway::report
