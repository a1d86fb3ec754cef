#include "apps/parecon_paper.h"

#include <algorithm>
#include <limits>
#include <thread>

#include "absl/strings/str_format.h"
#include "apps/plan_problem.h"
#include "base/parallel_for.h"
#include "base/status.h"
#include "cost/build_options.h"

namespace partway::apps {
namespace {

constexpr int kGroups = 9;
constexpr double kDeviceHertz = 956e6, kMacsPerCycle = 115, kEdgeHertz = 2.52e9, kEdgeMacs = 8e12;
constexpr double kBitsPerPixel = 24;

// C(s): EfficientNet-Lite2 on 1000 photos, stretched so that its peak lies at 384 and equals the published 0.842.
constexpr struct {
  int edge;
  double accuracy;
} kCurve[] = {{128, 0.474}, {160, 0.609}, {192, 0.705}, {204, 0.727}, {224, 0.764},
              {256, 0.801}, {288, 0.822}, {320, 0.833}, {384, 0.842}};

// Shares of the raw bytes and of answers lost, rounded, as EfficientNet-Lite0 had them at 224 pixels (docs/study-resnet50.md, "The smallest encodings").
constexpr struct {
  const char* name;
  bool picture;   // at cut 0, else inside
  double bytes, lost;
} kEncodings[] = {{"jpeg:90", true, 0.108, 0.012}, {"int8-ec", false, 0.19, 0.001}, {"int4-ec", false, 0.09, 0.006}};

int Threads() { return static_cast<int>(std::max(1U, std::thread::hardware_concurrency())); }

}   // namespace

double EdgeMacsPerSecond(EdgeReading reading) {
  return reading == EdgeReading::kCoresAndClock ? kEdgeMacs : kEdgeHertz * kMacsPerCycle;
}
const char* EdgeWords(EdgeReading reading) {
  return reading == EdgeReading::kCoresAndClock ? "edge 8 TMAC/s" : "edge 290 GMAC/s";
}
const char* EdgeName(EdgeReading reading) { return reading == EdgeReading::kCoresAndClock ? "cores-and-clock" : "clock-only"; }

absl::StatusOr<PareconPaper> MakePareconPaper(PareconEncodings encodings) {
  std::vector<engine::ProbeSize> probes;
  cost::OptionInputs inputs;
  for (const auto& point : kCurve) {
    probes.push_back({point.edge, point.edge});
    inputs.sizes.push_back({point.edge, point.edge});
  }
  ASSIGN_OR_RETURN(const ModelProfile model,
                   ProfileFromMacs("efficientnet_v2_s", probes, "paper", MacsPerSecond(kDeviceHertz * kMacsPerCycle)));
  if (model.profile.group_count() != kGroups) {
    return InternalError("efficientnet_v2_s has ", model.profile.group_count(), " groups, expected ", kGroups);
  }
  inputs.device = inputs.edge = &model.profile;
  // The frame itself at cut 0, the maps' own float32 bytes inside: the paper counts no header.
  const auto choice = [&](const char* name, double at_picture, double inside) {
    cost::CodecChoice codec{.name = name, .lossless = true, .bytes = {}};
    for (size_t s = 0; s < inputs.sizes.size(); ++s) {
      const double pixels = static_cast<double>(inputs.sizes[s].height) * inputs.sizes[s].width;
      for (size_t cut = 0; cut < kGroups; ++cut) {
        codec.bytes.push_back(cut == 0 ? pixels * kBitsPerPixel / 8 * at_picture
                                       : static_cast<double>(model.profile.sizes[s].cut_bytes[cut]) * inside);
      }
    }
    return codec;
  };
  inputs.codecs = {choice("raw", 1, 1)};
  if (encodings == PareconEncodings::kMeasured) {
    for (const auto& one : kEncodings) {
      inputs.codecs.push_back(
          choice(one.name, one.picture ? one.bytes : cost::kNotKnown, one.picture ? cost::kNotKnown : one.bytes));
    }
  }
  ASSIGN_OR_RETURN(cost::OptionSet set, cost::BuildOptions(inputs));
  for (size_t row = 0; row < set.table.size(); ++row) {
    const cost::OptionKey& key = set.table.keys[row];
    const double lost = key.codec <= 0 ? 0 : kEncodings[static_cast<size_t>(key.codec) - 1].lost;
    set.table.accuracy[row] = kCurve[static_cast<size_t>(key.size)].accuracy - lost;
  }
  cost::RankRows(&set.table);

  PareconPaper paper;
  paper.options = std::make_shared<const cost::OptionTable>(std::move(set.table));
  paper.assumptions = {
      "torchvision's EfficientNetV2-S in 9 groups (stem, six stages, head, classifier); 9 input sizes of 128 to 384 pixels",
      "work counts in multiply-adds; the device does 115 a cycle (384 cores at 30 %), so 956 MHz is 110 GMAC/s",
      "the edge, an RTX 4090, in two readings: cores and clock, 8 TMAC/s; clock alone, 2.52 GHz at 115 a cycle, 290 GMAC/s",
      "24 bits a pixel at cut 0, float32 maps at the inner cuts; no round trip, no reply",
      "accuracy against size: the curve of EfficientNet-Lite2 on 1000 photos, stretched to its peak of 0.842 at 384 pixels",
      "a ~ U{30..60} frames and d ~ U(6.68, 66.76) Mbit a slot of 1 s, 1500 slots, V = 20; means over the seeds 1 to 10"};
  if (encodings == PareconEncodings::kMeasured) {
    for (const auto& one : kEncodings) {
      paper.assumptions.push_back(
          absl::StrFormat("%s %s: %.1f %% of the raw bytes, %.1f points of accuracy, no time to encode or decode", one.name,
                          one.picture ? "at cut 0" : "inside", 100 * one.bytes, 100 * one.lost));
    }
  }
  return paper;
}

sim::SlotScenario PareconScenario(const PareconPaper& paper, EdgeReading reading, double max_latency_s, double min_accuracy) {
  sim::SlotScenario scenario;
  scenario.name = "parecon";
  scenario.slots = kPareconSlots;
  scenario.frames = {30, 60, {}};
  scenario.link = sim::UniformBits{6.68e6, 66.76e6};
  scenario.options = paper.options;
  scenario.edge_speed = scenario.actual_edge_speed = EdgeMacsPerSecond(reading) / (kDeviceHertz * kMacsPerCycle);
  scenario.max_latency_s = max_latency_s;
  scenario.min_accuracy = min_accuracy;
  return scenario;
}

absl::StatusOr<std::vector<PareconMeans>> RunPareconSeeds(const sim::SlotScenario& scenario, int seeds) {
  RETURN_IF_ERROR(sim::CheckSlotScenario(scenario));
  std::vector<sim::SlotRun> runs;
  for (const sim::PolicySpec& policy : scenario.policies) {
    for (int seed = 1; seed <= seeds; ++seed) runs.push_back({&scenario, &policy, static_cast<uint64_t>(seed)});
  }
  sim::SlotRunOptions options;
  options.threads = Threads();
  ASSIGN_OR_RETURN(const std::vector<sim::SlotResult> results, sim::RunAllSlots(runs, options));
  std::vector<PareconMeans> means(scenario.policies.size());
  for (size_t i = 0; i < results.size(); ++i) {
    PareconMeans& mean = means[i / static_cast<size_t>(seeds)];
    const sim::SlotResult& result = results[i];
    mean.fps += result.fps / seeds;
    mean.k += result.k / seeds;
    mean.utility += result.utility() / seeds;
    mean.latency_s += result.latency_s / seeds;
    mean.accuracy += result.accuracy / seeds;
    mean.latency_violation_s = std::max(mean.latency_violation_s, result.latency_violation_s);
    mean.accuracy_violation = std::max(mean.accuracy_violation, result.accuracy_violation);
  }
  return means;
}

absl::StatusOr<std::optional<PareconMeans>> PareconBound(const sim::SlotScenario& scenario, int seeds, bool mixed) {
  std::vector<absl::StatusOr<policy::Bound>> bounds(static_cast<size_t>(seeds), policy::Bound());
  ParallelFor(bounds.size(), Threads(), [&](size_t i, size_t) {
    const std::vector<policy::Observation> slots = sim::DrawSlots(scenario, i + 1);
    bounds[i] = sim::BoundOf(scenario, slots, mixed);
  });
  PareconMeans mean;
  for (const absl::StatusOr<policy::Bound>& bound : bounds) {
    RETURN_IF_ERROR(bound.status());
    if (!bound->feasible) return std::nullopt;
    mean.k += bound->k / seeds;
    mean.utility += bound->utility / seeds;
    mean.latency_s += bound->latency_s / seeds;
    mean.accuracy += bound->accuracy / seeds;
  }
  mean.fps = std::numeric_limits<double>::quiet_NaN();   // a bound is on k; which k in which slot it leaves open
  return mean;
}

}   // namespace partway::apps
