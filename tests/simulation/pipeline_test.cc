// The arithmetic of the pipeline (Parecon, Fig. 1): without faults, jitter or delay the simulated session must take exactly the
// times that a pencil gives.
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "sim/session_simulation.h"

namespace partway::sim {
namespace {

constexpr double kExact = 1e-6;   // rates are rounded to whole nanoseconds

Duration Ms(double ms) { return FromSeconds(ms * 1e-3); }

struct StageMs {
  double head, upload, edge, tail = 0;
};

// Three groups, one a stage; 8 Mbps, so that an upload of u ms is 1000 u bytes.
SessionSimulationOptions Pipeline(const StageMs& ms, int depth) {
  SessionSimulationOptions o;
  o.session.group_count = 3;
  o.session.plan = {.from = 1, .to = ms.tail > 0 ? 2 : 3, .size = 224};
  o.session.depth = depth;
  o.frames = 60;
  o.device.group_s = {ms.head * 1e-3, ms.edge * 1e-3, ms.tail * 1e-3};
  o.edge.compute.group_s = {0, ms.edge * 1e-3, 0};
  const auto bytes = static_cast<int64_t>(ms.upload * 1000);
  o.cut_bytes = {4 * bytes, bytes, 1000, 0};
  o.link.up = BitsPerSecond(8e6);
  return o;
}

SessionSimulationResult RunWell(const SessionSimulationOptions& options) {
  SessionSimulationResult result = RunSimulatedSession(options, 1);
  for (const std::string& violation : result.violations) ADD_FAILURE() << violation;
  EXPECT_EQ(result.counts.edge, options.frames);
  return result;
}

// Mean time between outcomes in the second half of the run.
double Period(const SessionSimulationResult& result) {
  const auto end = [](const device::FrameRecord& r) { return r.captured_s + r.latency_s; };
  const auto& r = result.records;
  const size_t half = r.size() / 2;
  return (end(r.back()) - end(r[half - 1])) / static_cast<double>(half);
}
double FromHead(const device::FrameRecord& r) { return r.captured_s + r.latency_s - r.head_at_s; }

TEST(Pipeline, OneFrameAtATimeTakesTheSumOfTheStages) {
  const auto result = RunWell(Pipeline({.head = 30, .upload = 10, .edge = 5, .tail = 2}, 1));
  EXPECT_NEAR(Period(result), 0.047, kExact);   // 30 + 10 + 5 + 2
}

// Fig. 1b: the head of the next frame runs while this one uploads; throughput is one frame per head, latency the sum.
TEST(Pipeline, WithASlowHeadAFrameLeavesPerHeadAndNoneWaits) {
  const auto result = RunWell(Pipeline({.head = 30, .upload = 10, .edge = 5}, 0));
  EXPECT_NEAR(Period(result), 0.030, kExact);
  EXPECT_EQ(result.depth, 2);   // 45 / 30, rounded up
  for (const auto& r : result.records) {
    EXPECT_NEAR(FromHead(r), 0.045, kExact) << "frame " << r.id;   // 30 + 10 + 5
    EXPECT_NEAR(r.upload_s, 0.010, kExact);
    EXPECT_NEAR(r.edge_s, 0.005, kExact);
    EXPECT_NEAR(r.edge_queue_s, 0, kExact);
  }
}

// Fig. 1c: uploads run back to back; throughput is one frame per upload.
TEST(Pipeline, WithASlowUploadUploadsRunBackToBack) {
  const auto result = RunWell(Pipeline({.head = 10, .upload = 30, .edge = 5}, 0));
  EXPECT_NEAR(Period(result), 0.030, kExact);
  EXPECT_EQ(result.depth, 2);   // 45 / 30, rounded up
  for (size_t i = 2; i < result.records.size(); ++i) {
    const auto& before = result.records[i - 1];
    const auto& r = result.records[i];
    // The upload ends where the one before it ended, plus its own time on the link.
    EXPECT_NEAR(r.upload_at_s + r.upload_s, before.upload_at_s + before.upload_s + 0.030, kExact) << "frame " << r.id;
    // Its head began when the frame before last was done, 15 ms after the link had been freed by that: it waits no longer than it must.
    EXPECT_NEAR(FromHead(r), 0.060, kExact);   // two frames under way, one done every 30 ms
  }
}

TEST(Pipeline, WithASlowEdgeAFrameLeavesPerEdge) {
  const auto result = RunWell(Pipeline({.head = 5, .upload = 10, .edge = 40}, 0));
  EXPECT_NEAR(Period(result), 0.040, kExact);
  EXPECT_EQ(result.depth, 2);   // 55 / 40
}

TEST(Pipeline, ThreeEqualStagesNeedThreeFrames) {
  const auto result = RunWell(Pipeline({.head = 20, .upload = 20, .edge = 20}, 0));
  EXPECT_NEAR(Period(result), 0.020, kExact);
  EXPECT_EQ(result.depth, 3);   // 60 / 20
}

TEST(Pipeline, HeadAndTailShareTheDevice) {
  const auto result = RunWell(Pipeline({.head = 20, .upload = 10, .edge = 10, .tail = 10}, 0));
  // 20 + 10 on the device; over 30 frames, give or take the 10 ms that tell a head's end from a tail's at either end.
  EXPECT_NEAR(Period(result), 0.030, 0.010 / 30 + kExact);
}

// A far server: the link's delay adds to every frame's latency but takes none of the link's time, so more frames are kept under way.
TEST(Pipeline, DelayIsFilledWithMoreFrames) {
  SessionSimulationOptions o = Pipeline({.head = 5, .upload = 20, .edge = 5}, 0);
  o.link.delay_up = o.link.delay_down = Ms(20);
  o.frames = 120;
  const auto result = RunWell(o);
  EXPECT_EQ(result.depth, 4);   // (5 + 20 + 40 + 5) / 20 = 3.5
  EXPECT_NEAR(Period(result), 0.020, kExact);
}

TEST(Pipeline, TheChosenDepthKeepsToItsBound) {
  SessionSimulationOptions o = Pipeline({.head = 5, .upload = 20, .edge = 5}, 0);
  o.link.delay_up = o.link.delay_down = Ms(200);
  o.session.depth_max = 6;
  const auto result = RunWell(o);
  EXPECT_EQ(result.depth, 6);                     // 430 / 20 = 21.5 would be wanted
  EXPECT_NEAR(Period(result), 0.430 / 6, 1e-3);   // six frames a round
}

TEST(Pipeline, TwoComputeSlotsHalveTheHeads) {
  SessionSimulationOptions o = Pipeline({.head = 40, .upload = 10, .edge = 5}, 0);
  o.session.compute_slots = 2;
  const auto result = RunWell(o);
  EXPECT_NEAR(Period(result), 0.020, 1e-3);   // 40 / 2
}

TEST(Pipeline, ACameraFasterThanTheLinkLosesItsOldestFramesAndKeepsTheLinkBusy) {
  SessionSimulationOptions o = Pipeline({.head = 10, .upload = 40, .edge = 5}, 0);
  o.session.drop_oldest = true;
  o.session.waiting_max = 1;
  o.frame_interval = Ms(20);   // 50 a second, the link takes 25
  o.frames = 500;
  const SessionSimulationResult result = RunSimulatedSession(o, 1);
  EXPECT_TRUE(result.violations.empty());
  EXPECT_NEAR(static_cast<double>(result.counts.edge), 250, 8);
  EXPECT_EQ(result.counts.edge + result.counts.dropped, 500);
  for (const auto& r : result.records) {
    if (r.outcome == device::Outcome::kDropped) {
      EXPECT_EQ(r.reason, "a newer frame took its place");
    }
  }
}

}   // namespace
}   // namespace partway::sim
