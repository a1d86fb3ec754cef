// Fig. 3 of the ResNet-50 paper: the best split over bandwidth and device speed.
#include <algorithm>
#include <set>

#include "apps/reproduce.h"
#include "apps/resnet50_paper.h"
#include "base/status.h"
#include "base/version.h"
#include "cost/sweep.h"
#include "report/heat_map.h"

namespace partway::apps {
namespace {

constexpr int kSp1 = 0, kSp2 = 1, kSp3 = 2, kSp4 = 3, kLc = 4;

std::string Percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%", 100 * share);
  return text;
}

// Who wins somewhere along whole lines through the plane: exact on each line, so that nothing hides between grid points.
absl::StatusOr<std::set<int>> WinnersAlong(const PlanProblem& problem, const cost::SweepAxis& lines, cost::Axis along,
                                           double from, double to) {
  std::set<int> winners;
  for (const double value : lines.values) {
    ASSIGN_OR_RETURN(const std::vector<cost::Region> regions,
                     cost::RegionsAlong(along, from, to, problem.table, cost::With(problem.state, lines.axis, value),
                                        problem.objective, problem.limits, nullptr));
    for (const cost::Region& region : regions) winners.insert(region.row);
  }
  return winners;
}

}   // namespace

absl::StatusOr<Reproduction> ReproduceResnet50Fig3(const ReproduceContext& context) {
  ASSIGN_OR_RETURN(const Resnet50Paper paper, MakeResnet50Paper());
  const PlanProblem& problem = paper.problem;
  cost::SweepAxis bandwidth{cost::Axis::kUplink, {}}, device{cost::Axis::kDeviceSpeed, {}};
  for (int mbps = 10; mbps <= 1000; mbps += 10) bandwidth.values.push_back(mbps * kPaperMbps);
  for (int gflops = 5; gflops <= 100; ++gflops) device.values.push_back(gflops * 1e9 / kPaperEdge);
  ASSIGN_OR_RETURN(const cost::Grid grid,
                   cost::Sweep(problem.table, bandwidth, device, problem.state, problem.objective, problem.limits, nullptr));
  ASSIGN_OR_RETURN(std::set<int> winners, WinnersAlong(problem, device, cost::Axis::kUplink, kPaperNarrowest, kPaperWidest));
  ASSIGN_OR_RETURN(const std::set<int> across, WinnersAlong(problem, bandwidth, cost::Axis::kDeviceSpeed,
                                                            kPaperSlowest / kPaperEdge, kPaperFastest / kPaperEdge));
  winners.insert(across.begin(), across.end());

  Reproduction made;
  made.assumptions = paper.assumptions;
  made.assumptions.push_back(
      "grid of 10 Mbps by 1 GFLOPS (the paper does not say its own); winners also exactly along every grid line");
  const size_t nx = bandwidth.values.size(), ny = device.values.size();
  const auto share = [&](int row) {
    const auto found = grid.winners.find(row);
    return found == grid.winners.end() ? 0.0 : static_cast<double>(found->second) / static_cast<double>(nx * ny);
  };

  std::string csv = Concat("# ", context.command_line, "\n# partway ", kVersion, " (", kCommit,
                           ")\nbandwidth_mbps,device_gflops,best,latency_s\n");
  // What the paper says of how the best changes with the bandwidth: LC first, then SP2, then SP1, never back.
  bool in_order = true, local_first = true;
  const auto place = [](int row) { return row == kLc ? 0 : row == kSp2 ? 1 : row == kSp1 ? 2 : 3; };
  for (size_t j = 0; j < ny; ++j) {
    int reached = 0;
    for (size_t i = 0; i < nx; ++i) {
      const int best = grid.best[j * nx + i];
      in_order = in_order && place(best) >= reached && place(best) < 3;
      reached = std::max(reached, place(best));
      const double flops = device.values[j] * kPaperEdge;
      char line[96];
      std::snprintf(line, sizeof line, "%.0f,%.0f,%s,%.9g\n", bandwidth.values[i] / kPaperMbps, flops / 1e9,
                    paper.names[static_cast<size_t>(best)].c_str(),
                    PaperLatency(paper, static_cast<size_t>(best), flops, bandwidth.values[i]));
      csv += line;
    }
    local_first = local_first && grid.best[j * nx] == kLc;
  }
  // Why SP3 and SP4 never win: wherever one of them beats both earlier splits, LC beats it.
  bool offset = true;
  for (size_t j = 0; j < ny; ++j) {
    for (size_t i = 0; i < nx; ++i) {
      const auto latency = [&](int row) {
        return PaperLatency(paper, static_cast<size_t>(row), device.values[j] * kPaperEdge, bandwidth.values[i]);
      };
      for (const int late : {kSp3, kSp4}) {
        const bool beats_early = latency(late) < std::min(latency(kSp1), latency(kSp2));
        offset = offset && (!beats_early || latency(kLc) < latency(late));
      }
    }
  }
  const auto names = [&](const std::set<int>& rows) {
    std::string text;
    for (const int row : {kLc, kSp2, kSp1, kSp3, kSp4}) {
      if (rows.count(row) > 0) Append(&text, text.empty() ? "" : ", ", paper.names[static_cast<size_t>(row)]);
    }
    return text;
  };
  const std::string shares = Concat("LC ", Percent(share(kLc)), ", SP2 ", Percent(share(kSp2)), ", SP1 ", Percent(share(kSp1)));
  made.claims = {
      {"only LC, SP2 and SP1 are ever the best", "LC, SP2, SP1", names(winners), winners == std::set<int>{kSp1, kSp2, kLc}},
      {"SP3 and SP4 are never the best", "nowhere",
       Concat("SP3 ", Percent(share(kSp3)), ", SP4 ", Percent(share(kSp4)), " of the grid"),
       winners.count(kSp3) + winners.count(kSp4) == 0},
      {"at low bandwidth everything stays on the device", "LC",
       local_first ? "LC at 10 Mbps for every device" : "not for every device", local_first},
      {"as the bandwidth grows the best goes from LC to SP2 and SP1", "LC, then SP2 and SP1",
       in_order ? "in this order for every device" : "not in this order", in_order},
      {"what SP3 and SP4 save is always offset by another", "where the link is slow by LC, where it is fast by SP1 and SP2",
       offset ? "wherever SP3 or SP4 beats SP1 and SP2, LC beats it" : "not everywhere", offset},
      {"LC, SP2 and SP1 share the plane among them", "a heat map of three areas", shares,
       share(kLc) > 0 && share(kSp2) > 0 && share(kSp1) > 0 && std::abs(share(kLc) + share(kSp2) + share(kSp1) - 1) < 1e-12}};

  report::HeatMap map;
  map.title = "ResNet-50: the best split against bandwidth and device speed";
  map.subtitle = "as Fig. 3 of Jeong, Park, Youn; edge 100 GFLOPS; 1 Mbps = 2^20 bit/s";
  map.x = {"bandwidth, Mbps", {}, false, 1};
  map.y = {"device, GFLOPS", {}, false, 1};
  for (const double value : bandwidth.values) map.x.values.push_back(value / kPaperMbps);
  for (const double value : device.values) map.y.values.push_back(value * kPaperEdge / 1e9);
  const int order[] = {kSp1, kSp2, kLc, kSp3, kSp4};
  for (const int row : order) map.names.push_back(paper.names[static_cast<size_t>(row)]);
  for (const int best : grid.best) map.cells.push_back(static_cast<int>(std::find(order, order + 5, best) - order));
  made.files = {{"resnet50-fig3.csv", csv}, {"resnet50-fig3.svg", report::DrawHeatMap(map)}};
  return made;
}

}   // namespace partway::apps
