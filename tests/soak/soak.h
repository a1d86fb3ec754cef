// A soak: the real program as device, link and edge for a while, with everything going wrong that may, and what must hold all the same.
//
//   serve  <-  link (a seeded trace; stalls, resets, outages)  <-  run, a policy deciding, for the whole time
//                                                              <-  run --cut, one after another
//
// The server is killed and started again in the first half and frozen in the second.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace partway::soak {

struct SoakOptions {
  std::string model = "efficientnet_lite0", groups = "auto", source;
  std::string folder;   // for records, the cache and the trace
  double seconds = 3600;
  double fps = 15;       // of each of the two runs
  double slowdown = 4;   // of the device, so that the edge is worth its while
  uint64_t seed = 1;
  bool judge_memory = true;   // not where a sanitizer keeps what was freed
  double report_every_s = 60;
  std::vector<std::pair<std::string, std::string>> environment;   // of the processes, beside ours
};

struct Claim {
  std::string claim, found;
  bool holds = false;
};

struct Verdict {
  std::vector<Claim> claims;
  bool holds() const;
};

// Blocks for about `seconds` and at most a minute or two more: what does not end in its time is told with its threads, and killed. `tell` gets a line now
// and then. Errors of the machine (no process can be started) are thrown as std::runtime_error.
Verdict RunSoak(const SoakOptions& options, const std::function<void(const std::string&)>& tell);

}   // namespace partway::soak
