// The drawings that stand alone: what they must say and that they are whole.
#include <algorithm>
#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "report/heat_map.h"
#include "report/line_chart.h"

namespace partway::report {
namespace {

using testing::HasSubstr;
using testing::Not;

size_t Count(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

HeatMap Halves() {
  HeatMap map;
  map.title = "who <wins>";
  map.x = {"uplink, Mbps", {1e6, 2e6, 3e6, 4e6}, false, 1e6};
  map.y = {"device, GFLOPS", {1e9, 10e9}, true, 1e9};
  map.cells = {0, 0, 1, 1, 0, 0, 0, -1};
  map.names = {"left & low", "right"};
  return map;
}

TEST(HeatMap, ShowsSharesLettersHatchesAndOutlines) {
  const std::string svg = DrawHeatMap(Halves());
  EXPECT_THAT(svg, testing::StartsWith("<svg xmlns"));
  EXPECT_THAT(svg, testing::EndsWith("</svg>\n"));
  for (const char* words :
       {"62.5 %", "25.0 %", "12.5 %", "left &amp; low", "who &lt;wins&gt;", "uplink, Mbps", "device, GFLOPS",
        "nothing meets the limits", "url(#f0)", "url(#f1)", "<pattern id=\"f1\"", ">A</text>", ">B</text>", "class=\"e\""}) {
    EXPECT_THAT(svg, HasSubstr(words));
  }
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_THAT(svg, Not(HasSubstr("inf")));
  EXPECT_EQ(Count(svg, "<path"), Count(svg, "/>") - Count(svg, "<rect") - Count(svg, "<circle") + Count(svg, "</path>"));
}

TEST(HeatMap, DrawsMoreThingsThanItHasFillsAsOthers) {
  HeatMap map;
  map.x = {"x", {}, false, 1};
  map.y = {"y", {1}, false, 1};
  for (int i = 0; i < 40; ++i) {
    map.x.values.push_back(i);
    map.cells.push_back(i);
    map.names.push_back("thing " + std::to_string(i));
  }
  const std::string svg = DrawHeatMap(map);
  EXPECT_THAT(svg, HasSubstr("25 others"));
  EXPECT_THAT(svg, HasSubstr("62.5 %"));   // 25 of 40
}

TEST(Ticks, AreRoundNumbersInsideTheAxis) {
  const std::vector<PlotTick> linear = MakeTicks(10e6, 1000e6, false, 1e6, 10);
  ASSERT_EQ(linear.size(), 10u);
  EXPECT_EQ(linear.front().text, "100");
  EXPECT_EQ(linear.back().text, "1000");
  EXPECT_DOUBLE_EQ(linear.back().value, 1000e6);
  const std::vector<PlotTick> log = MakeTicks(1e6, 1e8, true, 1e6, 10);
  std::vector<std::string> texts;
  for (const PlotTick& tick : log) texts.push_back(tick.text);
  EXPECT_THAT(texts, testing::ElementsAre("1", "2", "5", "10", "20", "50", "100"));
  EXPECT_EQ(MakeTicks(0, 1, false, 1, 5).front().text, "0");
  EXPECT_EQ(MakeTicks(5, 5, false, 1, 10).size(), 1u);
}

TEST(LineChart, NamesEveryCurveAndLeavesGaps) {
  LineChart chart;
  chart.title = "latency";
  chart.x = {"bandwidth", 10, 1000, true, MakeTicks(10, 1000, true, 1, 10)};
  chart.y = {"s", 0, 1, false, MakeTicks(0, 1, false, 1, 5)};
  chart.series = {{"LC", {10, 100, 1000}, {0.5, 0.5, 0.5}}, {"SP1", {10, 100, 1000}, {1e300, NAN, 0.2}}};
  chart.marks = {{100, 0.5, "here"}};
  const std::string svg = DrawLineChart(chart);
  for (const char* words : {">LC</text>", ">SP1</text>", ">here</text>", "<circle", "stroke-dasharray=\"9 4\""})
    EXPECT_THAT(svg, HasSubstr(words));
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_THAT(svg, Not(HasSubstr("–")));
}

}   // namespace
}   // namespace partway::report
