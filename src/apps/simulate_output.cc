#include "apps/simulate_output.h"

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

// A policy's numbers as means over the seeds; of the violations the worst.
struct Row {
  double fps = 0, k = 0, utility = 0, latency_s = 0, accuracy = 0, slots_per_s = 0;
  double latency_violation_s = 0, accuracy_violation = 0;
};

Row RowOf(const Simulation& simulation, size_t policy) {
  Row row;
  const auto n = static_cast<double>(simulation.seeds.size());
  for (const sim::SlotResult& result : simulation.results[policy]) {
    row.fps += result.fps / n;
    row.k += result.k / n;
    row.utility += result.utility() / n;
    row.latency_s += result.latency_s / n;
    row.accuracy += result.accuracy / n;
    row.slots_per_s += result.slots_per_s / n;
    row.latency_violation_s = std::max(row.latency_violation_s, result.latency_violation_s);
    row.accuracy_violation = std::max(row.accuracy_violation, result.accuracy_violation);
  }
  return row;
}

// Over the seeds; nothing where it is not known of all.
std::optional<double> SpendingMean(const Simulation& simulation, size_t policy, std::optional<double> sim::SlotResult::*value) {
  double sum = 0;
  for (const sim::SlotResult& result : simulation.results[policy]) {
    if (!(result.*value)) return std::nullopt;
    sum += *(result.*value) / static_cast<double>(simulation.seeds.size());
  }
  return sum;
}

Json RunsJson(const Simulation& simulation, size_t policy) {
  Json runs = Json::array();
  for (size_t i = 0; i < simulation.seeds.size(); ++i) {
    const sim::SlotResult& result = simulation.results[policy][i];
    runs.push_back({{"seed", simulation.seeds[i]},
                    {"fps", result.fps},
                    {"k", result.k},
                    {"latency_s", result.latency_s},
                    {"accuracy", Finite(result.accuracy)}});
  }
  return runs;
}

}   // namespace

std::string InfeasibleWords(const Simulation& simulation) {
  const sim::SlotScenario& slots = simulation.scenario.slots;
  const bool any_single =
      std::any_of(slots.policies.begin(), slots.policies.end(), [](const sim::PolicySpec& spec) { return !Mixes(spec); });
  for (size_t i = 0; i < simulation.bounds.size(); ++i) {
    const auto& bound = any_single || !simulation.bounds[i].mixed ? simulation.bounds[i].single : simulation.bounds[i].mixed;
    if (!bound || bound->feasible) continue;
    const std::string where = Concat(simulation.scenario.path, ":", simulation.scenario.constraints_line, ": [constraints]: ");
    const std::string with = Concat(" (seed ", simulation.seeds[i], ")");
    double best = 0;
    for (const double accuracy : slots.options->accuracy) best = std::max(best, accuracy);
    if (!std::isfinite(bound->least_latency_s)) {
      return Concat(where, "accuracy ", slots.min_accuracy, " cannot be met: the best option has ", absl::StrFormat("%.4g", best),
                    with);
    }
    if (bound->best_accuracy <= 0) {
      return Concat(where, "latency ", FormatSeconds(slots.max_latency_s), " cannot be met: with accuracy ", slots.min_accuracy,
                    " the least mean is ", FormatSeconds(bound->least_latency_s), with);
    }
    return Concat(where, "latency ", FormatSeconds(slots.max_latency_s), " and accuracy ", slots.min_accuracy,
                  " cannot both be met: with that accuracy the least mean latency is ", FormatSeconds(bound->least_latency_s),
                  ", with that latency the best mean accuracy is ", absl::StrFormat("%.4f", bound->best_accuracy), with);
  }
  return "";
}

nlohmann::ordered_json SimulationJson(const Simulation& simulation) {
  Json policies = Json::array();
  for (size_t p = 0; p < simulation.scenario.slots.policies.size(); ++p) {
    const Row row = RowOf(simulation, p);
    Json json = PolicyJson(simulation, p);
    json.update(Json{{"fps", row.fps},
                     {"k", row.k},
                     {"utility", Finite(row.utility)},
                     {"latency_s", row.latency_s},
                     {"accuracy", Finite(row.accuracy)},
                     {"violation", {{"latency_s", row.latency_violation_s}, {"accuracy", row.accuracy_violation}}},
                     {"bound", BoundJson(simulation, p)},
                     {"slots_per_s", row.slots_per_s}});
    const auto energy_j = SpendingMean(simulation, p, &sim::SlotResult::energy_j);
    const auto exposure = SpendingMean(simulation, p, &sim::SlotResult::distance_correlation);
    if (energy_j) json["energy_j"] = *energy_j;
    if (exposure) json["distance_correlation"] = *exposure;
    if (simulation.seeds.size() > 1) json["runs"] = RunsJson(simulation, p);
    policies.push_back(std::move(json));
  }
  return DocumentJson(simulation, std::move(policies));
}

std::string SimulationText(const Simulation& simulation) {
  const sim::SlotScenario& slots = simulation.scenario.slots;
  std::string text = HeadText(simulation, Concat(slots.options->size(), " options"));
  const int w = NameWidth(slots.policies);
  text += absl::StrFormat("%-*s  %8s  %7s  %8s  %9s  %8s  %-22s  %8s  %8s\n", w, "policy", "fps", "k", "of bound", "latency",
                          "accuracy", "beyond the constraints", "utility", "slots/s");
  for (size_t p = 0; p < slots.policies.size(); ++p) {
    const Row row = RowOf(simulation, p);
    const std::optional<double> bound = BoundMean(simulation, Mixes(slots.policies[p]), &policy::Bound::k);
    const std::string share = bound && *bound > 0 ? absl::StrFormat("%.1f %%", 100 * row.k / *bound) : "-";
    text += absl::StrFormat("%-*s  %8.2f  %7.4f  %8s  %9s  %8s  %-22s  %8.4f  %8s\n", w, NameOf(slots.policies[p]).c_str(),
                            row.fps, row.k, share.c_str(), FormatSeconds(row.latency_s).c_str(), AccuracyText(row.accuracy),
                            BeyondText(row.latency_violation_s, row.accuracy_violation), row.utility,
                            FormatCount(row.slots_per_s).c_str());
  }
  for (const bool mixed : {false, true}) {
    const auto k = BoundMean(simulation, mixed, &policy::Bound::k);
    if (!k) continue;
    const double accuracy = AccuracyKnown(simulation) ? *BoundMean(simulation, mixed, &policy::Bound::accuracy) : cost::kNotKnown;
    text +=
        absl::StrFormat("%-*s  %8s  %7.4f  %8s  %9s  %8s\n", w, mixed ? "(bound, mixing)" : "(bound, one option)", "", *k, "",
                        FormatSeconds(*BoundMean(simulation, mixed, &policy::Bound::latency_s)).c_str(), AccuracyText(accuracy));
  }
  return text + NotesText(simulation);
}

absl::Status WriteSimulationRecord(const Simulation& simulation, const std::string& path) {
  const sim::SlotScenario& slots = simulation.scenario.slots;
  const cost::OptionTable& table = *slots.options;
  ASSIGN_OR_RETURN(const std::unique_ptr<report::RecordWriter> writer,
                   report::RecordWriter::Create(path, RecordHeader(simulation)));
  report::RunSummary summary;
  for (size_t p = 0; p < slots.policies.size(); ++p) {
    const std::string name = NameOf(slots.policies[p]);
    for (const sim::SlotLog& slot : simulation.results[p][0].log) {
      report::SlotRow row;
      row.t = slot.t;
      row.policy = name;
      row.a = slot.offered;
      row.b = slot.processed;
      row.k = static_cast<double>(slot.processed) / slot.offered;
      row.uplink_bps = slot.uplink_bits / slots.slot_s;
      row.predicted_latency_s = slot.predicted_latency_s;
      row.latency_s = slot.latency_s;
      row.accuracy = slot.accuracy;
      for (const policy::Memory& memory : slot.memory) row.queues[memory.name] = memory.value;
      summary.offered += slot.offered;
      summary.dropped += slot.offered - slot.processed;
      row.choice = ChoicesOf(table, slot.decision);
      for (size_t i = 0; i < row.choice.size(); ++i) {
        const policy::Share& share = slot.decision.shares[i];
        const bool local = share.option == policy::kOwnOption ? slot.decision.own.coefficient[cost::kUplink] == 0
                                                              : table.local(static_cast<size_t>(share.option));
        summary.cuts[row.choice[i].cut] += share.frames;
        (local ? summary.local : summary.edge) += share.frames;
      }
      writer->Slot(row);
    }
  }
  if (!simulation.stopped) writer->Finish(summary);
  return writer->status();
}

}   // namespace partway::apps
