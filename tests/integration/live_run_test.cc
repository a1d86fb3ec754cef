// The live runtime against a real server, through a real link: every frame ends once and rightly, whatever happens to the server.
#include "device/live/live_run.h"

#include <future>
#include <set>
#include <thread>

#include "control/controller.h"
#include "cost/test_tables.h"
#include "device/live/grpc_channel.h"
#include "net/address.h"
#include "net/link_relay.h"
#include "tests/integration/server_harness.h"

namespace partway {
namespace {

using device::Outcome;

// So many grey pictures, each of its own brightness; endless without a number.
class Greys final : public media::Source {
 public:
  explicit Greys(std::optional<int> count = std::nullopt) : count_(count) {}
  absl::StatusOr<std::optional<media::Picture>> Next() override {
    if (count_ && next_ >= *count_) return std::nullopt;
    const int n = next_++;
    media::Picture picture{.name = std::to_string(n), .height = 4, .width = 4};
    picture.rgb.assign(48, static_cast<uint8_t>(n % 256));
    return picture;
  }
  media::SourceKind kind() const override { return media::SourceKind::kFolder; }
  const std::vector<media::Skipped>& skipped() const override { return skipped_; }

 private:
  std::optional<int> count_;
  int next_ = 0;
  std::vector<media::Skipped> skipped_;
};

class LiveRunTest : public testing::Test {
 protected:
  LiveRunTest() : engine_(*engine::MakeOrtEngine({})) {
    const auto types = engine::ProbeTypes(*server_.Grouping()->graph, {4, 4});
    EXPECT_TRUE(types.ok()) << types.status();
    auto chain = engine::GroupChain::Build(*engine_, server_.Grouping(), *types);
    EXPECT_TRUE(chain.ok()) << chain.status();
    chain_ = *std::move(chain);
    config_.mean = {0, 0, 0};
    config_.std = {1, 1, 1};
    config_.kind = media::OutputKind::kTensor;
    options_.session.group_count = 4;
    options_.session.plan = {.from = 1, .to = 3, .size = 4};
    options_.session.depth = 3;
    options_.session.waiting_max = 1;
    options_.session.probe_first = std::chrono::milliseconds(10);
    options_.session.reply_timeout = std::chrono::seconds(60);
    options_.attach = {.device = "test",
                       .model = "arithmetic",
                       .model_sha256 = server_.model->sha256,
                       .positions = server_.Grouping()->positions};
    observer_.frame = [this](const device::LiveFrame& frame) {
      const device::FrameRecord& r = frame.record;
      EXPECT_TRUE(ids_.insert(r.id).second) << "frame " << r.id << " ended twice";
      ++outcomes_[r.outcome];
      if (r.outcome != Outcome::kDropped) {
        ASSERT_EQ(frame.outputs.size(), 1u);
        // Every pixel of picture n is n, and so the model's answer is the same everywhere.
        const float expected = Arithmetic(static_cast<float>(std::stoi(frame.picture.name) % 256));
        for (const float v : frame.outputs[0].tensor.floats()) ASSERT_FLOAT_EQ(v, expected) << "frame " << r.id;
      }
      if (on_frame_) on_frame_(r);
    };
    observer_.notice = [this](Instant, const std::string& kind, const std::string&) {
      notices_.push_back(kind);
      if (on_notice_) on_notice_(kind);
    };
  }

  device::LiveResult Run(media::Source& source, const std::string& address) {
    const auto channel = *device::MakeGrpcChannel({.address = address});
    auto result = device::RunLive(options_, clock_, *chain_, source, config_, channel.get(), observer_, stop_);
    EXPECT_TRUE(result.ok()) << result.status();
    server_.gate.Open();
    channel->Shutdown();
    EXPECT_EQ(result->counts.offered, static_cast<int64_t>(ids_.size()));
    EXPECT_EQ(result->counts.edge + result->counts.local + result->counts.dropped, result->counts.offered);
    return *result;
  }
  // The server must know the grouping before frames are sent, as after the attach that begins every run.
  void Attach(const std::string& address) {
    const auto channel = *device::MakeGrpcChannel({.address = address});
    std::promise<absl::Status> done;
    channel->Attach(options_.attach, std::chrono::seconds(60),
                    [&](const absl::StatusOr<wire::AttachReply>& r) { done.set_value(r.status()); });
    const absl::Status status = done.get_future().get();
    ASSERT_TRUE(status.ok()) << status;
    channel->Shutdown();
  }
  std::unique_ptr<net::LinkRelay> Relay() {
    net::LinkOptions link;
    link.to = *net::ParseAddress(server_.server->address());
    auto relay = net::LinkRelay::Start(link);
    EXPECT_TRUE(relay.ok()) << relay.status();
    return *std::move(relay);
  }

  ServerHarness server_;
  SteadyClock clock_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<engine::GroupChain> chain_;
  media::ModelConfig config_;
  device::LiveOptions options_;
  device::LiveObserver observer_;
  std::atomic<bool> stop_{false};
  std::set<uint64_t> ids_;
  std::map<Outcome, int> outcomes_;
  std::vector<std::string> notices_;
  std::function<void(const device::FrameRecord&)> on_frame_;
  std::function<void(const std::string&)> on_notice_;
};

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

// The same shares every slot: every second frame leaves after the first group, a quarter stays, a quarter is left out. It remembers what it saw.
class HalfAndQuarter final : public policy::Policy {
 public:
  explicit HalfAndQuarter(std::vector<policy::Observation>* seen) : seen_(seen) {}
  policy::Decision Decide(const policy::Observation& seen) const override {
    policy::Decision decision;
    decision.Add({0, seen.frames / 2});
    decision.Add({1, seen.frames / 4});
    return decision;
  }
  void Update(const policy::Observation& seen, const policy::Decision&, const policy::Outcome&) override {
    seen_->push_back(seen);
  }

 private:
  std::vector<policy::Observation>* seen_;
};

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
