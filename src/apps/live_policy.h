// What `run` and `compare` decide by: options from profiles and tables, the user's limits, and a policy over them behind a controller.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "apps/device_side.h"
#include "apps/verb.h"
#include "control/controller.h"
#include "cost/option_table.h"
#include "cost/power.h"
#include "device/live/live_run.h"
#include "policy/problem.h"
#include "policy/registry.h"

namespace partway::apps {

struct LivePolicyFlags {
  std::string policy;   // "": the default
  std::string accuracy, profile, sizes, codecs;
  std::optional<Duration> max_latency, slot;
  std::string min_accuracy, max_energy, power;
  int min_device_groups = 0;
  std::string source;   // whose first frames stand in for a table of accuracy; empty: none can be looked at twice
};
void AddLivePolicyFlags(CLI::App& command, LivePolicyFlags* flags);

inline constexpr char kDefaultPolicy[] = "adaptive";
inline constexpr uint64_t kPolicySeed = 1;   // of what policies draw, live
inline constexpr double kDefaultFps = 30;    // of a source that has no pace of its own

// Options and limits, which stay where they are while policies use them.
struct LiveProblem {
  cost::OptionTable table;
  policy::Problem problem;   // its slot a little shorter than the real one
  double slot_s = 1;
  double device_speed = 1;              // of the device as it runs, times its profile: 1 / slowdown
  std::optional<double> max_energy_j;   // of a frame
  std::optional<cost::PowerModel> power;
  std::vector<std::string> notes;
};

// Whether somebody can decide by that name while frames come. A usage error that names `flag` and those who can.
absl::Status CheckLivePolicy(const std::string& name, const std::string& flag);
// What the flags alone, the files they name and the model can tell: before anything is connected or measured. Usage errors, and those of the files.
absl::Status CheckLiveFlags(const LivePolicyFlags& flags, const DeviceSide& side);

// `edge`: the server's address, asked for its profile; "": it cannot be reached now, and the edge is taken to be like the device until it
// shows what it is. Errors: usage errors for flags that do not go together; of the files; constraints that no option meets.
absl::StatusOr<std::unique_ptr<LiveProblem>> MakeLiveProblem(const LivePolicyFlags& flags, const DeviceOptions& device,
                                                             const DeviceSide& side, const std::string& edge, double slowdown,
                                                             const Globals& globals);

// How a controller is to treat that policy. `policy` "": the default. `deadline`: of each frame.
control::ControllerOptions ControllerOptionsOf(const LiveProblem& live, const std::string& policy,
                                               std::optional<Duration> deadline);

// `policy` "": the default. `deadline`: of each frame. Errors: a usage error for a policy that is not there, or one that knows the future.
absl::StatusOr<std::unique_ptr<control::Controller>> MakeController(const LiveProblem& live, const std::string& policy,
                                                                    uint64_t seed, std::optional<Duration> deadline,
                                                                    const policy::Parameters& parameters = {});

// What the session of a controlled run is set to, connected. `groups` of the model; `size`: any that it runs at, pixels.
device::SessionOptions ControlledSession(const control::Controller& controller, int groups, int size);

// A run in which that controller decides, connected; the feeder's pace and end are the caller's to set.
device::LiveOptions ControlledOptions(control::Controller& controller, const DeviceSide& side);

}   // namespace partway::apps
