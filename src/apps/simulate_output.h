// What `simulate` says: a table, a JSON document, a record. Pure but for WriteSimulationRecord.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "apps/scenario_file.h"
#include "nlohmann/json.hpp"
#include "policy/bound.h"
#include "sim/slot_simulator.h"

namespace partway::apps {

struct SeedBounds {
  std::optional<policy::Bound> single, mixed;   // nullopt: not computed
};

struct Simulation {
  Scenario scenario;
  std::string command;
  std::vector<uint64_t> seeds;
  std::vector<SeedBounds> bounds;                      // by seed
  std::vector<std::vector<sim::SlotResult>> results;   // by policy, then seed; of the slot simulator
  bool by_events = false;                              // the event simulator ran, and simulate_events.h has the results
  bool stopped = false;
};

// The largest scenario whose bound is computed unasked.
inline constexpr int64_t kMostBoundSlots = 200'000;

// One line for each constraint that nothing can meet on the slots of the first seed on which that is so, with the best value that can be reached; empty if
// all can be met or it is not known.
std::string InfeasibleWords(const Simulation& simulation);

nlohmann::ordered_json SimulationJson(const Simulation& simulation);
std::string SimulationText(const Simulation& simulation);
// As JSON lines, of the first seed, whose results must have logs: slots of one policy after another.
absl::Status WriteSimulationRecord(const Simulation& simulation, const std::string& path);

}   // namespace partway::apps
