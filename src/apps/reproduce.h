// The papers' experiments, each run by name and judged by the program itself. One source a experiment, one line in the registry
// (reproduce.cc).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace partway::apps {

struct Claim {
  std::string claim;   // a sentence
  std::string paper;   // what the paper says
  std::string here;    // what came out
  bool holds = false;
};

struct Reproduction {
  std::vector<std::string> assumptions;   // what the paper leaves open and what was taken
  std::vector<Claim> claims;
  std::vector<std::pair<std::string, std::string>> files;   // name and content; CSV and SVG
  bool holds() const;
};

struct ReproduceContext {
  std::string command_line;   // stands at the head of the files
};

struct Experiment {
  const char* name;
  const char* summary;   // one line, with the paper
  absl::StatusOr<Reproduction> (*run)(const ReproduceContext& context);
};

const std::vector<Experiment>& Experiments();

// One line each.
absl::StatusOr<Reproduction> ReproduceResnet50Fig2(const ReproduceContext& context);
absl::StatusOr<Reproduction> ReproduceResnet50Fig3(const ReproduceContext& context);
absl::StatusOr<Reproduction> ReproducePareconFig3(const ReproduceContext& context);
absl::StatusOr<Reproduction> ReproducePareconFig4(const ReproduceContext& context);
absl::StatusOr<Reproduction> ReproducePareconBeyond(const ReproduceContext& context);

}   // namespace partway::apps
