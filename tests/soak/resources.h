// What a process holds, from /proc, and whether that grows.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace partway::soak {

struct Resources {
  int64_t memory_bytes = 0;   // resident and its own: RssAnon
  int threads = 0, descriptors = 0;
};
// nullopt for a process that is not there, or not ours to look at.
std::optional<Resources> ResourcesOf(pid_t pid);

struct Sample {
  double at_s = 0;
  Resources held;
};

// Of the samples from `from_s` on.
struct Growth {
  double memory_bytes = 0;               // of the line of least squares from the first to the last of them
  double threads = 0, descriptors = 0;   // median of the last half of them less that of the first half
  size_t samples = 0;
};
Growth GrowthSince(const std::vector<Sample>& samples, double from_s);

// What each thread of a process is doing, a line each: name, state, what it waits for in the kernel. For a process that hangs.
std::string ThreadsOf(pid_t pid);

}   // namespace partway::soak
