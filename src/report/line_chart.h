// Curves over one quantity, told apart by colour, dashes and a name at their end, with points of interest marked. Thread-safe, cannot fail.
#pragma once

#include <string>
#include <vector>

#include "report/plot_frame.h"

namespace partway::report {

struct LineChart {
  std::string title, subtitle;
  PlotAxis x, y;   // values outside are clipped
  struct Series {
    std::string name;
    std::vector<double> x, y;   // of one length; not finite: a gap
  };
  std::vector<Series> series;
  struct Mark {
    double x = 0, y = 0;
    std::string text;
  };
  std::vector<Mark> marks;   // a dot and a line down to the axis
};

std::string DrawLineChart(const LineChart& chart);

}   // namespace partway::report
