#include <sched.h>
#include <sys/utsname.h>

#include <fstream>
#include <string>

#include "base/text.h"
#include "report/run_record.h"

namespace partway::report {

MachineInfo ThisMachine() {
  MachineInfo machine{.cpu = "unknown"};
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    const size_t colon = line.find(": ");
    if (colon == std::string::npos) continue;
    // x86 says "model name", many AArch64 boards only "Model" at the end.
    if (line.rfind("model name", 0) == 0 || line.rfind("Model", 0) == 0) {
      machine.cpu = line.substr(colon + 2);
      break;
    }
  }
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  machine.cores = ::sched_getaffinity(0, sizeof cpus, &cpus) == 0 ? CPU_COUNT(&cpus) : 1;
  utsname system{};
  if (::uname(&system) == 0) machine.system = Concat(system.sysname, " ", system.release, " ", system.machine);
  return machine;
}

}   // namespace partway::report
