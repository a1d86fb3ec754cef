// What the experiments of the Parecon paper share (its section 4.1; docs/study-parecon.md): the model in nine groups, its options, the
// slots, and what the paper leaves open.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "sim/slot_simulator.h"

namespace partway::apps {

// The paper gives the edge as "an RTX 4090". By cores and clock that is 8 TMAC/s; its equations read as if it did as much in a cycle as
// the device and only had the faster clock.
enum class EdgeReading { kCoresAndClock, kClockOnly };
inline constexpr EdgeReading kEdgeReadings[] = {EdgeReading::kCoresAndClock, EdgeReading::kClockOnly};
double EdgeMacsPerSecond(EdgeReading reading);
const char* EdgeWords(EdgeReading reading);   // "edge 8 TMAC/s"
const char* EdgeName(EdgeReading reading);    // for files: "cores-and-clock"

// The paper sends raw values. kMeasured adds encodings whose bytes and losses are those that EfficientNet-Lite0 had.
enum class PareconEncodings { kRaw, kMeasured };

struct PareconPaper {
  std::shared_ptr<const cost::OptionTable> options;   // 10 cuts x 9 sizes (x encodings); both sides at the device's speed
  std::vector<std::string> assumptions;               // those of the encodings last
};
absl::StatusOr<PareconPaper> MakePareconPaper(PareconEncodings encodings = PareconEncodings::kRaw);

inline constexpr double kPareconV = 20, kPareconLatency = 0.08, kPareconAccuracy = 0.7;
inline constexpr int kPareconSlots = 1500, kPareconSeeds = 10;

// Without policies.
sim::SlotScenario PareconScenario(const PareconPaper& paper, EdgeReading reading, double max_latency_s, double min_accuracy);

// Means over the seeds 1..seeds; of the violations the worst.
struct PareconMeans {
  double fps = 0, k = 0, utility = 0, latency_s = 0, accuracy = 0;
  double latency_violation_s = 0, accuracy_violation = 0;
};
// For each policy of the scenario.
absl::StatusOr<std::vector<PareconMeans>> RunPareconSeeds(const sim::SlotScenario& scenario, int seeds);
// The bound as means over the same seeds; nullopt where one of them is infeasible.
absl::StatusOr<std::optional<PareconMeans>> PareconBound(const sim::SlotScenario& scenario, int seeds, bool mixed);

}   // namespace partway::apps
