#include "apps/simulate_events.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "apps/simulate_parts.h"
#include "base/quantity.h"
#include "base/status.h"
#include "report/record_writer.h"

namespace partway::apps {
namespace {

using Json = nlohmann::ordered_json;

// Means over devices and seeds; least and most of all devices of all seeds; of the violations the worst device's.
struct Row {
  double fps = 0, k = 0, latency_s = 0, accuracy = 0, frames_per_s = 0, edge_busy = 0;
  double fps_min = INFINITY, fps_max = 0, latency_min_s = INFINITY, latency_max_s = 0;
  double fps_squares = 0;
  double latency_violation_s = 0, accuracy_violation = 0;
  report::RunSummary frames;   // counts are sums over seeds, latencies means over those that have any
  int edge_queued_max = 0;
};

void AddLatency(const report::RunSummary& summary, double weight, report::RunSummary* sums) {
  if (!summary.latency_s) return;
  if (!sums->latency_s) sums->latency_s.emplace();
  sums->latency_s->mean += summary.latency_s->mean * weight;
  sums->latency_s->p50 += summary.latency_s->p50 * weight;
  sums->latency_s->p95 += summary.latency_s->p95 * weight;
  sums->latency_s->p99 += summary.latency_s->p99 * weight;
}

Row RowOf(const Simulation& simulation, const std::vector<EventOutcome>& seeds) {
  const sim::SlotScenario& slots = simulation.scenario.slots;
  const sim::EventSetting& setting = simulation.scenario.events;
  Row row;
  const auto answering = std::count_if(seeds.begin(), seeds.end(), [](const EventOutcome& o) { return o.all.latency_s; });
  for (const EventOutcome& outcome : seeds) {
    const double n = static_cast<double>(seeds.size() * outcome.run.devices.size());
    for (const sim::SlotMeans& device : outcome.run.devices) {
      row.fps += device.fps / n;
      row.fps_squares += device.fps * device.fps / n;
      row.k += device.k / n;
      row.latency_s += device.latency_s / n;
      row.accuracy += device.accuracy / n;
      row.fps_min = std::min(row.fps_min, device.fps);
      row.fps_max = std::max(row.fps_max, device.fps);
      row.latency_min_s = std::min(row.latency_min_s, device.latency_s);
      row.latency_max_s = std::max(row.latency_max_s, device.latency_s);
      if (device.fps == 0) continue;
      row.latency_violation_s = std::max(row.latency_violation_s, device.latency_s - slots.max_latency_s);
      if (device.accuracy < slots.min_accuracy) {
        row.accuracy_violation = std::max(row.accuracy_violation, slots.min_accuracy - device.accuracy);
      }
    }
    const double seconds = slots.slot_s * static_cast<double>(slots.slots) * setting.edge_workers;
    row.edge_busy += outcome.run.result.edge_busy_s / seconds / static_cast<double>(seeds.size());
    row.frames_per_s += outcome.run.frames_per_s / static_cast<double>(seeds.size());
    row.edge_queued_max = std::max(row.edge_queued_max, outcome.run.result.edge_queued_max);
    row.frames.offered += outcome.all.offered;
    row.frames.edge += outcome.all.edge;
    row.frames.local += outcome.all.local;
    row.frames.dropped += outcome.all.dropped;
    row.frames.deadline_misses += outcome.all.deadline_misses;
    AddLatency(outcome.all, 1 / static_cast<double>(std::max<int64_t>(answering, 1)), &row.frames);
  }
  return row;
}

Json FramesJson(const report::RunSummary& frames) {
  return {{"offered", frames.offered}, {"edge", frames.edge}, {"local", frames.local}, {"dropped", frames.dropped}};
}

Json LatencyJson(const report::RunSummary& frames) {
  if (!frames.latency_s) return nullptr;
  const report::LatencySummary& l = *frames.latency_s;
  return {{"mean", l.mean}, {"p50", l.p50}, {"p95", l.p95}, {"p99", l.p99}};
}

// Of the first seed.
Json DevicesJson(const EventOutcome& outcome) {
  Json devices = Json::array();
  for (size_t i = 0; i < outcome.run.devices.size(); ++i) {
    const sim::SlotMeans& means = outcome.run.devices[i];
    devices.push_back({{"device", i + 1},
                       {"fps", means.fps},
                       {"k", means.k},
                       {"latency_s", means.latency_s},
                       {"accuracy", Finite(means.accuracy)},
                       {"frames", FramesJson(outcome.devices[i])},
                       {"left_out", outcome.run.result.devices[i].left_out},
                       {"frame_latency_s", LatencyJson(outcome.devices[i])}});
  }
  return devices;
}

Json FaultsJson(const std::vector<EventOutcome>& seeds) {
  sim::FaultCounts sums{};
  for (const EventOutcome& outcome : seeds) {
    const auto add = [&](const sim::FaultCounts& counts) {
      for (size_t i = 0; i < sums.size(); ++i) sums[i] += counts[i];
    };
    add(outcome.run.result.edge_faults);
    for (const sim::EventDeviceResult& device : outcome.run.result.devices) add(device.faults);
  }
  Json json = Json::object();
  for (size_t i = 0; i < sums.size(); ++i) {
    std::string name(sim::FaultName(static_cast<sim::Fault>(i)));
    std::replace(name.begin(), name.end(), ' ', '_');
    json[name] = sums[i];
  }
  return json;
}

std::string ShareText(int64_t part, int64_t whole) {
  return whole > 0 ? absl::StrFormat("%.1f %%", 100.0 * static_cast<double>(part) / static_cast<double>(whole)) : "-";
}

// As a shell takes it.
std::string Quoted(const std::string& path) {
  const bool plain = std::all_of(path.begin(), path.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '/' || c == '.' || c == '-' || c == '_';
  });
  if (plain && !path.empty()) return path;
  std::string quoted = "'";
  for (const char c : path) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

}   // namespace

absl::StatusOr<EventOutcomes> PlayEvents(const Simulation& simulation, const sim::SlotRunOptions& options) {
  const sim::SlotScenario& slots = simulation.scenario.slots;
  const sim::EventSetting& setting = simulation.scenario.events;
  struct Builders {
    std::vector<report::SummaryBuilder> devices;
    report::SummaryBuilder all;
  };
  std::vector<Builders> builders(slots.policies.size() * simulation.seeds.size());
  std::vector<sim::EventRun> runs;
  for (const sim::PolicySpec& spec : slots.policies) {
    for (const uint64_t seed : simulation.seeds) {
      Builders* into = &builders[runs.size()];
      into->devices.resize(static_cast<size_t>(setting.devices));
      runs.push_back({&slots, &setting, &spec, seed, [into](int device, const device::FrameRecord& frame) {
                        into->devices[static_cast<size_t>(device)].Add(frame);
                        into->all.Add(frame);
                      }});
    }
  }
  ASSIGN_OR_RETURN(std::vector<sim::EventRunResult> results, sim::RunAllEvents(runs, options));
  EventOutcomes outcomes;
  for (size_t p = 0, i = 0; p < slots.policies.size(); ++p) {
    outcomes.emplace_back();
    for (size_t s = 0; s < simulation.seeds.size(); ++s, ++i) {
      EventOutcome& outcome = outcomes.back().emplace_back();
      outcome.run = std::move(results[i]);
      for (const report::SummaryBuilder& device : builders[i].devices) outcome.devices.push_back(device.Summary());
      outcome.all = builders[i].all.Summary();
    }
  }
  return outcomes;
}

nlohmann::ordered_json EventsJson(const Simulation& simulation, const EventOutcomes& outcomes) {
  const sim::EventSetting& setting = simulation.scenario.events;
  Json policies = Json::array();
  for (size_t p = 0; p < outcomes.size(); ++p) {
    const Row row = RowOf(simulation, outcomes[p]);
    Json json = PolicyJson(simulation, p);
    const double jain = row.fps_squares > 0 ? row.fps * row.fps / row.fps_squares : 1;
    json.update(Json{{"fps", row.fps},
                     {"k", row.k},
                     {"utility", Finite(std::log(row.k))},
                     {"latency_s", row.latency_s},
                     {"accuracy", Finite(row.accuracy)},
                     {"violation", {{"latency_s", row.latency_violation_s}, {"accuracy", row.accuracy_violation}}},
                     {"bound", BoundJson(simulation, p)},
                     {"slots_per_s", nullptr},
                     {"frames_per_s", row.frames_per_s},
                     {"frames", FramesJson(row.frames)},
                     {"deadline_misses", row.frames.deadline_misses},
                     {"frame_latency_s", LatencyJson(row.frames)},
                     {"fairness",
                      {{"fps_min", row.fps_min},
                       {"fps_max", row.fps_max},
                       {"latency_min_s", row.latency_min_s},
                       {"latency_max_s", row.latency_max_s},
                       {"jain", jain}}},
                     {"edge", {{"busy", row.edge_busy}, {"queued_max", row.edge_queued_max}}},
                     {"devices", DevicesJson(outcomes[p].front())}});
    if (setting.faults) json["faults"] = FaultsJson(outcomes[p]);
    policies.push_back(std::move(json));
  }
  Json document = DocumentJson(simulation, std::move(policies));
  document["devices"] = setting.devices;
  document["edge_workers"] = setting.edge_workers;
  return document;
}

std::string EventsText(const Simulation& simulation, const EventOutcomes& outcomes) {
  const sim::SlotScenario& slots = simulation.scenario.slots;
  const sim::EventSetting& setting = simulation.scenario.events;
  std::string text =
      HeadText(simulation, Concat(setting.devices, setting.devices == 1 ? " device" : " devices", " on an edge of ",
                                  setting.edge_workers, setting.edge_workers == 1 ? " worker" : " workers",
                                  setting.faults ? ", with faults" : "", ", ", slots.options->size(), " options"));
  const int w = NameWidth(slots.policies);
  text += absl::StrFormat("%-*s  %8s  %15s  %7s  %9s  %9s  %8s  %-22s  %8s  %8s  %8s  %6s  %8s\n", w, "policy", "fps",
                          "least .. most", "k", "latency", "p95", "accuracy", "beyond the constraints", "by edge", "local",
                          "dropped", "edge", "frames/s");
  for (size_t p = 0; p < outcomes.size(); ++p) {
    const Row row = RowOf(simulation, outcomes[p]);
    const report::RunSummary& frames = row.frames;
    text += absl::StrFormat("%-*s  %8.2f  %15s  %7.4f  %9s  %9s  %8s  %-22s  %8s  %8s  %8s  %5.0f%%  %8s\n", w,
                            NameOf(slots.policies[p]), row.fps, absl::StrFormat("%.2f .. %.2f", row.fps_min, row.fps_max), row.k,
                            FormatSeconds(row.latency_s), frames.latency_s ? FormatSeconds(frames.latency_s->p95) : "-",
                            AccuracyText(row.accuracy), BeyondText(row.latency_violation_s, row.accuracy_violation),
                            ShareText(frames.edge, frames.offered), ShareText(frames.local, frames.offered),
                            ShareText(frames.dropped, frames.offered), 100 * row.edge_busy, FormatCount(row.frames_per_s));
  }
  text +=
      "fps, k, latency and accuracy: means over slots and devices; least and most: of the devices; beyond: the worst device; "
      "edge: busy\n";
  return text + NotesText(simulation);
}

absl::Status WriteEventsRecord(const Simulation& simulation, const EventOutcomes& outcomes, const std::string& path) {
  const sim::SlotScenario& slots = simulation.scenario.slots;
  ASSIGN_OR_RETURN(const std::unique_ptr<report::RecordWriter> writer,
                   report::RecordWriter::Create(path, RecordHeader(simulation)));
  report::RunSummary summary;
  for (size_t p = 0; p < outcomes.size(); ++p) {
    const EventOutcome& outcome = outcomes[p].front();
    for (size_t d = 0; d < outcome.devices.size(); ++d) {
      const std::string name = Concat(NameOf(slots.policies[p]), outcome.devices.size() > 1 ? Concat(", device ", d + 1) : "");
      for (const sim::EventSlot& slot : outcome.run.result.devices[d].slots) {
        if (slot.outcome.offered == 0) continue;
        report::SlotRow row;
        row.t = slot.slot;
        row.policy = name;
        row.a = slot.outcome.offered;
        row.b = slot.outcome.processed;
        row.k = slot.outcome.k();
        row.uplink_bps = slot.uplink_bits / slots.slot_s;
        row.predicted_latency_s = slot.predicted_latency_s;
        row.latency_s = slot.outcome.latency_s;
        row.accuracy = slot.accuracy;
        for (const policy::Memory& memory : slot.memory) row.queues[memory.name] = memory.value;
        row.choice = ChoicesOf(*slots.options, slot.decision);
        writer->Slot(row);
      }
      for (const auto& [cut, frames] : outcome.devices[d].cuts) summary.cuts[cut] += frames;
    }
    summary.offered += outcome.all.offered;
    summary.edge += outcome.all.edge;
    summary.local += outcome.all.local;
    summary.dropped += outcome.all.dropped;
    summary.upload_bytes += outcome.all.upload_bytes;
    summary.deadline_misses += outcome.all.deadline_misses;
  }
  if (!simulation.stopped) writer->Finish(summary);
  return writer->status();
}

absl::Status CheckOutcomes(const Simulation& simulation, const EventOutcomes& outcomes) {
  const sim::SlotScenario& slots = simulation.scenario.slots;
  for (size_t p = 0; p < outcomes.size(); ++p) {
    for (size_t s = 0; s < outcomes[p].size(); ++s) {
      const std::vector<std::string>& violations = outcomes[p][s].run.violations;
      if (violations.empty()) continue;
      const uint64_t seed = simulation.seeds[s];
      return InternalError(NameOf(slots.policies[p]), ", seed ", seed, ": ", violations.front(),
                           violations.size() > 1 ? Concat(" (and ", violations.size() - 1, " more)") : "",
                           "; replay: partway simulate ", Quoted(simulation.scenario.path), " --simulator events --policy ",
                           slots.policies[p].name, " --seed ", seed, " --slots ", slots.slots, " --devices ",
                           simulation.scenario.events.devices);
    }
  }
  return absl::OkStatus();
}

}   // namespace partway::apps
