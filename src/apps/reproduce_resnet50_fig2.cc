// Fig. 2 of the ResNet-50 paper: at 5 GFLOPS, the latency of each split against the bandwidth.
#include <cmath>

#include "apps/reproduce.h"
#include "apps/resnet50_paper.h"
#include "base/status.h"
#include "base/version.h"
#include "cost/flips.h"
#include "report/line_chart.h"

namespace partway::apps {
namespace {

std::string Mbps(double bps) {
  char text[40];
  std::snprintf(text, sizeof text, "%.2f Mbps", bps / kPaperMbps);
  return text;
}

// Where `row` becomes faster than `other` for good as the bandwidth grows, from their latencies alone; kPaperWidest if never.
absl::StatusOr<double> Overtakes(const std::vector<cost::Region>& regions, int from, int to) {
  for (size_t i = 0; i + 1 < regions.size(); ++i) {
    if (regions[i].row == from && regions[i + 1].row == to) return regions[i].to;
  }
  return NotFound("they never follow each other");
}

}   // namespace

absl::StatusOr<Reproduction> ReproduceResnet50Fig2(const ReproduceContext& context) {
  ASSIGN_OR_RETURN(Resnet50Paper paper, MakeResnet50Paper());
  constexpr int kSp1 = 0, kSp2 = 1, kLc = 4;
  constexpr double kDevice = 5e9;
  PlanProblem& problem = paper.problem;
  problem.state.device_speed = kDevice / kPaperEdge;
  ASSIGN_OR_RETURN(const std::vector<cost::Region> regions,
                   cost::RegionsAlong(cost::Axis::kUplink, kPaperNarrowest, kPaperWidest, problem.table, problem.state,
                                      problem.objective, problem.limits, nullptr));
  Reproduction made;
  made.assumptions = paper.assumptions;
  made.assumptions.push_back("device 5 GFLOPS; crossings are solved for, not read off a grid");

  // The curves, in steps of 1 Mbps.
  report::LineChart chart;
  chart.title = "ResNet-50 at 5 GFLOPS: latency of each split against the bandwidth";
  chart.subtitle = "as Fig. 2 of Jeong, Park, Youn; edge 100 GFLOPS; 1 Mbps = 2^20 bit/s";
  std::string csv =
      Concat("# ", context.command_line, "\n# partway ", kVersion, " (", kCommit, ")\nbandwidth_mbps,bandwidth_bps");
  for (const std::string& name : paper.names) {
    Append(&csv, ",", name, "_s");
    chart.series.push_back({name, {}, {}});
  }
  csv += ",best\n";
  bool falling = true, flat = true;
  const size_t n = paper.names.size();
  std::vector<double> before(n, INFINITY);
  double lc_first = -1;
  for (int mbps = 10; mbps <= 1000; ++mbps) {
    const double bps = mbps * kPaperMbps;
    char number[40];
    std::snprintf(number, sizeof number, "%d,%.0f", mbps, bps);
    csv += number;
    size_t best = 0;
    std::vector<double> latency(n);
    for (size_t row = 0; row < n; ++row) {
      latency[row] = PaperLatency(paper, row, kDevice, bps);
      std::snprintf(number, sizeof number, ",%.9g", latency[row]);
      csv += number;
      if (latency[row] < latency[best]) best = row;
      chart.series[row].x.push_back(mbps);
      chart.series[row].y.push_back(latency[row]);
      if (row != kLc) falling = falling && latency[row] < before[row];
    }
    if (lc_first < 0) lc_first = latency[kLc];
    flat = flat && latency[kLc] == lc_first;
    before = latency;
    Append(&csv, ",", paper.names[best], "\n");
  }
  chart.x = {"bandwidth, Mbps", 10, 1000, true, report::MakeTicks(10, 1000, true, 1, 10)};
  chart.y = {"total latency, s", 0, 1.6, false, report::MakeTicks(0, 1.6, false, 1, 8)};

  const absl::StatusOr<double> sp2 = Overtakes(regions, kLc, kSp2), sp1 = Overtakes(regions, kSp2, kSp1);
  const auto crossing = [&](const absl::StatusOr<double>& at, int row) {
    if (at.ok())
      chart.marks.push_back({*at / kPaperMbps, PaperLatency(paper, static_cast<size_t>(row), kDevice, *at), Mbps(*at)});
    return at.ok() ? Mbps(*at) : std::string("never");
  };
  // "Just above 28": the crossing lies between 28 and 29.
  const auto just_above = [](const absl::StatusOr<double>& at, double mbps) {
    return at.ok() && *at >= mbps * kPaperMbps && *at < (mbps + 1) * kPaperMbps;
  };
  char milliseconds[64];
  std::snprintf(milliseconds, sizeof milliseconds, "%.1f ms at every bandwidth", lc_first * 1e3);
  made.claims = {{"LC does not depend on the bandwidth", "constant", milliseconds, flat},
                 {"every split gets faster as the bandwidth grows", "latency falls",
                  falling ? "SP1 to SP4 fall at each step of 1 Mbps" : "not all fall", falling},
                 {"SP2 overtakes LC", "just above 28 Mbps", crossing(sp2, kSp2), just_above(sp2, 28)},
                 {"SP1 overtakes SP2 and is best from there on", "just above 62 Mbps",
                  crossing(sp1, kSp1) + (regions.back().row == kSp1 ? ", and best up to 1000 Mbps" : ""),
                  just_above(sp1, 62) && regions.back().row == kSp1}};
  std::string order;
  for (const cost::Region& region : regions)
    Append(&order, order.empty() ? "" : ", ", paper.names[static_cast<size_t>(region.row)]);
  made.claims.push_back({"the best goes from LC to SP2 to SP1", "LC, SP2, SP1", order, order == "LC, SP2, SP1"});
  made.files = {{"resnet50-fig2.csv", csv}, {"resnet50-fig2.svg", report::DrawLineChart(chart)}};
  return made;
}

}   // namespace partway::apps
