// Several devices on one edge, drawn from a seed, with faults: none may break a session's contract, lose a frame, or exceed a bound of the
// edge. To replay one:
//   PARTWAY_SEED=123 simulation_test --gtest_filter='ManyDevices.*'
// PARTWAY_SEEDS=N runs N of them, PARTWAY_FIRST_SEED=N begins there.
#include <iostream>
#include <set>
#include <string>

#include "gtest/gtest.h"
#include "sim/event_simulator.h"
#include "tests/simulation/replay.h"

namespace partway::sim {
namespace {

void ExpectGood(uint64_t seed, const RandomEventRun& run) {
  for (const std::string& violation : run.violations) {
    ADD_FAILURE() << "seed " << seed << ": " << violation << "\nreplay: " << ReplayCommand(seed, "ManyDevices");
  }
}

TEST(ManyDevices, NoFaultBreaksAContractLosesAFrameOrExceedsABound) {
  if (const std::optional<uint64_t> seed = FromEnvironment("PARTWAY_SEED")) {
    const RandomEventRun run = RunRandomEvents(*seed);
    for (size_t i = 0; i < run.result.devices.size(); ++i) {
      for (const device::FrameRecord& r : run.result.devices[i].records) {
        std::cout << "device " << i + 1 << ", frame " << r.id << " of " << r.captured_s << " s, cut " << r.cut << ": "
                  << OutcomeName(r.outcome) << " after " << r.latency_s << " s" << (r.reason.empty() ? "" : ", ") << r.reason
                  << "\n";
      }
      for (const std::string& notice : run.result.devices[i].notices) std::cout << "device " << i + 1 << " " << notice << "\n";
    }
    ExpectGood(*seed, run);
    return;
  }
  const uint64_t first = FromEnvironment("PARTWAY_FIRST_SEED").value_or(1),
                 seeds = FromEnvironment("PARTWAY_SEEDS").value_or(400);
  int failed = 0;
  int64_t edge = 0, local = 0, dropped = 0, left_out = 0;
  FaultCounts faults{};
  std::set<std::string> reasons;
  for (uint64_t seed = first; seed < first + seeds && failed < 5; ++seed) {
    const RandomEventRun run = RunRandomEvents(seed);
    ExpectGood(seed, run);
    failed += run.violations.empty() ? 0 : 1;
    for (size_t f = 0; f < kFaultCount; ++f) faults[f] += run.result.edge_faults[f];
    for (const EventDeviceResult& d : run.result.devices) {
      edge += d.counts.edge, local += d.counts.local, dropped += d.counts.dropped, left_out += d.left_out;
      for (size_t f = 0; f < kFaultCount; ++f) faults[f] += d.faults[f];
      for (const device::FrameRecord& r : d.records) reasons.insert(r.reason.substr(0, r.reason.find_first_of("(0123456789")));
    }
  }
  std::cout << edge << " frames edge, " << local << " local, " << dropped << " dropped, of these " << left_out << " left out\n";
  if (failed > 0 || seeds < 400) return;
  // Everything that can happen did.
  for (size_t f = 0; f < kFaultCount; ++f) EXPECT_GE(faults[f], 20) << FaultName(static_cast<Fault>(f));
  for (const char* reason : {"server full: the server's queue is full ", "server full: the server holds ",
                             "server full: the server has work of ", "server full: pausing uploads", "left out by the policy",
                             "no server: connection reset: the server went away", "a newer frame took its place"}) {
    EXPECT_TRUE(reasons.contains(reason)) << "no frame ended for this reason: " << reason;
  }
  EXPECT_GT(edge, (local + dropped - left_out) / 8);
}

std::string Bytes(const RandomEventRun& run) {
  std::string bytes;
  const auto add = [&](const auto& value) { bytes.append(reinterpret_cast<const char*>(&value), sizeof value); };
  for (const EventDeviceResult& d : run.result.devices) {
    for (const device::FrameRecord& r : d.records) {
      add(r.id), add(r.captured_s), add(r.latency_s), add(r.upload_s), add(r.edge_queue_s), add(r.outcome);
      bytes += r.reason;
    }
    for (const EventSlot& slot : d.slots) add(slot.outcome.latency_s), add(slot.outcome.processed);
  }
  return bytes;
}

TEST(ManyDevices, TheSameSeedGivesTheSameRunByteForByte) {
  std::set<std::string> runs;
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    const std::string bytes = Bytes(RunRandomEvents(seed));
    EXPECT_FALSE(bytes.empty());
    EXPECT_EQ(bytes, Bytes(RunRandomEvents(seed))) << "seed " << seed;
    runs.insert(bytes);
  }
  EXPECT_EQ(runs.size(), 10u);   // and another seed another run
}

}   // namespace
}   // namespace partway::sim
