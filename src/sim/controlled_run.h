// A live run played again in virtual time: the real control loop (control/slot_loop.h, control/controller.h) and the real session on one device, its frames as
// they came, a link and an edge. What a policy sees of link, load and speeds is estimated from the simulated messages just as a live run estimates it
// from real ones. Where live work takes what it takes, here it takes the option table's seconds over the machine's speed at that time.
//
// The same run and seed give the same result on every machine.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "control/controller.h"
#include "cost/option_table.h"
#include "device/session.h"
#include "edge/scheduler.h"
#include "sim/event_simulator.h"
#include "sim/simulated_channel.h"

namespace partway::sim {

struct ArrivingFrame {
  Instant captured, arrived;   // when the session is offered it, not before
};

// Times as fast as the option table says, from then on; and the share of the edge's time that others ask for.
struct MachineSpeeds {
  Instant from;
  double device = 1, edge = 1;
  double others = 0;
};

struct ControlledRun {
  static constexpr size_t kMostFrames = 5'000'000;

  const cost::OptionTable* options = nullptr;   // with an all-local row for every size; outlives the run
  control::Controller* controller = nullptr;    // made for those options; no other run may have it
  std::optional<double> fps;           // of the source where it is known, for the frames that a slot will bring; null: counted
  std::vector<ArrivingFrame> frames;   // ascending by arrival
  std::vector<MachineSpeeds> speeds;   // ascending; before the first, the first's
  std::map<int, double> prepare_s;     // of a frame, by size in pixels; of others the nearest size's
  EventLink link;                      // its queue counts nothing here
  CallBytes call;
  int64_t request_bytes = 0;        // of a request beside what the option table says
  device::SessionOptions session;   // group_count and plan are set from the options
  Duration warm_up{0};              // before the first frame's arrival the link is probed
  int edge_workers = 1;
  edge::SchedulerLimits edge_limits;
  double others_s = 0.01;                        // of a worker, for each request of others
  Duration time_max = std::chrono::hours(100);   // after the last frame
};

struct ControlledResult {
  std::vector<device::FrameRecord> records;   // in order of their outcomes
  std::vector<control::SlotReport> slots;
  bool done = false;   // every frame has its outcome
};

// Errors, InvalidArgument: frames out of order, before the start of time or too many, speeds that are not above 0 or not ascending, shares of others outside 0..1, a size without an all-local
// row, workers below 1.
absl::StatusOr<ControlledResult> RunControlled(const ControlledRun& run, uint64_t seed);

}   // namespace partway::sim
