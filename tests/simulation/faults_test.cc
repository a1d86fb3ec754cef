// One fault at a time, and what the session makes of it.
#include <algorithm>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sim/session_simulation.h"

namespace partway::sim {
namespace {

using device::FrameRecord;
using device::Outcome;

Duration Ms(double ms) { return FromSeconds(ms * 1e-3); }

// Head 10 ms, upload 10 ms, edge 5 ms, local rest 30 ms; a frame every 25 ms; faults for 5 of 15 seconds.
SessionSimulationOptions Base() {
  SessionSimulationOptions o;
  o.session.group_count = 2;
  o.session.plan = {.from = 1, .to = 2, .size = 224};
  o.session.reply_timeout = Ms(500);
  o.frames = 600;
  o.frame_interval = Ms(25);
  o.device.group_s = {0.010, 0.030};
  o.edge.compute.group_s = {0.003, 0.005};
  o.cut_bytes = {20'000, 10'000, 0};
  o.link.up = BitsPerSecond(8e6);
  o.link.delay_up = o.link.delay_down = Ms(2);
  o.faults.until = Instant{} + std::chrono::seconds(5);
  return o;
}

SessionSimulationResult RunWell(const SessionSimulationOptions& options) {
  SessionSimulationResult result = RunSimulatedSession(options, 7);
  for (const std::string& violation : result.violations) ADD_FAILURE() << violation;
  EXPECT_EQ(result.counts.dropped, 0);
  EXPECT_EQ(result.counts.offered, options.frames);
  EXPECT_TRUE(result.connected);
  for (const FrameRecord& r : result.records) {
    if (r.captured_s > 12) {
      EXPECT_EQ(r.outcome, Outcome::kEdge) << "frame " << r.id << ": " << r.reason;
    }
  }
  return result;
}
int64_t Happened(const SessionSimulationResult& result, Fault fault) { return result.faults[static_cast<size_t>(fault)]; }

TEST(Faults, ARestartedServerLosesNoFrame) {
  SessionSimulationOptions o = Base();
  o.faults.server_restarts_per_s = 0.5;
  const auto result = RunWell(o);
  EXPECT_GE(Happened(result, Fault::kServerRestart), 1);
  EXPECT_THAT(result.notices, testing::Contains(testing::StartsWith("lost: connection re")));
  EXPECT_EQ(result.notices.back(), "reattached");
  EXPECT_GT(result.counts.local, 0);
}

TEST(Faults, ALostReplyCostsTheReplyTimeoutOnce) {
  SessionSimulationOptions o = Base();
  o.faults.reply_lost = 0.02;
  const auto result = RunWell(o);
  EXPECT_GE(Happened(result, Fault::kReplyLost), 1);
  for (const FrameRecord& r : result.records) {
    if (r.reason == "no reply within 500 ms") {
      EXPECT_GE(r.upload_s, 0.5 - 1e-9);
    }
  }
}

TEST(Faults, RepliesThatComeTwiceOrOutOfOrderChangeNothing) {
  SessionSimulationOptions o = Base();
  o.faults.reply_duplicated = 1;
  const auto result = RunWell(o);
  EXPECT_GT(Happened(result, Fault::kReplyDuplicated), 150);   // 5 s of 40 frames a second
  EXPECT_EQ(result.counts.edge, 600);
  EXPECT_THAT(result.notices, testing::IsEmpty());
}

TEST(Faults, AFullServerIsAskedLessAndLess) {
  SessionSimulationOptions o = Base();
  o.faults.server_full = 1;
  const auto result = RunWell(o);
  // In 5 s, with pauses of 0.1, 0.2, 0.4, 0.8, 1.6, 2 s: six tries, and a few that were under way beside them.
  EXPECT_GE(Happened(result, Fault::kServerFull), 5);
  EXPECT_LE(Happened(result, Fault::kServerFull), 12);
  EXPECT_THAT(result.notices, testing::IsEmpty());
}

TEST(Faults, AStalledLinkIsSeenThroughTheDeadlinesAndTheDeviceGoesOnAlone) {
  SessionSimulationOptions o = Base();
  o.session.deadline = Ms(150);
  o.faults.link_stalls_per_s = 0.3;
  o.faults.stall_max = std::chrono::seconds(3);
  const SessionSimulationResult result = RunSimulatedSession(o, 7);
  EXPECT_THAT(result.violations, testing::IsEmpty());
  EXPECT_GE(Happened(result, Fault::kLinkStall), 1);
  EXPECT_THAT(result.notices, testing::Contains("lost: frames were sent and nothing came back"));
  EXPECT_TRUE(result.connected);
  // A stall costs the frames that were in flight, not those after them.
  EXPECT_LE(result.counts.dropped, 60);
  EXPECT_GT(result.counts.local, result.counts.dropped);
}

TEST(Faults, AServerThatRefusesTheModelIsAskedAgainAndComesBack) {
  SessionSimulationOptions o = Base();
  o.faults.model_forgotten = 0.05;
  const auto result = RunWell(o);
  EXPECT_THAT(result.notices, testing::Contains(testing::StartsWith("refused: no such model")));
}

TEST(Faults, ErrorsOfTheEdgeAreFinishedLocallyOnlyForTheirFrame) {
  SessionSimulationOptions o = Base();
  o.faults.edge_error = 0.3;
  const auto result = RunWell(o);
  EXPECT_EQ(result.counts.local, Happened(result, Fault::kEdgeError));
  EXPECT_THAT(result.notices, testing::IsEmpty());
}

}   // namespace
}   // namespace partway::sim
