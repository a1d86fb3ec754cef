#include "control/slot_loop.h"

#include "gmock/gmock.h"
#include "policy/test_problems.h"

namespace partway::control {
namespace {

// Leaves everything out and remembers how many frames it was told of.
class Counting final : public policy::Policy {
 public:
  explicit Counting(std::vector<int>* frames) : frames_(frames) {}
  policy::Decision Decide(const policy::Observation& seen) const override {
    frames_->push_back(seen.frames);
    return {};
  }

 private:
  std::vector<int>* frames_;
};

class SlotLoopTest : public testing::Test {
 protected:
  SlotLoopTest() {
    ControllerOptions options;
    options.problem = policy::PaperLikeProblem(table_);
    options.fall_back = false;
    controller_ = std::make_unique<Controller>(options, std::make_unique<Counting>(&frames_));
  }
  SlotLoop Make(std::optional<double> fps) {
    return SlotLoop(controller_.get(), fps, [this](uint64_t message, size_t padding) { probes_.emplace_back(message, padding); });
  }
  static Instant At(double s) { return Instant{FromSeconds(s)}; }

  const cost::OptionTable table_ = policy::PaperLikeTable();
  std::vector<int> frames_;
  std::vector<std::pair<uint64_t, size_t>> probes_;
  std::unique_ptr<Controller> controller_;
};

// 12.5 frames a second in slots of 1 s: 12 and 13 in turn. The first slot begins with the first frame, at 10 s.
TEST_F(SlotLoopTest, TellsHowManyFramesASlotWillBring) {
  SlotLoop loop = Make(12.5);
  EXPECT_FALSE(loop.next());
  EXPECT_FALSE(loop.Turn(At(9), true)) << "no frame has come";
  loop.Take(0, At(10), At(10), true);
  EXPECT_EQ(loop.next(), At(11));
  EXPECT_FALSE(loop.Turn(At(10.999), true));
  EXPECT_TRUE(loop.Turn(At(11), true));
  EXPECT_TRUE(loop.Turn(At(12), true));
  EXPECT_THAT(frames_, testing::ElementsAre(12, 13, 12));
}

// A source that does not say is taken for one of 30 a second, then for as many as the slot before brought; slots that were slept through are not made up
// for.
TEST_F(SlotLoopTest, CountsFramesOfASourceThatDoesNotSay) {
  SlotLoop loop = Make(std::nullopt);
  for (int i = 0; i < 7; ++i) loop.Take(static_cast<uint64_t>(i), At(0.1 * i), At(0.1 * i), true);
  EXPECT_TRUE(loop.Turn(At(1), true));
  loop.Take(7, At(1.5), At(1.5), true);
  const auto report = loop.Turn(At(4.2), true);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->outcome.offered, 1);
  EXPECT_EQ(loop.next(), At(5));
  EXPECT_THAT(frames_, testing::ElementsAre(30, 7, 1));
}

TEST_F(SlotLoopTest, ProbesAnIdleLinkAndNoMoreThanEight) {
  SlotLoop loop = Make(10);
  loop.Warm(At(0));
  EXPECT_EQ(probes_.size(), 5u);
  EXPECT_FALSE(loop.warm());
  for (const auto& [message, padding] : probes_) {
    // 1 MB/s, nothing else: 10 ms there, and for large ones what their length takes.
    const double arrives_s = 0.01 + static_cast<double>(padding + 32) / 1e6 * static_cast<double>(message);
    loop.ProbeEnded(message, At(arrives_s + 0.01), ServerWord{FromSeconds(arrives_s), Duration(0), 1});
  }
  EXPECT_TRUE(loop.warm());
  probes_.clear();
  loop.Take(0, At(0.2), At(0.2), true);
  EXPECT_EQ(probes_.size(), 1u) << "a heartbeat: the link was measured just now";
  loop.Turn(At(1.2), true);
  EXPECT_EQ(probes_.size(), 4u) << "and two more, since nothing has told of the link for half a slot";
  loop.Turn(At(2.2), false);
  EXPECT_EQ(probes_.size(), 4u) << "no server, no probes";
  for (int slot = 3; slot < 9; ++slot) loop.Turn(At(slot + 0.2), true);
  EXPECT_EQ(probes_.size(), 8u) << "nobody answers";
  loop.Lost();
  loop.Reattached(At(9.5));
  EXPECT_EQ(probes_.size(), 9u);
}

}   // namespace
}   // namespace partway::control
