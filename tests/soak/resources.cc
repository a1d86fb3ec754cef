#include "tests/soak/resources.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace partway::soak {
namespace {

namespace fs = std::filesystem;

std::string Text(const fs::path& path) {
  std::ifstream file(path);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  while (!text.empty() && (text.back() == '\n' || text.back() == '\0')) text.pop_back();
  return text;
}

// The number after "KEY:" in a status file.
std::optional<int64_t> Field(const std::string& status, const std::string& key) {
  std::istringstream lines(status);
  for (std::string line; std::getline(lines, line);) {
    if (line.compare(0, key.size() + 1, key + ":") == 0) return std::stoll(line.substr(key.size() + 1));
  }
  return std::nullopt;
}

double Median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}   // namespace

std::optional<Resources> ResourcesOf(pid_t pid) {
  const fs::path process = fs::path("/proc") / std::to_string(pid);
  const std::string status = Text(process / "status");
  const std::optional<int64_t> kilobytes = Field(status, "RssAnon"), threads = Field(status, "Threads");
  if (!kilobytes || !threads) return std::nullopt;   // gone, or a zombie
  std::error_code error;
  const auto descriptors = std::distance(fs::directory_iterator(process / "fd", error), fs::directory_iterator());
  if (error) return std::nullopt;
  return Resources{*kilobytes * 1024, static_cast<int>(*threads), static_cast<int>(descriptors)};
}

Growth GrowthSince(const std::vector<Sample>& samples, double from_s) {
  std::vector<const Sample*> used;
  for (const Sample& sample : samples) {
    if (sample.at_s >= from_s) used.push_back(&sample);
  }
  Growth growth{.samples = used.size()};
  if (used.size() < 2) return growth;
  const auto n = static_cast<double>(used.size());
  double mean_t = 0, mean_m = 0, tm = 0, tt = 0;
  for (const Sample* s : used) mean_t += s->at_s / n, mean_m += static_cast<double>(s->held.memory_bytes) / n;
  for (const Sample* s : used) {
    const double t = s->at_s - mean_t;
    tm += t * (static_cast<double>(s->held.memory_bytes) - mean_m);
    tt += t * t;
  }
  growth.memory_bytes = tt > 0 ? tm / tt * (used.back()->at_s - used.front()->at_s) : 0;
  const auto difference = [&](int Resources::*what) {
    std::vector<double> first, last;
    for (size_t i = 0; i < used.size(); ++i) (i < used.size() / 2 ? first : last).push_back(used[i]->held.*what);
    return Median(last) - Median(first);
  };
  growth.threads = difference(&Resources::threads);
  growth.descriptors = difference(&Resources::descriptors);
  return growth;
}

std::string ThreadsOf(pid_t pid) {
  const fs::path tasks = fs::path("/proc") / std::to_string(pid) / "task";
  std::string text;
  std::error_code error;
  for (const auto& task : fs::directory_iterator(tasks, error)) {
    const std::string stat = Text(task.path() / "stat");
    const size_t name_end = stat.rfind(')');
    const std::string state = name_end == std::string::npos || name_end + 2 >= stat.size() ? "?" : stat.substr(name_end + 2, 1);
    text += "  thread " + task.path().filename().string() + " " + Text(task.path() / "comm") + ": state " + state +
            ", waits in " + Text(task.path() / "wchan") + ", system call " + Text(task.path() / "syscall") + "\n";
  }
  return text.empty() ? "  no thread is left\n" : text;
}

}   // namespace partway::soak
