// What the experiments of the ResNet-50 paper share (J. Jeong, J. Park, J. Youn, "A Study on Dynamic Splitting Strategies for ResNet to
// Minimize Latency in Edge-Device Collaborative Environments"): its model, its candidates and its units.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "apps/plan_problem.h"

namespace partway::apps {

struct Resnet50Paper {
  // The paper's five candidates and no others: rows 0..3 are SP1..SP4, row 4 is LC. Device and edge speed 1 is 100 GFLOPS.
  PlanProblem problem;
  std::vector<std::string> names;   // "SP1" .. "SP4", "LC"
  std::vector<std::string> assumptions;
};

inline constexpr double kPaperMbps = 1024.0 * 1024.0;                 // bit/s
inline constexpr double kPaperEdge = 100e9;                           // FLOPS of the edge
inline constexpr double kPaperSlowest = 5e9, kPaperFastest = 100e9;   // of the device
inline constexpr double kPaperNarrowest = 10 * kPaperMbps, kPaperWidest = 1000 * kPaperMbps;

absl::StatusOr<Resnet50Paper> MakeResnet50Paper();

// T(c) = head / device + upload / bandwidth + tail / edge of row `c`.
double PaperLatency(const Resnet50Paper& paper, size_t row, double device_flops, double bandwidth_bps);

}   // namespace partway::apps
