// The policies by name, with their parameters. Adding one: a header, a source, a test, and its entry here (docs/adding-a-policy.md).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "policy/policy.h"
#include "policy/problem.h"

namespace partway::policy {

// A parameter of a policy: a number in [low, high], or a text if `text` is set (then the rest does not count).
struct ParameterSpec {
  std::string name, meaning;
  double preset = 0, low = 0, high = 0;
  bool text = false;
  bool whole = false;       // integers only
  bool also_text = false;   // of a number: a text will do as well, and counts before the number
  bool file = false;        // of a text: it names a file, whose content is in Parameters::files; relative to the scenario
};

// As a scenario gives them; those left out have their presets.
struct Parameters {
  std::map<std::string, double, std::less<>> numbers;
  std::map<std::string, std::string, std::less<>> texts;
  std::map<std::string, std::string, std::less<>> files;   // contents of the files that texts of the same name name
};

struct Entry {
  const char* name;
  const char* summary;   // one line, with its source
  bool mixes;            // may answer with more than one option a slot
  bool needs_future;     // reads Problem::future
  std::vector<ParameterSpec> parameters;
  // `parameters` complete and checked.
  absl::StatusOr<std::unique_ptr<Policy>> (*make)(const Problem& problem, const Parameters& parameters, uint64_t seed);
};

// In the order in which they are shown.
const std::vector<Entry>& Registry();

// Null if there is none.
const Entry* FindPolicy(std::string_view name);
// The same. Errors: NotFound, "no policy 'x'; there are ...".
absl::StatusOr<const Entry*> PolicyNamed(std::string_view name);

// `given` with presets for what is left out. Errors: InvalidArgument for an unknown parameter, one out of range, a text for a number.
absl::StatusOr<Parameters> CompleteParameters(const Entry& entry, const Parameters& given);

// Checks problem and parameters, then makes it. `seed`: of those that draw lots. Errors: NotFound for the name (and which there are), those
// of CheckProblem and CompleteParameters, and what the policy itself refuses.
absl::StatusOr<std::unique_ptr<Policy>> MakePolicy(std::string_view name, const Problem& problem, const Parameters& given,
                                                   uint64_t seed);

}   // namespace partway::policy
