// Several methods by several quantities: a panel a quantity, a bar a method, all panels in the same order of rows. Thread-safe, cannot fail.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace partway::report {

struct BarChart {
  std::string title, subtitle;
  std::vector<std::string> rows;   // the methods
  std::vector<int> groups;         // of each row, 0..; bars of one group look alike
  struct Panel {
    std::string title;             // with the unit: "latency, ms"
    std::vector<double> values;    // one a row; not finite: no bar
    int decimals = 1;              // of the number beside a bar
    std::optional<double> limit;   // a line across all bars
    std::string limit_text;        // "at most 80"
  };
  std::vector<Panel> panels;
};

std::string DrawBarChart(const BarChart& chart);

}   // namespace partway::report
