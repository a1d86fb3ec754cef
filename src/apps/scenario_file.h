// Scenario files: TOML, as a person writes them (docs/formats.md, "Scenario"). Whatever cannot stand is refused with file, line and key.
// Files that a scenario names are looked for beside it. Thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "apps/toml_fields.h"
#include "sim/event_runs.h"
#include "sim/slot_scenario.h"

namespace partway::apps {

struct Scenario {
  sim::SlotScenario slots;
  std::string path;
  std::string model_name, model_sha256;   // of a profile; empty for a table that is written out
  std::string link_words;                 // "6.68 to 66.8 Mbit a slot, each slot anew"
  std::vector<std::string> notes;         // about the options, one line each
  std::string operators;                  // where sets of them may be chosen: "167 operators of net.onnx"; else empty
  bool by_events = false;                 // which simulator it asks for
  sim::EventSetting events;               // what only the event simulator has
  std::string event_keys;                 // which of that the file names, in words; empty: none
  int64_t constraints_line = 0;           // where [constraints] begins, for what is found out later
};

inline constexpr uint64_t kMostScenarioBytes = 64 << 20;

// Errors: those of base/file.h for the scenario itself; InvalidArgument for all that is wrong in it or in a file that it names.
absl::StatusOr<Scenario> ReadScenario(const std::string& path);
// The same from text; `origin` stands for the file's name.
absl::StatusOr<Scenario> ParseScenario(std::string_view text, const std::string& origin);

// The policies of a scenario that names none: ours, the papers' and what they are held against.
std::vector<sim::PolicySpec> DefaultPolicies();

// Parts of ParseScenario, each for the sections it reads.
absl::Status ReadScenarioLink(TomlFields link, Scenario* scenario);       // [link]; slot_s must be known
absl::Status ReadScenarioModel(TomlFields root, Scenario* scenario);      // [model], [device], [edge], frames.bits
absl::Status ReadScenarioPolicies(TomlFields root, Scenario* scenario);   // [[policy]]
absl::Status ReadScenarioEvents(TomlFields root,
                                Scenario* scenario);   // simulator, [devices], [faults], [edge]'s workers and queues
std::string BesideScenario(const std::string& origin, const std::string& file);

}   // namespace partway::apps
