// The demo's loop: the device decides by itself over a link that is good, then bad, then gone, then good again, shown live; then the device alone and JPEG
// to the server over the same changes.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "apps/device_side.h"
#include "apps/live_policy.h"
#include "apps/verb.h"
#include "base/clock.h"
#include "net/link_relay.h"
#include "report/loop_story.h"

namespace partway::apps {

// A link of these phases, `pace` times as fast; a phase without an uplink resets all connections and refuses new ones.
struct ChangingLink {
  std::vector<report::LoopPhase> phases;
  net::LinkOptions link;
};
absl::StatusOr<ChangingLink> MakeChangingLink(double length_s, double pace);

struct DemoLoopOptions {
  double length_s = 14;   // of ours and of JPEG to the server; the device alone takes a third of that
  std::string folder;     // for loop.jsonl, local.jsonl and jpeg.jsonl
  std::string edge;       // address of the server
};

class DemoLoop {
 public:
  // `side`, `globals`, `clock` and `stop` outlive it. `side` runs a model with an accuracy table beside it.
  DemoLoop(DemoLoopOptions options, DeviceSide& side, const Globals& globals, const Clock& clock, const std::atomic<bool>& stop)
      : options_(std::move(options)), side_(side), globals_(globals), clock_(clock), stop_(stop) {}

  // Takes a quick profile, or finds it, and emulates a device by it that is slow enough for a server to be of use, on any machine.
  absl::Status SetUp();
  // Blocks until all three have run. Errors: of the runs; Cancelled after a signal.
  absl::StatusOr<report::LoopStory> Run();
  double slowdown() const { return slowdown_; }

 private:
  struct Method {
    std::string name, what, policy, record;
    policy::Parameters parameters;
    double pace = 1;
    bool shown = false;
  };
  absl::StatusOr<report::RunRecord> RunOnce(const Method& method);

  const DemoLoopOptions options_;
  DeviceSide& side_;
  const Globals& globals_;
  const Clock& clock_;
  const std::atomic<bool>& stop_;
  std::unique_ptr<LiveProblem> problem_;
  double slowdown_ = 1;
};

}   // namespace partway::apps
