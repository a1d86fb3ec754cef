#include "policy/registry.h"

#include <cmath>

#include "base/status.h"
#include "policy/adaptive.h"
#include "policy/bandit.h"
#include "policy/best_fixed.h"
#include "policy/cutedge.h"
#include "policy/dads.h"
#include "policy/fixed.h"
#include "policy/learned.h"
#include "policy/neurosurgeon.h"
#include "policy/offline.h"
#include "policy/parecon.h"

namespace partway::policy {
namespace {

Entry PareconEntry() {
  return {"parecon",
          "drift-plus-penalty control of frames, cut and resolution (Parecon, eq. 4-11)",
          /*mixes=*/false,
          /*needs_future=*/false,
          {{"V", "weight of the utility against the constraints", 20, 1e-6, 1e9},
           {"x_min", "least of the auxiliary variable (eq. 7)", 0.01, 1e-6, 1},
           {"x_max", "largest of it", 1, 1e-6, 1}},
          [](const Problem& problem, const Parameters& p, uint64_t /*seed*/) -> absl::StatusOr<std::unique_ptr<Policy>> {
            const PareconParameters parameters = {p.numbers.at("V"), p.numbers.at("x_min"), p.numbers.at("x_max")};
            if (parameters.x_min > parameters.x_max) {
              return InvalidArgument("x_min is ", parameters.x_min, ", above x_max ", parameters.x_max);
            }
            return std::make_unique<Parecon>(problem, parameters);
          }};
}

}   // namespace

const std::vector<Entry>& Registry() {
  static const std::vector<Entry> entries = {
      AdaptiveEntry(), AdaptiveSingleEntry(), PareconEntry(),   NeurosurgeonEntry(), CutEdgeEntry(),
      DadsEntry(),     DadsLightEntry(),      DadsHeavyEntry(), AllLocalEntry(),     AllEdgeEntry(),
      FixedEntry(),    BestFixedEntry(),      OfflineEntry(),   BanditEntry(),       LearnedEntry(),
  };
  return entries;
}

const Entry* FindPolicy(std::string_view name) {
  for (const Entry& entry : Registry()) {
    if (name == entry.name) return &entry;
  }
  return nullptr;
}

absl::StatusOr<const Entry*> PolicyNamed(std::string_view name) {
  if (const Entry* entry = FindPolicy(name)) return entry;
  std::string known;
  for (const Entry& one : Registry()) Append(&known, known.empty() ? "" : ", ", one.name);
  return NotFound("no policy '", name, "'; there are ", known);
}

absl::StatusOr<Parameters> CompleteParameters(const Entry& entry, const Parameters& given) {
  Parameters all;
  for (const ParameterSpec& spec : entry.parameters) {
    if (!spec.text) all.numbers[spec.name] = spec.preset;
  }
  const auto find = [&](const std::string& name) -> const ParameterSpec* {
    for (const ParameterSpec& spec : entry.parameters) {
      if (spec.name == name) return &spec;
    }
    return nullptr;
  };
  const auto unknown = [&](const std::string& name) {
    std::string known;
    for (const ParameterSpec& spec : entry.parameters) Append(&known, known.empty() ? "" : ", ", spec.name);
    return InvalidArgument("policy '", entry.name, "' has no parameter '", name, "'; ",
                           known.empty() ? "it has none" : Concat("it has ", known));
  };
  for (const auto& [name, value] : given.numbers) {
    const ParameterSpec* spec = find(name);
    if (spec == nullptr) return unknown(name);
    if (spec->text) return InvalidArgument("parameter '", name, "' of policy '", entry.name, "' is a number; expected a text");
    if (!(value >= spec->low && value <= spec->high) || (spec->whole && value != std::floor(value))) {
      return InvalidArgument("parameter '", name, "' of policy '", entry.name, "' is ", value, "; expected a ",
                             spec->whole ? "whole number" : "number", " from ", spec->low, " to ", spec->high);
    }
    all.numbers[name] = value;
  }
  for (const auto& [name, value] : given.texts) {
    const ParameterSpec* spec = find(name);
    if (spec == nullptr) return unknown(name);
    if (!spec->text && !spec->also_text) {
      return InvalidArgument("parameter '", name, "' of policy '", entry.name, "' is a text; expected a number");
    }
    all.texts[name] = value;
    if (!spec->file) continue;
    const auto content = given.files.find(name);
    if (content == given.files.end()) {
      return InvalidArgument("the file '", value, "' of parameter '", name, "' of policy '", entry.name, "' was not read");
    }
    all.files[name] = content->second;
  }
  return all;
}

absl::StatusOr<std::unique_ptr<Policy>> MakePolicy(std::string_view name, const Problem& problem, const Parameters& given,
                                                   uint64_t seed) {
  ASSIGN_OR_RETURN(const Entry* const entry, PolicyNamed(name));
  RETURN_IF_ERROR(CheckProblem(problem));
  ASSIGN_OR_RETURN(const Parameters parameters, CompleteParameters(*entry, given));
  return entry->make(problem, parameters, seed);
}

}   // namespace partway::policy
