// What drawings that stand alone share: a file of their own with its style inside, axes with ticks and units, and fills that can be told
// apart in colour and in grey print. Thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace partway::report {

struct PlotTick {
  double value = 0;
  std::string text;
};

struct PlotAxis {
  std::string title;          // with the unit: "uplink, Mbps"
  double low = 0, high = 1;   // of the drawing
  bool logarithmic = false;   // low above 0
  std::vector<PlotTick> ticks;
  // 0 at low, 1 at high.
  double Position(double value) const;
};

// Ticks of low..high, each value written in units of `unit`: at 1, 2 or 5 times a power of ten; at most `most` of them on a linear axis.
std::vector<PlotTick> MakeTicks(double low, double high, bool logarithmic, double unit, int most);

// A number with as few digits as it needs: "0.5", "28.1", "1000".
std::string PlotNumber(double value);

// A whole SVG file: white ground, dark ink, whatever the viewer's theme.
class PlotFile {
 public:
  PlotFile(double width, double height, std::string_view label);
  void Raw(std::string_view svg) { text_ += svg; }
  void Text(double x, double y, std::string_view text, std::string_view css, std::string_view anchor = "start");
  void Line(double x1, double y1, double x2, double y2, std::string_view css);
  // Frame, grid, ticks and titles around the plot area.
  void Axes(double left, double top, double width, double height, const PlotAxis& x, const PlotAxis& y, bool grid);
  std::string Finish();   // once, at the end

 private:
  std::string text_;
};

// Fills 0, 1, 2 ...: a colour of Okabe and Ito's (page_style.h) with a hatch of its own. `Fills` is a <defs> element for `count` of them;
// FillOf names one ("url(#f3)").
std::string Fills(size_t count);
std::string FillOf(size_t index);
inline constexpr size_t kMostFills = 16;

}   // namespace partway::report
