// The live runtime against a real server, through a real link: every frame ends once and rightly, whatever happens to the server.
#include <set>
#include <thread>

#include "tests/integration/live_run_fixture.h"

namespace partway {
namespace {

TEST_F(LiveRunTest, DeviceEdgeDeviceAnswersEveryFrameOfAFile) {
  Attach(server_.server->address());
  Greys source(300);
  Run(source, server_.server->address());
  EXPECT_EQ(outcomes_[Outcome::kEdge], 300);
  EXPECT_TRUE(notices_.empty());
}

TEST_F(LiveRunTest, EncodedFramesAnswerAsRawOnesDo) {
  Attach(server_.server->address());
  // Pictures of one grey each: every one of these codecs keeps them.
  for (const auto& [cut, codec] : {std::pair(1, "int8-ch-ec"), {2, "fp16"}, {0, "raw8"}, {0, "raw8-ec"}, {0, "jpeg:90"}}) {
    options_.session.plan = {.from = cut, .to = 3, .size = 4, .codec = codec};
    ids_.clear();
    outcomes_.clear();
    double encode_s = 0;
    on_frame_ = [&, codec = codec](const device::FrameRecord& r) {
      encode_s += r.encode_s;
      EXPECT_EQ(r.codec, codec);
    };
    Greys source(50);
    Run(source, server_.server->address());
    EXPECT_EQ(outcomes_[Outcome::kEdge], 50) << codec;
    EXPECT_GT(encode_s, 0) << codec;
  }
}

TEST_F(LiveRunTest, WhatCannotBeEncodedIsFinishedHere) {
  Attach(server_.server->address());
  options_.session.plan.codec = "no such codec";
  std::set<std::string> reasons;
  on_frame_ = [&](const device::FrameRecord& r) { reasons.insert(r.reason); };
  Greys source(5);
  Run(source, server_.server->address());
  EXPECT_EQ(outcomes_[Outcome::kLocal], 5);
  ASSERT_EQ(reasons.size(), 1u);
  EXPECT_THAT(*reasons.begin(), testing::StartsWith("not encoded: codec 'no such codec' is not known"));
}

TEST_F(LiveRunTest, WithoutAChannelAllRunsHere) {
  options_.session.plan = {.from = 4, .to = 4, .size = 4};
  Greys source(20);
  auto result = device::RunLive(options_, clock_, *chain_, source, config_, nullptr, observer_, stop_);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(outcomes_[Outcome::kLocal], 20);
}

TEST_F(LiveRunTest, FramesOfAServerThatDiesAreFinishedHere) {
  Attach(server_.server->address());
  const std::string address = server_.server->address();
  Greys source(100);
  server_.gate.Close();
  // Once a frame is being computed there, the server goes, and what it had goes with it.
  std::thread killer([this] {
    server_.gate.WaitFor(1);
    server_.gate.Open();
    server_.server.reset();
  });
  Run(source, address);
  killer.join();
  EXPECT_EQ(ids_.size(), 100u);
  EXPECT_EQ(outcomes_[Outcome::kDropped], 0);
  EXPECT_GT(outcomes_[Outcome::kLocal], 0);
  ASSERT_FALSE(notices_.empty());
  EXPECT_EQ(notices_.front(), "lost");
}

TEST_F(LiveRunTest, ReturnsToTheEdgeWhenTheLinkComesBack) {
  Attach(server_.server->address());
  const std::unique_ptr<net::LinkRelay> relay = Relay();
  Greys source;
  bool back = false;
  on_frame_ = [&](const device::FrameRecord& r) {
    if (r.id == 20) relay->SetDown(true);
    if (back && r.outcome == Outcome::kEdge) stop_ = true;
  };
  on_notice_ = [&](const std::string& kind) {
    if (kind == "lost") relay->SetDown(false);
    if (kind == "reattached") back = true;
  };
  options_.drain = std::chrono::seconds(60);
  Run(source, net::AddressString(relay->address()));
  EXPECT_TRUE(back);
  EXPECT_EQ(outcomes_[Outcome::kDropped], 0);
  EXPECT_GT(outcomes_[Outcome::kLocal], 0);
}

TEST_F(LiveRunTest, StoppingDropsWhatHasNoAnswerAndSaysSo) {
  Attach(server_.server->address());
  Greys source;
  server_.gate.Close();
  options_.drain = Duration(0);
  std::set<std::string> reasons;
  on_frame_ = [&](const device::FrameRecord& r) { reasons.insert(r.reason); };
  std::thread stopper([this] {
    server_.gate.WaitFor(1);
    stop_ = true;
  });
  EXPECT_TRUE(Run(source, server_.server->address()).stopped);
  stopper.join();
  EXPECT_GT(outcomes_[Outcome::kDropped], 0);
  EXPECT_EQ(reasons, std::set<std::string>{"stopped before an answer"});
}

// Slots of 100 ms with 8 frames each. The server in this process answers at once, so after the first slot the uplink is known, from stamps of
// its clock and not of ours. How many frames a slot brings, and so where the shares' remainders fall, is up to the machine; that each frame ends once is not.
TEST_F(LiveRunTest, AControllerGivesEveryFrameItsOptionAndHearsWhatBecameOfIt) {
  Attach(server_.server->address());
  cost::OptionTable table = cost::MakeTable(4, {{1, 1e-6, 1e4, 1e-6, 0.5}, {4, 1e-5, 0, 0, 0.5}});
  table.sizes = {{4, 4}};
  std::vector<policy::Observation> seen;
  control::ControllerOptions options;
  options.problem = {.options = &table, .slot_s = 0.1, .max_latency_s = 60};
  options.slot_s = 0.1;
  options.fall_back = false;
  control::Controller controller(options, std::make_unique<HalfAndQuarter>(&seen));
  options_.controller = &controller;
  options_.feeder.fps = 80;
  options_.feeder.frames_max = 80;
  options_.session.depth = 0;
  options_.session.depth_max = options_.session.waiting_max = 64;
  int left_out = 0, slots = 0;
  on_frame_ = [&](const device::FrameRecord& r) { left_out += r.reason == "left out by the policy" ? 1 : 0; };
  observer_.slot = [&](const control::SlotReport& slot) {
    ++slots;
    EXPECT_EQ(slot.decision.frames(), slot.seen.frames / 2 + slot.seen.frames / 4);
  };
  Greys source;
  Run(source, server_.server->address());
  EXPECT_EQ(ids_.size(), 80u);
  EXPECT_GT(outcomes_[Outcome::kEdge], 0);
  EXPECT_GT(outcomes_[Outcome::kLocal], 0);
  EXPECT_GT(left_out, 0);
  EXPECT_EQ(outcomes_[Outcome::kDropped], left_out) << "nothing else is dropped";
  ASSERT_GE(slots, 2);
  EXPECT_EQ(static_cast<int>(seen.size()), slots);
  EXPECT_GT(seen.back().state.uplink_bps, 0) << "the probes of the warm-up have told";
}

// Everything takes three times as long, and nothing else changes.
TEST_F(LiveRunTest, ASlowedDeviceStillAnswersEveryFrame) {
  Attach(server_.server->address());
  options_.slowdown = 3;
  Greys source(20);
  Run(source, server_.server->address());
  EXPECT_EQ(outcomes_[Outcome::kEdge], 20);
}

}   // namespace
}   // namespace partway
