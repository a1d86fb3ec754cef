// Sources that end, fail, freeze, or change the size of their pictures in the middle of a run.
#include <thread>

#include "media/interruptible.h"
#include "tests/integration/live_run_fixture.h"

namespace partway {
namespace {

// So many grey pictures of sizes that change, then what `then` does.
class Odd final : public media::Source {
 public:
  Odd(int count, std::function<absl::StatusOr<std::optional<media::Picture>>()> then) : count_(count), then_(std::move(then)) {}
  absl::StatusOr<std::optional<media::Picture>> Next() override {
    if (next_ == count_) return then_();
    const int n = next_++;
    constexpr int kHeights[] = {4, 9, 4, 16, 1}, kWidths[] = {4, 5, 31, 16, 1};
    media::Picture picture{.name = std::to_string(n), .height = kHeights[n % 5], .width = kWidths[n % 5]};
    picture.rgb.assign(size_t{3} * picture.height * picture.width, static_cast<uint8_t>(n % 256));
    return picture;
  }
  media::SourceKind kind() const override { return media::SourceKind::kFolder; }
  const std::vector<media::Skipped>& skipped() const override { return skipped_; }

 private:
  const int count_;
  const std::function<absl::StatusOr<std::optional<media::Picture>>()> then_;
  int next_ = 0;
  std::vector<media::Skipped> skipped_;
};

class LiveSourceTest : public LiveRunTest {
 protected:
  ~LiveSourceTest() override { thaw_.set_value(); }
  // Freezes after so many pictures, until the test is over.
  std::unique_ptr<media::Source> Freezing(int count) {
    return media::Interruptible(
        std::make_unique<Odd>(count, [frozen = frozen_]() -> absl::StatusOr<std::optional<media::Picture>> {
          frozen.wait();
          return std::nullopt;
        }));
  }
  // Slots of 100 ms; the policy keeps all frames here.
  void Control() {
    table_ = cost::MakeTable(4, {{1, 1e-6, 1e4, 1e-6, 0.5}, {4, 1e-5, 0, 0, 0.5}});
    table_.sizes = {{4, 4}};
    control::ControllerOptions options;
    options.problem = {.options = &table_, .slot_s = 0.1, .max_latency_s = 60};
    options.slot_s = 0.1;
    options.fall_back = false;
    controller_.emplace(options, std::make_unique<HalfAndQuarter>(&seen_));
    options_.controller = &*controller_;
    options_.feeder.fps = 100;
    options_.session.depth = 0;
    options_.session.depth_max = options_.session.waiting_max = 64;
  }

  std::promise<void> thaw_;
  const std::shared_future<void> frozen_ = thaw_.get_future().share();
  cost::OptionTable table_;
  std::vector<policy::Observation> seen_;
  std::optional<control::Controller> controller_;
};

TEST_F(LiveSourceTest, PicturesThatChangeTheirSizeAreAnsweredAsOthersAre) {
  Attach(server_.server->address());
  Odd source(50, [] { return std::nullopt; });
  Run(source, server_.server->address());   // which checks each answer
  EXPECT_EQ(outcomes_[Outcome::kEdge], 50);
}

TEST_F(LiveSourceTest, PicturesThatChangeTheirSizeAreAnsweredWhereAPolicyDecides) {
  Attach(server_.server->address());
  Control();
  Odd source(50, [] { return std::nullopt; });
  Run(source, server_.server->address());
  EXPECT_EQ(ids_.size(), 50u);
  EXPECT_GT(outcomes_[Outcome::kEdge] + outcomes_[Outcome::kLocal], 0);
}

TEST_F(LiveSourceTest, ASourceThatFailsEndsTheRunAndItsFramesHaveTheirOutcomes) {
  Attach(server_.server->address());
  Odd source(20, [] { return absl::UnavailableError("the cable is out"); });
  const device::LiveResult result = Run(source, server_.server->address());
  EXPECT_EQ(outcomes_[Outcome::kEdge], 20);
  EXPECT_THAT(std::string(result.source.message()), testing::HasSubstr("the cable is out"));
}

TEST_F(LiveSourceTest, ASourceThatFreezesDoesNotHoldUpAStop) {
  Attach(server_.server->address());
  for (const bool controlled : {false, true}) {
    ids_.clear();
    if (controlled) Control();
    stop_ = false;
    on_frame_ = [&](const device::FrameRecord&) { stop_ = ids_.size() == 10; };   // the eleventh never comes
    const std::unique_ptr<media::Source> source = Freezing(10);
    EXPECT_TRUE(Run(*source, server_.server->address()).stopped);
    EXPECT_EQ(ids_.size(), 10u);
  }
}

TEST_F(LiveSourceTest, ASourceThatFreezesDoesNotHoldUpTheEndOfTheTimeAskedFor) {
  Attach(server_.server->address());
  Control();
  options_.feeder.duration = std::chrono::milliseconds(300);
  const std::unique_ptr<media::Source> source = Freezing(10);
  EXPECT_FALSE(Run(*source, server_.server->address()).stopped);
  EXPECT_EQ(ids_.size(), 10u);
}

}   // namespace
}   // namespace partway
