// A thousand random runs with faults, none of which may break the session's contract. To replay one with its trace:
//   PARTWAY_SEED=123 simulation_test --gtest_filter='ThousandSeeds.*'
// PARTWAY_SEEDS=N runs N of them, PARTWAY_FIRST_SEED=N begins there.
#include <cstdint>
#include <iostream>
#include <optional>
#include <set>
#include <string>

#include "gtest/gtest.h"
#include "sim/session_simulation.h"
#include "tests/simulation/replay.h"

namespace partway::sim {
namespace {

void ExpectGood(uint64_t seed, const SessionSimulationResult& result) {
  for (const std::string& violation : result.violations) {
    ADD_FAILURE() << "seed " << seed << ": " << violation << "\nreplay: " << ReplayCommand(seed, "ThousandSeeds");
  }
}

TEST(ThousandSeeds, NoFaultBreaksTheContractOfTheSession) {
  if (const std::optional<uint64_t> seed = FromEnvironment("PARTWAY_SEED")) {
    const SessionSimulationResult result = RunRandomSession(*seed, true);
    std::cout << result.trace;
    ExpectGood(*seed, result);
    return;
  }
  const uint64_t first = FromEnvironment("PARTWAY_FIRST_SEED").value_or(1);
  const uint64_t seeds = FromEnvironment("PARTWAY_SEEDS").value_or(1000);
  device::SessionCounts counts;
  FaultCounts faults{};
  std::set<std::string> notices, reasons;
  int failed = 0;
  for (uint64_t seed = first; seed < first + seeds && failed < 5; ++seed) {
    const SessionSimulationResult result = RunRandomSession(seed, false);
    ExpectGood(seed, result);
    failed += result.violations.empty() ? 0 : 1;
    counts.offered += result.counts.offered;
    counts.edge += result.counts.edge;
    counts.local += result.counts.local;
    counts.dropped += result.counts.dropped;
    counts.deadline_misses += result.counts.deadline_misses;
    for (int f = 0; f < kFaultCount; ++f) faults[static_cast<size_t>(f)] += result.faults[static_cast<size_t>(f)];
    for (const std::string& notice : result.notices) notices.insert(notice.substr(0, notice.find(':')));
    for (const device::FrameRecord& r : result.records) reasons.insert(r.reason.substr(0, r.reason.find_first_of(":0123456789")));
  }
  EXPECT_EQ(counts.offered, counts.edge + counts.local + counts.dropped);
  std::cout << counts.offered << " frames: " << counts.edge << " edge, " << counts.local << " local, " << counts.dropped
            << " dropped, " << counts.deadline_misses << " deadlines missed\n";
  for (int f = 0; f < kFaultCount; ++f) {
    std::cout << FaultName(static_cast<Fault>(f)) << ": " << faults[static_cast<size_t>(f)] << "\n";
  }
  if (failed > 0 || seeds < 1000) return;
  // The runs are worth something only if all that can happen did: every fault often, every way for a frame to end.
  for (int f = 0; f < kFaultCount; ++f) EXPECT_GE(faults[static_cast<size_t>(f)], 100) << FaultName(static_cast<Fault>(f));
  EXPECT_EQ(notices, (std::set<std::string>{"lost", "reattached", "refused"}));
  for (const char* reason : {"", "a newer frame took its place", "compute error, by a fault", "deadline", "edge", "late for ",
                             "no reply within ", "no server", "prepare error, by a fault", "server full"}) {
    EXPECT_TRUE(reasons.contains(reason)) << "no frame ended for this reason: " << reason;
  }
  EXPECT_GT(counts.edge, counts.offered / 4);
  EXPECT_GT(counts.local, counts.offered / 20);
}

TEST(ThousandSeeds, TheSameSeedGivesTheSameRunByteForByte) {
  std::set<std::string> traces;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const std::string trace = RunRandomSession(seed, true).trace;
    EXPECT_FALSE(trace.empty());
    EXPECT_EQ(trace, RunRandomSession(seed, true).trace) << "seed " << seed;
    traces.insert(trace);
  }
  EXPECT_EQ(traces.size(), 20u);   // and another seed another run
}

}   // namespace
}   // namespace partway::sim
