// Seeds of simulated runs: from the environment, and how to run one again.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

#include "base/text.h"

namespace partway::sim {

inline std::optional<uint64_t> FromEnvironment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) return std::nullopt;
  return std::strtoull(value, nullptr, 10);
}

inline std::string ReplayCommand(uint64_t seed, const std::string& suite) {
  char path[4096];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path);
  const std::string self = length > 0 ? std::string(path, static_cast<size_t>(length)) : "simulation_test";
  return Concat("PARTWAY_SEED=", seed, " ", self, " --gtest_filter='", suite, ".*'");
}

}   // namespace partway::sim
