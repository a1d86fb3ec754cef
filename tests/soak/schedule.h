// What goes wrong in a soak and when, from a seed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace partway::soak {

struct ServerFault {
  enum class Kind : uint8_t { kKill, kFreeze };   // SIGKILL and another one in its place; SIGSTOP and SIGCONT
  Kind kind = Kind::kKill;
  double at_s = 0, length_s = 0;
};

struct Schedule {
  std::string trace_csv;                 // of the link (docs/formats.md)
  std::vector<std::string> link_flags;   // its faults, as `partway link` takes them, again after a period
  std::vector<ServerFault>
      server;   // ascending; kills in the first half, so that one server lives through the second, and freezes in that
};

// `seconds`: 10 or more. The same for the same arguments.
Schedule MakeSchedule(double seconds, uint64_t seed);

}   // namespace partway::soak
