// What the results of both simulators have in common where `simulate` shows them. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/simulate_output.h"
#include "nlohmann/json.hpp"
#include "report/run_record.h"

namespace partway::apps {

bool Mixes(const sim::PolicySpec& spec);
bool IsDads(const sim::PolicySpec& spec);
// With its parameters: "parecon V=20".
std::string NameOf(const sim::PolicySpec& spec);
// Wide enough for the longest of them, within bounds.
int NameWidth(const std::vector<sim::PolicySpec>& policies);

// Mean over the seeds; nullopt unless it is known and feasible for all.
std::optional<double> BoundMean(const Simulation& simulation, bool mixed, double policy::Bound::*value);
// Whether every option's accuracy is known.
bool AccuracyKnown(const Simulation& simulation);

nlohmann::ordered_json Finite(double value);   // null if it is not
nlohmann::ordered_json OrNull(const std::optional<double>& value);
// What a policy is and its bound: the keys policy, size, parameters, for DADS also among.
nlohmann::ordered_json PolicyJson(const Simulation& simulation, size_t policy);
nlohmann::ordered_json BoundJson(const Simulation& simulation, size_t policy);
// The document around the policies.
nlohmann::ordered_json DocumentJson(const Simulation& simulation, nlohmann::ordered_json policies);

// Lines above a table: what runs, the link, the constraints. `what`: behind the slots, "90 options".
std::string HeadText(const Simulation& simulation, const std::string& what);
// Lines below it.
std::string NotesText(const Simulation& simulation);
std::string AccuracyText(double accuracy);   // "0.7643"; "-" where it is not known
std::string BeyondText(double latency_violation_s, double accuracy_violation);

report::RunHeader RecordHeader(const Simulation& simulation);
// Cut -1: a set of operators that is no cut.
std::vector<report::SlotChoice> ChoicesOf(const cost::OptionTable& table, const policy::Decision& decision);

}   // namespace partway::apps
