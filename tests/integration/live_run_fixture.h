// The live runtime on small real parts, against the server of server_harness.h: a source of grey pictures whose answers are known, and a run that checks each
// frame as it ends.
#pragma once

#include <atomic>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "control/controller.h"
#include "cost/test_tables.h"
#include "device/live/grpc_channel.h"
#include "device/live/live_run.h"
#include "net/address.h"
#include "net/link_relay.h"
#include "tests/integration/server_harness.h"

namespace partway {

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

}   // namespace partway
