#include "base/machine.h"

#include <sched.h>
#include <sys/utsname.h>

#include <charconv>
#include <ctime>
#include <fstream>

#include "base/text.h"

namespace partway {
namespace {

constexpr double kLeastHz = 1e6, kMostHz = 1e11;   // what is outside is no clock of a processor

// `number` units; 0 for what is no plausible clock.
double Frequency(const std::string& number, double unit) {
  double value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  (void)end;
  value *= unit;
  return error == std::errc() && value >= kLeastHz && value <= kMostHz ? value : 0;
}

double ScalingFrequency(const std::string& root) {
  for (const char* file : {"base_frequency", "cpuinfo_max_freq"}) {
    std::ifstream in(Concat(root, "/sys/devices/system/cpu/cpu0/cpufreq/", file));
    std::string text;
    if (!std::getline(in, text)) continue;
    if (const double hz = Frequency(text, 1e3); hz > 0) return hz;   // the kernel counts in kHz
  }
  return 0;
}

}   // namespace

MachineInfo ThisMachine(const std::string& root) {
  MachineInfo machine{.cpu = "unknown"};
  machine.cpu_hz = ScalingFrequency(root);
  std::ifstream info(Concat(root, "/proc/cpuinfo"));
  for (std::string line; std::getline(info, line);) {
    const size_t colon = line.find(": ");
    if (colon == std::string::npos) continue;
    // x86 says "model name", many AArch64 boards only "Model" at the end.
    const bool names = line.rfind("model name", 0) == 0 || line.rfind("Model", 0) == 0;
    if (names && machine.cpu == "unknown") machine.cpu = line.substr(colon + 2);
    if (machine.cpu_hz == 0 && line.rfind("cpu MHz", 0) == 0) machine.cpu_hz = Frequency(line.substr(colon + 2), 1e6);
  }
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  machine.cores = ::sched_getaffinity(0, sizeof cpus, &cpus) == 0 ? CPU_COUNT(&cpus) : 1;
  utsname system{};
  if (::uname(&system) == 0) machine.system = Concat(system.sysname, " ", system.release, " ", system.machine);
  return machine;
}

std::string UtcNow() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  char text[32] = "";
  if (::gmtime_r(&now, &parts) != nullptr) std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

}   // namespace partway
