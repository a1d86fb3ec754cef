// partway simulate: policies over the slots of a scenario.
#include <algorithm>
#include <iostream>
#include <mutex>
#include <thread>

#include "apps/options.h"
#include "apps/progress.h"
#include "apps/simulate_events.h"
#include "apps/simulate_output.h"
#include "apps/stop_signal.h"
#include "apps/verb.h"
#include "base/parallel_for.h"
#include "base/status.h"
#include "policy/registry.h"

namespace partway::apps {
namespace {

constexpr int kMostSeeds = 10'000;
constexpr int64_t kMostRecorded = 2'000'000;   // slots times policies times devices

struct SimulateFlags {
  std::string scenario, policies, record, simulator;
  std::optional<int64_t> slots, seed, devices;
  int64_t seeds = 1;
  int64_t threads = 0;
};

// The policies named, with the scenario's parameters where it has them.
absl::Status ChoosePolicies(const std::string& text, std::vector<sim::PolicySpec>* policies) {
  std::vector<sim::PolicySpec> chosen;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    const std::string name = text.substr(begin, end - begin);
    begin = end + 1;
    const absl::Status known = policy::PolicyNamed(name).status();
    if (!known.ok()) return UsageError(Concat("--policy: ", std::string(known.message())));
    const size_t before = chosen.size();
    for (const sim::PolicySpec& spec : *policies) {
      if (spec.name == name) chosen.push_back(spec);
    }
    if (chosen.size() == before) chosen.push_back({name, {}});
  }
  *policies = std::move(chosen);
  return absl::OkStatus();
}

absl::Status ComputeBounds(int threads, Simulation* simulation) {
  const sim::SlotScenario& slots = simulation->scenario.slots;
  simulation->bounds.resize(simulation->seeds.size());
  if (slots.slots > kMostBoundSlots) return absl::OkStatus();
  const bool mixed = std::any_of(slots.policies.begin(), slots.policies.end(),
                                 [](const auto& spec) { return policy::FindPolicy(spec.name)->mixes; });
  std::vector<absl::Status> errors(simulation->seeds.size());
  ParallelFor(simulation->seeds.size(), threads, [&](size_t i, size_t) {
    if (StopSignal()) return;
    const std::vector<policy::Observation> seen = sim::DrawSlots(slots, simulation->seeds[i]);
    if (seen.empty()) return;   // no slot has frames: there is nothing to bound
    for (const bool several : {false, true}) {
      if (several && !mixed) continue;
      absl::StatusOr<policy::Bound> bound = sim::BoundOf(slots, seen, several);
      if (!bound.ok()) {
        errors[i] = bound.status();
        return;
      }
      (several ? simulation->bounds[i].mixed : simulation->bounds[i].single) = *bound;
    }
  });
  for (const absl::Status& error : errors) RETURN_IF_ERROR(error);
  return absl::OkStatus();
}

// What goes to stdout, and what is wrong with a run that was shown all the same.
struct Shown {
  std::string text;
  absl::Status good;
};

std::string Line(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

absl::StatusOr<Shown> RunSlots(const SimulateFlags& flags, const Globals& globals, const sim::SlotRunOptions& options,
                               Simulation* simulation) {
  const sim::SlotScenario& slots = simulation->scenario.slots;
  std::vector<sim::SlotRun> runs;
  for (const sim::PolicySpec& spec : slots.policies) {
    for (const uint64_t seed : simulation->seeds) runs.push_back({&slots, &spec, seed});
  }
  ASSIGN_OR_RETURN(std::vector<sim::SlotResult> results, sim::RunAllSlots(runs, options));
  for (size_t p = 0, i = 0; p < slots.policies.size(); ++p) {
    simulation->results.emplace_back();
    for (size_t s = 0; s < simulation->seeds.size(); ++s) {
      simulation->stopped = simulation->stopped || results[i].stopped;
      simulation->results.back().push_back(std::move(results[i++]));
    }
  }
  if (!flags.record.empty()) RETURN_IF_ERROR(WriteSimulationRecord(*simulation, flags.record));
  return Shown{globals.json ? Line(SimulationJson(*simulation)) : SimulationText(*simulation), absl::OkStatus()};
}

absl::StatusOr<Shown> RunEvents(const SimulateFlags& flags, const Globals& globals, const sim::SlotRunOptions& options,
                                Simulation* simulation) {
  ASSIGN_OR_RETURN(const EventOutcomes outcomes, PlayEvents(*simulation, options));
  for (const std::vector<EventOutcome>& seeds : outcomes) {
    for (const EventOutcome& outcome : seeds) simulation->stopped = simulation->stopped || outcome.run.result.stopped;
  }
  if (!flags.record.empty()) RETURN_IF_ERROR(WriteEventsRecord(*simulation, outcomes, flags.record));
  return Shown{globals.json ? Line(EventsJson(*simulation, outcomes)) : EventsText(*simulation, outcomes),
               CheckOutcomes(*simulation, outcomes)};
}

absl::StatusOr<int> Simulate(const SimulateFlags& flags, const Globals& globals) {
  const std::atomic<bool>& stop = StopSignal();
  Simulation simulation;
  simulation.command = globals.command_line;
  ASSIGN_OR_RETURN(simulation.scenario, ReadScenario(flags.scenario));
  sim::SlotScenario& slots = simulation.scenario.slots;
  if (!flags.policies.empty()) RETURN_IF_ERROR(ChoosePolicies(flags.policies, &slots.policies));
  if (flags.slots) slots.slots = *flags.slots;
  if (flags.seed) slots.seed = static_cast<uint64_t>(*flags.seed);
  if (slots.slots > sim::SlotScenario::kMostSlots) {
    return UsageError(Concat("--slots: ", slots.slots, "; at most ", sim::SlotScenario::kMostSlots));
  }
  if (flags.seeds > kMostSeeds) return UsageError(Concat("--seeds: ", flags.seeds, "; at most ", kMostSeeds));
  if (!flags.simulator.empty()) simulation.scenario.by_events = flags.simulator == "events";
  simulation.by_events = simulation.scenario.by_events;
  if (flags.devices && !simulation.by_events) {
    return UsageError("--devices: the slot model has one device; add --events for several");
  }
  sim::EventSetting& events = simulation.scenario.events;
  if (flags.devices) events.devices = static_cast<int>(std::min<int64_t>(*flags.devices, sim::EventSetting::kMostDevices + 1));
  if (simulation.by_events) RETURN_IF_ERROR(Annotate(sim::CheckEventSetting(events, slots), flags.scenario));
  const int64_t devices = simulation.by_events ? events.devices : 1;
  if (!flags.record.empty() && slots.slots * static_cast<int64_t>(slots.policies.size()) * devices > kMostRecorded) {
    return UsageError(Concat("--record: more than ", kMostRecorded, " slots of all policies", devices > 1 ? " and devices" : "",
                             "; name fewer slots or policies"));
  }
  for (int64_t i = 0; i < flags.seeds; ++i) simulation.seeds.push_back(slots.seed + static_cast<uint64_t>(i));
  const int threads =
      flags.threads > 0 ? static_cast<int>(flags.threads) : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));

  RETURN_IF_ERROR(ComputeBounds(threads, &simulation));
  if (const std::string words = InfeasibleWords(simulation); !words.empty()) std::cerr << "partway: " << words << "\n";

  const SteadyClock clock;
  sim::SlotRunOptions options;
  options.clock = &clock;
  options.stop = &stop;
  options.threads = threads;
  options.log = !flags.record.empty();
  Shown shown;
  {
    std::mutex mutex;
    int64_t done = 0;
    const auto runs = static_cast<int64_t>(slots.policies.size() * simulation.seeds.size());
    Progress progress(clock, globals.quiet, "slots", slots.slots * devices * runs);
    options.progress = [&](int64_t more) {
      const std::lock_guard lock(mutex);
      progress.Update(done += more);
    };
    ASSIGN_OR_RETURN(shown, simulation.by_events ? RunEvents(flags, globals, options, &simulation)
                                                 : RunSlots(flags, globals, options, &simulation));
  }
  std::cout << shown.text;
  if (!flags.record.empty() && !globals.json) std::cout << "record: " << flags.record << "\n";
  RETURN_IF_ERROR(shown.good);
  if (simulation.stopped)
    return absl::CancelledError("stopped by a signal before the last slot; what was done until then is shown");
  return kExitDone;
}

}   // namespace

VerbBody MakeSimulate(CLI::App& command) {
  auto flags = std::make_shared<SimulateFlags>();
  command.add_option("SCENARIO", flags->scenario, "a scenario file, TOML")->required();
  command.add_option("--policy", flags->policies, "names with commas, instead of the scenario's; its parameters stay");
  command.add_option("--slots", flags->slots, "instead of the scenario's")->check(WholeNumberFrom(1));
  command.add_option("--seed", flags->seed, "instead of the scenario's")->check(WholeNumberFrom(0));
  command.add_option("--seeds", flags->seeds, "that many seeds, one after the other from the first on")
      ->check(WholeNumberFrom(1))
      ->capture_default_str();
  command
      .add_option(
          "--simulator", flags->simulator,
          "slots (the papers' model, one device) or events (single frames, devices that share an edge); default: the scenario's")
      ->check(CLI::IsMember({"slots", "events"}));
  command.add_flag("--events{events}", flags->simulator, "the same as --simulator events");
  command.add_option("--devices", flags->devices, "with events: that many, instead of the scenario's")->check(WholeNumberFrom(1));
  command.add_option("--threads", flags->threads, "runs side by side; default: as many as there are cores")
      ->check(WholeNumberFrom(1));
  command.add_option("--record", flags->record, "write every slot of the first seed as JSON lines, for `report`");
  return [flags](const Globals& globals) { return Simulate(*flags, globals); };
}

}   // namespace partway::apps
