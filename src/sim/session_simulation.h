// One device, its session and an edge server in virtual time: frames from a source, stages of given length, a link, and faults from
// a seed. The session and the edge's scheduler are the product's own. Every run is watched by a SessionChecker; the same options
// and seed give the same run, byte for byte.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/units.h"
#include "device/session.h"
#include "sim/compute_model.h"
#include "sim/faults.h"
#include "sim/simulated_edge.h"

namespace partway::sim {

struct SimulatedLink {
  BitsPerSecond up{0}, down{0};   // 0: no limit
  Duration delay_up{0}, delay_down{0};
  int64_t queue_bytes = int64_t{1} << 30;
};

struct PlanChange {
  Instant at;
  device::Plan plan;
};

struct SessionSimulationOptions {
  device::SessionOptions session;
  int64_t frames = 100;
  Duration frame_interval{0};   // 0: as fast as the session takes them, as from a file
  Duration prepare{0};
  Duration encode{0};         // of a frame whose codec is not raw
  double encoded_share = 1;   // of cut_bytes, what such a codec leaves
  ComputeModel device;        // one entry a group
  SimulatedEdgeOptions edge;
  std::vector<int64_t> cut_bytes;   // one entry a cut (0..N), at the device model's reference size
  SimulatedLink link;
  Faults faults;
  std::vector<PlanChange> plan_changes;        // in order of time
  Duration time_max = std::chrono::hours(1);   // of virtual time; a run that is not done by then does not end
  bool keep_trace = false;                     // every event and command as a line of text
};

struct SessionSimulationResult {
  std::vector<device::FrameRecord> records;   // in order of their outcomes
  std::vector<std::string> notices;           // "lost: why"
  device::SessionCounts counts;
  FaultCounts faults{};
  bool connected = false;   // at the end
  Instant ended;
  int depth = 0;   // in force at the end
  // What the contract of the session forbids, with the time and the frame; empty for a good run.
  std::vector<std::string> violations;
  std::string trace;
};

// Asserts that the options fit together (entries a group and a cut; a plan that exists). Thread-safe.
SessionSimulationResult RunSimulatedSession(const SessionSimulationOptions& options, uint64_t seed);

// A run drawn from a seed: model, plan, depth, source, deadline, link, limits and faults all random, the last few seconds without
// faults; then the session must be back at the edge (`recovered_by` says from when).
struct RandomRun {
  SessionSimulationOptions options;
  Instant recovered_by;
};
RandomRun DrawRandomRun(uint64_t seed);
// Runs it; what it forbids includes a session that did not return to the edge.
SessionSimulationResult RunRandomSession(uint64_t seed, bool keep_trace);

}   // namespace partway::sim
