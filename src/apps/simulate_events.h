// `simulate` by the event simulator: plays a scenario's policies frame by frame, and says what came of it as a table, a JSON document, a record.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "apps/simulate_output.h"
#include "report/summary.h"
#include "sim/event_runs.h"

namespace partway::apps {

struct EventOutcome {
  sim::EventRunResult run;
  std::vector<report::RunSummary> devices;   // over each one's frames
  report::RunSummary all;
};
using EventOutcomes = std::vector<std::vector<EventOutcome>>;   // by policy, then seed

// Every policy of the simulation's scenario on each of its seeds. Progress is in slots times devices. Errors: those of sim::RunAllEvents.
absl::StatusOr<EventOutcomes> PlayEvents(const Simulation& simulation, const sim::SlotRunOptions& options);

nlohmann::ordered_json EventsJson(const Simulation& simulation, const EventOutcomes& outcomes);
std::string EventsText(const Simulation& simulation, const EventOutcomes& outcomes);
// Of the first seed, whose results must have logs: slots of one policy after another, and in it of one device after another.
absl::Status WriteEventsRecord(const Simulation& simulation, const EventOutcomes& outcomes, const std::string& path);

// OK, or Internal: the first thing that must not be (sim::ViolationsOf), with policy, seed and the command that plays it again.
absl::Status CheckOutcomes(const Simulation& simulation, const EventOutcomes& outcomes);

}   // namespace partway::apps
