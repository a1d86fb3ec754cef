// What a verb of the command line is: a function that adds its options to a CLI11 subcommand and returns what to do when it was
// chosen. main.cc parses, calls, prints the one error line and turns it into the exit code.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"

namespace partway::apps {

inline constexpr int kExitDone = 0, kExitFailed = 1, kExitUsage = 2, kExitClaimFails = 3;

// Options that every verb has.
struct Globals {
  bool json = false;    // exactly one JSON document on stdout
  bool quiet = false;   // no progress
  std::string log_level = "warning";
  std::string command_line;   // as typed, for records
  std::string program;        // argv[0]'s real path, to start a second process of ourselves
};

// Returns the exit code, or an error: exit code 1, or 2 when it was made by UsageError.
using VerbBody = std::function<absl::StatusOr<int>(const Globals&)>;

struct Verb {
  const char* name;
  const char* summary;   // one line
  const char* example;   // works as typed; shown by --help
  VerbBody (*make)(CLI::App& command);
};

// All verbs, in the order of `partway --help`.
const std::vector<Verb>& Verbs();

// An error in the command line itself: names the argument and what it may be.
absl::Status UsageError(const std::string& message);
bool IsUsageError(const absl::Status& status);

}   // namespace partway::apps
