#include "apps/simulate_output.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "base/quantity.h"
#include "base/status.h"
#include "policy/registry.h"
#include "report/record_writer.h"

namespace partway::apps {
namespace {

using Json = nlohmann::ordered_json;

// A policy's numbers as means over the seeds; of the violations the worst.
struct Row {
  double fps = 0, k = 0, utility = 0, latency_s = 0, accuracy = 0, slots_per_s = 0;
  double latency_violation_s = 0, accuracy_violation = 0;
  std::optional<double> bound_k, bound_utility;
};

bool Mixes(const sim::PolicySpec& spec) {
  const policy::Entry* entry = policy::FindPolicy(spec.name);
  return entry != nullptr && entry->mixes;
}

// Mean over the seeds; nullopt unless it is known and feasible for all.
std::optional<double> BoundMean(const Simulation& simulation, bool mixed, double policy::Bound::*value) {
  double sum = 0;
  for (const SeedBounds& bounds : simulation.bounds) {
    const std::optional<policy::Bound>& bound = mixed ? bounds.mixed : bounds.single;
    if (!bound || !bound->feasible) return std::nullopt;
    sum += (*bound).*value;
  }
  if (simulation.bounds.empty()) return std::nullopt;
  return sum / static_cast<double>(simulation.bounds.size());
}

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
  const bool mixed = Mixes(simulation.scenario.slots.policies[policy]);
  row.bound_k = BoundMean(simulation, mixed, &policy::Bound::k);
  row.bound_utility = BoundMean(simulation, mixed, &policy::Bound::utility);
  return row;
}

// The size that a policy is held to, as it was given; null if it is free.
Json SizeOf(const sim::PolicySpec& spec) {
  if (const auto text = spec.parameters.texts.find("size"); text != spec.parameters.texts.end()) return text->second;
  const auto number = spec.parameters.numbers.find("size");
  if (number == spec.parameters.numbers.end() || number->second == 0) return nullptr;
  return static_cast<int64_t>(number->second);
}

std::string NameOf(const sim::PolicySpec& spec) {
  std::string name = spec.name;
  for (const auto& [key, value] : spec.parameters.numbers) Append(&name, " ", key, "=", value);
  for (const auto& [key, value] : spec.parameters.texts) Append(&name, " ", key, "=", value);
  return name;
}

Json Finite(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }
Json OrNull(const std::optional<double>& value) { return value ? Finite(*value) : Json(nullptr); }

Json RunsJson(const Simulation& simulation, size_t policy) {
  Json runs = Json::array();
  for (size_t i = 0; i < simulation.seeds.size(); ++i) {
    const sim::SlotResult& result = simulation.results[policy][i];
    runs.push_back({{"seed", simulation.seeds[i]},
                    {"fps", result.fps},
                    {"k", result.k},
                    {"latency_s", result.latency_s},
                    {"accuracy", result.accuracy}});
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
  const sim::SlotScenario& slots = simulation.scenario.slots;
  Json policies = Json::array();
  for (size_t p = 0; p < slots.policies.size(); ++p) {
    const Row row = RowOf(simulation, p);
    const sim::PolicySpec& spec = slots.policies[p];
    Json parameters = Json::object();
    for (const auto& [key, value] : spec.parameters.numbers) parameters[key] = value;
    for (const auto& [key, value] : spec.parameters.texts) parameters[key] = value;
    Json bound = nullptr;
    if (row.bound_k) bound = {{"k", *row.bound_k}, {"utility", OrNull(row.bound_utility)}};
    Json json{{"policy", spec.name},
              {"size", SizeOf(spec)},
              {"parameters", parameters},
              {"fps", row.fps},
              {"k", row.k},
              {"utility", Finite(row.utility)},
              {"latency_s", row.latency_s},
              {"accuracy", row.accuracy},
              {"violation", {{"latency_s", row.latency_violation_s}, {"accuracy", row.accuracy_violation}}},
              {"bound", bound},
              {"slots_per_s", row.slots_per_s}};
    if (simulation.seeds.size() > 1) json["runs"] = RunsJson(simulation, p);
    policies.push_back(std::move(json));
  }
  Json constraints{{"latency_s", slots.max_latency_s}, {"accuracy", slots.min_accuracy}, {"feasible", nullptr}};
  if (!simulation.bounds.empty() && simulation.bounds[0].single) {
    const policy::Bound& bound = *simulation.bounds[0].single;
    constraints["feasible"] = bound.feasible;
    constraints["least_latency_s"] = Finite(bound.least_latency_s);
    constraints["best_accuracy"] = Finite(bound.best_accuracy);
  }
  return {{"scenario", slots.name},           {"seed", slots.seed},
          {"seeds", simulation.seeds.size()}, {"slots", slots.slots},
          {"command", simulation.command},    {"link", simulation.scenario.link_words},
          {"options", slots.options->size()}, {"constraints", constraints},
          {"stopped", simulation.stopped},    {"policies", policies}};
}

std::string SimulationText(const Simulation& simulation) {
  const sim::SlotScenario& slots = simulation.scenario.slots;
  std::string text = Concat(slots.name, ": ", slots.slots, " slots of ", FormatSeconds(slots.slot_s), ", ", slots.options->size(),
                            " options, seed ", slots.seed);
  if (simulation.seeds.size() > 1) Append(&text, " to ", simulation.seeds.back());
  Append(&text, "\nlink: ", simulation.scenario.link_words, "\nconstraints on the means: latency at most ",
         FormatSeconds(slots.max_latency_s), ", accuracy at least ", slots.min_accuracy, "\n\n");
  size_t width = 24;
  for (const sim::PolicySpec& spec : slots.policies) width = std::max(width, NameOf(spec).size());
  const int w = static_cast<int>(std::min<size_t>(width, 60));
  text += absl::StrFormat("%-*s  %8s  %7s  %8s  %9s  %8s  %-22s  %8s  %8s\n", w, "policy", "fps", "k", "of bound", "latency",
                          "accuracy", "beyond the constraints", "utility", "slots/s");
  for (size_t p = 0; p < slots.policies.size(); ++p) {
    const Row row = RowOf(simulation, p);
    std::string beyond;
    if (row.latency_violation_s > 0) Append(&beyond, FormatSeconds(row.latency_violation_s));
    if (row.accuracy_violation > 0) Append(&beyond, beyond.empty() ? "" : ", ", absl::StrFormat("%.4f", row.accuracy_violation));
    const std::string share = row.bound_k && *row.bound_k > 0 ? absl::StrFormat("%.1f %%", 100 * row.k / *row.bound_k) : "-";
    text += absl::StrFormat("%-*s  %8.2f  %7.4f  %8s  %9s  %8.4f  %-22s  %8.4f  %8s\n", w, NameOf(slots.policies[p]).c_str(),
                            row.fps, row.k, share.c_str(), FormatSeconds(row.latency_s).c_str(), row.accuracy,
                            beyond.empty() ? "-" : beyond.c_str(), row.utility, FormatCount(row.slots_per_s).c_str());
  }
  for (const bool mixed : {false, true}) {
    const auto k = BoundMean(simulation, mixed, &policy::Bound::k);
    if (!k) continue;
    text += absl::StrFormat("%-*s  %8s  %7.4f  %8s  %9s  %8.4f\n", w, mixed ? "(bound, mixing)" : "(bound, one option)", "", *k,
                            "", FormatSeconds(*BoundMean(simulation, mixed, &policy::Bound::latency_s)).c_str(),
                            *BoundMean(simulation, mixed, &policy::Bound::accuracy));
  }
  if (simulation.seeds.size() > 1) text += "means over the seeds; beyond the constraints: the worst of them\n";
  for (const std::string& note : simulation.scenario.notes) Append(&text, "note: ", note, "\n");
  return text;
}

absl::Status WriteSimulationRecord(const Simulation& simulation, const std::string& path) {
  const sim::SlotScenario& slots = simulation.scenario.slots;
  const cost::OptionTable& table = *slots.options;
  report::RunHeader header;
  header.command = simulation.command;
  header.seed = simulation.seeds[0];
  header.model_name = simulation.scenario.model_name;
  header.model_sha256 = simulation.scenario.model_sha256;
  header.groups = table.groups();
  header.link = simulation.scenario.link_words;
  for (const sim::PolicySpec& spec : slots.policies) Append(&header.policy, header.policy.empty() ? "" : ", ", NameOf(spec));
  report::SimulationInfo& info = header.simulation.emplace();
  info = {slots.name, slots.slot_s, slots.max_latency_s, slots.min_accuracy, std::nullopt, std::nullopt};
  const auto k_of = [](const std::optional<policy::Bound>& bound) {
    return bound && bound->feasible ? std::optional(bound->k) : std::nullopt;
  };
  if (!simulation.bounds.empty()) {
    info.bound_k = k_of(simulation.bounds[0].single);
    info.mixed_bound_k = k_of(simulation.bounds[0].mixed);
  }
  ASSIGN_OR_RETURN(const std::unique_ptr<report::RecordWriter> writer, report::RecordWriter::Create(path, header));
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
      for (const policy::Share& share : slot.decision.used()) {
        report::SlotChoice choice;
        choice.frames = share.frames;
        bool local = false;
        if (share.option != policy::kOwnOption) {
          const cost::OptionKey& key = table.keys[static_cast<size_t>(share.option)];
          choice.cut = key.cut;
          choice.size = table.sizes[static_cast<size_t>(key.size)].height;
          local = key.codec == cost::kNoCodec;
          if (!local) choice.codec = table.codecs[static_cast<size_t>(key.codec)];
        } else {
          choice.cut = -1;
          local = slot.decision.own.coefficient[cost::kUplink] == 0;
        }
        summary.cuts[choice.cut] += share.frames;
        (local ? summary.local : summary.edge) += share.frames;
        row.choice.push_back(std::move(choice));
      }
      writer->Slot(row);
    }
  }
  if (!simulation.stopped) writer->Finish(summary);
  return writer->status();
}

}   // namespace partway::apps
