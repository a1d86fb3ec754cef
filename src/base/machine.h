// The machine that something was measured on, as run records and profiles name it.
#pragma once

#include <string>

namespace partway {

struct MachineInfo {
  std::string cpu;      // "AMD EPYC 7B13"; "unknown" where the system does not tell
  int cores = 0;        // that this process may use
  std::string system;   // "Linux 6.1.0 x86_64"
  double cpu_hz = 0;    // nominal clock of one core, else its largest, else the one it has now; 0 where the system tells none
};
// `root` holds proc/ and sys/; tests have one of their own. Thread-safe.
MachineInfo ThisMachine(const std::string& root = "");

// The wall clock for people: "2026-11-21T07:00:00Z".
std::string UtcNow();

}   // namespace partway
