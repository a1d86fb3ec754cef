// What `replay` shows: the records, worst first, live beside simulated. Pure.
#pragma once

#include <string>
#include <vector>

#include "apps/replay_run.h"
#include "nlohmann/json.hpp"

namespace partway::apps {

// On the mean over records of the errors without their sign: within it the simulator is said to agree.
inline constexpr double kMostMeanError = 0.05;

struct ReplayMeans {
  double fps = 0, latency = 0, p95 = 0, upload_bytes = 0;   // of errors without their sign
  bool holds() const { return fps <= kMostMeanError && latency <= kMostMeanError && upload_bytes <= kMostMeanError; }
};
ReplayMeans MeansOf(const std::vector<Replay>& replays, ReplayedRun Replay::*simulated);

// By the largest of the errors that are judged.
void SortWorstFirst(std::vector<Replay>* replays);

nlohmann::ordered_json ReplayJson(const std::vector<Replay>& replays);
std::string ReplayText(const std::vector<Replay>& replays);
std::string ReplayHtml(const std::vector<Replay>& replays, const std::string& command);

}   // namespace partway::apps
