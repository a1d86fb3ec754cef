// Which of several things wins over a plane: a heat map that reads in colour and in grey print, since each region has its hatch, its outline
// and a letter that the legend explains. Thread-safe, cannot fail.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "report/plot_frame.h"

namespace partway::report {

struct HeatMap {
  std::string title, subtitle;
  // Titles, whether logarithmic, the unit of the ticks; low and high follow from the values.
  struct Axis {
    std::string title;
    std::vector<double> values;   // ascending: where the cells' middles are
    bool logarithmic = false;
    double unit = 1;   // of the numbers at the ticks: 1e6 for Mbps
  };
  Axis x, y;
  std::vector<int> cells;           // row-major, y by x: index of a name, -1 for none
  std::vector<std::string> names;   // in the order of the legend, most important first; beyond 15 they are drawn as one
  std::vector<std::string> notes;   // lines under the legend
};

std::string DrawHeatMap(const HeatMap& map);

}   // namespace partway::report
