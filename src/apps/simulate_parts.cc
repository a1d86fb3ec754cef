#include "apps/simulate_parts.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "base/quantity.h"
#include "base/text.h"
#include "policy/registry.h"
#include "sim/known_accuracy.h"

namespace partway::apps {

using Json = nlohmann::ordered_json;

namespace {

// The size that a policy is held to, as it was given; null if it is free.
Json SizeOf(const sim::PolicySpec& spec) {
  if (const auto text = spec.parameters.texts.find("size"); text != spec.parameters.texts.end()) return text->second;
  const auto number = spec.parameters.numbers.find("size");
  if (number == spec.parameters.numbers.end() || number->second == 0) return nullptr;
  return static_cast<int64_t>(number->second);
}

}   // namespace

bool Mixes(const sim::PolicySpec& spec) {
  const policy::Entry* entry = policy::FindPolicy(spec.name);
  return entry != nullptr && entry->mixes;
}

bool IsDads(const sim::PolicySpec& spec) { return spec.name == "dads" || absl::StartsWith(spec.name, "dads-"); }

std::string NameOf(const sim::PolicySpec& spec) {
  std::string name = spec.name;
  for (const auto& [key, value] : spec.parameters.numbers) Append(&name, " ", key, "=", value);
  for (const auto& [key, value] : spec.parameters.texts) Append(&name, " ", key, "=", value);
  return name;
}

int NameWidth(const std::vector<sim::PolicySpec>& policies) {
  size_t width = 24;
  for (const sim::PolicySpec& spec : policies) width = std::max(width, NameOf(spec).size());
  return static_cast<int>(std::min<size_t>(width, 60));
}

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

bool AccuracyKnown(const Simulation& simulation) { return sim::KnownAccuracy(*simulation.scenario.slots.options).all(); }

Json Finite(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }
Json OrNull(const std::optional<double>& value) { return value ? Finite(*value) : Json(nullptr); }

Json PolicyJson(const Simulation& simulation, size_t policy) {
  const sim::PolicySpec& spec = simulation.scenario.slots.policies[policy];
  Json parameters = Json::object();
  for (const auto& [key, value] : spec.parameters.numbers) parameters[key] = value;
  for (const auto& [key, value] : spec.parameters.texts) parameters[key] = value;
  Json json{{"policy", spec.name}, {"size", SizeOf(spec)}, {"parameters", parameters}};
  if (IsDads(spec)) json["among"] = simulation.scenario.slots.dags != nullptr ? "operators" : "cuts";
  return json;
}

Json BoundJson(const Simulation& simulation, size_t policy) {
  const bool mixed = Mixes(simulation.scenario.slots.policies[policy]);
  const std::optional<double> k = BoundMean(simulation, mixed, &policy::Bound::k);
  if (!k) return nullptr;
  return {{"k", *k}, {"utility", OrNull(BoundMean(simulation, mixed, &policy::Bound::utility))}};
}

Json DocumentJson(const Simulation& simulation, Json policies) {
  const sim::SlotScenario& slots = simulation.scenario.slots;
  Json constraints{{"latency_s", slots.max_latency_s}, {"accuracy", slots.min_accuracy}, {"feasible", nullptr}};
  if (!simulation.bounds.empty() && simulation.bounds[0].single) {
    const policy::Bound& bound = *simulation.bounds[0].single;
    constraints["feasible"] = bound.feasible;
    constraints["least_latency_s"] = Finite(bound.least_latency_s);
    constraints["best_accuracy"] = AccuracyKnown(simulation) ? Finite(bound.best_accuracy) : Json(nullptr);
  }
  return {{"scenario", slots.name},
          {"simulator", simulation.by_events ? "events" : "slots"},
          {"seed", slots.seed},
          {"seeds", simulation.seeds.size()},
          {"slots", slots.slots},
          {"command", simulation.command},
          {"link", simulation.scenario.link_words},
          {"options", slots.options->size()},
          {"constraints", constraints},
          {"stopped", simulation.stopped},
          {"notes", simulation.scenario.notes},
          {"policies", std::move(policies)}};
}

std::string HeadText(const Simulation& simulation, const std::string& what) {
  const sim::SlotScenario& slots = simulation.scenario.slots;
  std::string text =
      Concat(slots.name, ": ", slots.slots, " slots of ", FormatSeconds(slots.slot_s), ", ", what, ", seed ", slots.seed);
  if (simulation.seeds.size() > 1) Append(&text, " to ", simulation.seeds.back());
  Append(&text, "\nlink: ", simulation.scenario.link_words, "\nconstraints on the means: latency at most ",
         FormatSeconds(slots.max_latency_s), ", accuracy at least ", slots.min_accuracy, "\n\n");
  return text;
}

std::string NotesText(const Simulation& simulation) {
  const sim::SlotScenario& slots = simulation.scenario.slots;
  std::string text;
  if (simulation.seeds.size() > 1) text += "means over the seeds; beyond the constraints: the worst of them\n";
  for (const std::string& note : simulation.scenario.notes) Append(&text, "note: ", note, "\n");
  if (std::any_of(slots.policies.begin(), slots.policies.end(), IsDads)) {
    text +=
        slots.dags != nullptr
            ? Concat("note: dads chooses among sets of the ", simulation.scenario.operators, ", whose values cross as they are\n")
            : std::string("note: dads chooses among the options' cuts; with 'onnx' in [model], among sets of operators\n");
  }
  if (!simulation.by_events && !simulation.scenario.event_keys.empty()) {
    Append(&text, "note: one device in the slot model; ", simulation.scenario.event_keys, " count with --events\n");
  }
  return text;
}

std::string AccuracyText(double accuracy) { return std::isnan(accuracy) ? "-" : absl::StrFormat("%.4f", accuracy); }

std::string BeyondText(double latency_violation_s, double accuracy_violation) {
  std::string beyond;
  if (latency_violation_s > 0) Append(&beyond, FormatSeconds(latency_violation_s));
  if (accuracy_violation > 0) Append(&beyond, beyond.empty() ? "" : ", ", absl::StrFormat("%.4f", accuracy_violation));
  return beyond.empty() ? "-" : beyond;
}

report::RunHeader RecordHeader(const Simulation& simulation) {
  const sim::SlotScenario& slots = simulation.scenario.slots;
  report::RunHeader header;
  header.command = simulation.command;
  header.seed = simulation.seeds[0];
  header.model_name = simulation.scenario.model_name;
  header.model_sha256 = simulation.scenario.model_sha256;
  header.groups = slots.options->groups();
  header.link = simulation.scenario.link_words;
  for (const sim::PolicySpec& spec : slots.policies) Append(&header.policy, header.policy.empty() ? "" : ", ", NameOf(spec));
  report::SimulationInfo& info = header.simulation.emplace();
  info = {slots.name, slots.slot_s, slots.max_latency_s, slots.min_accuracy, std::nullopt, std::nullopt, 0};
  const auto k_of = [](const std::optional<policy::Bound>& bound) {
    return bound && bound->feasible ? std::optional(bound->k) : std::nullopt;
  };
  if (!simulation.bounds.empty()) {
    info.bound_k = k_of(simulation.bounds[0].single);
    info.mixed_bound_k = k_of(simulation.bounds[0].mixed);
  }
  if (simulation.by_events) info.devices = simulation.scenario.events.devices;
  return header;
}

std::vector<report::SlotChoice> ChoicesOf(const cost::OptionTable& table, const policy::Decision& decision) {
  std::vector<report::SlotChoice> choices;
  for (const policy::Share& share : decision.used()) {
    report::SlotChoice& choice = choices.emplace_back();
    choice.frames = share.frames;
    if (share.option == policy::kOwnOption) {
      choice.cut = -1;
      continue;
    }
    const cost::OptionKey& key = table.keys[static_cast<size_t>(share.option)];
    choice.cut = key.cut;
    choice.size = table.sizes[static_cast<size_t>(key.size)].height;
    if (key.codec != cost::kNoCodec) choice.codec = table.codecs[static_cast<size_t>(key.codec)];
  }
  return choices;
}

}   // namespace partway::apps
