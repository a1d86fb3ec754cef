// Everything that may go wrong between device and edge within one controlled run, in one process, so that ThreadSanitizer sees both sides. How long it lasts is
// bounded by its frames.
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "tests/integration/live_run_fixture.h"

namespace partway {
namespace {

// Does what it is told, in order, on a thread of its own: the run's must not wait for a server that ends.
class Conductor {
 public:
  ~Conductor() {
    Do(nullptr);
    thread_.join();
  }
  void Do(std::function<void()> step) {
    std::lock_guard lock(mutex_);
    steps_.push_back(std::move(step));
    more_.notify_all();
  }

 private:
  void Loop() {
    while (true) {
      std::function<void()> step;
      {
        std::unique_lock lock(mutex_);
        more_.wait(lock, [&] { return !steps_.empty(); });
        step = std::move(steps_.front());
        steps_.pop_front();
      }
      if (!step) return;
      step();
    }
  }
  std::mutex mutex_;
  std::condition_variable more_;
  std::deque<std::function<void()>> steps_;
  std::thread thread_{[this] { Loop(); }};
};

TEST_F(LiveRunTest, AControlledRunOutlivesCutsStallsAndRestartsAndAccountsForEveryFrame) {
  const std::string address = server_.server->address();
  Attach(address);
  const std::unique_ptr<net::LinkRelay> relay = Relay();
  cost::OptionTable table = cost::MakeTable(4, {{1, 1e-6, 1e4, 1e-6, 0.5}, {4, 1e-5, 0, 0, 0.5}});
  table.sizes = {{4, 4}};
  std::vector<policy::Observation> seen;
  control::ControllerOptions options;
  options.problem = {.options = &table, .slot_s = 0.1, .max_latency_s = 60};
  options.slot_s = 0.1;
  options.fall_back = false;
  control::Controller controller(options, std::make_unique<HalfAndQuarter>(&seen));
  options_.controller = &controller;
  options_.feeder.fps = 100;
  options_.feeder.frames_max = 6000;   // a minute, if it never comes back
  options_.session.depth = 0;
  options_.session.depth_max = options_.session.waiting_max = 64;
  options_.session.silence = std::chrono::milliseconds(300);
  options_.session.probe_timeout = std::chrono::seconds(1);
  options_.drain = std::chrono::seconds(60);
  std::atomic<bool> restarted{false};
  bool back = false;
  {
    Conductor conductor;
    // After so many frames have ended, whatever became of them.
    const std::map<size_t, std::function<void()>> steps = {
        {40, [&] { relay->CutAll(); }},
        {80, [&] { relay->SetDown(true); }},
        {120, [&] { relay->SetDown(false); }},
        {160, [&] { relay->SetPaused(true); }},
        {240, [&] { relay->SetPaused(false); }},
        {280, [&] { server_.server.reset(); }},
        {320,
         [&] {
           server_.Start({.listen = address});
           restarted = true;
         }},
        {360, [&] { relay->CutAll(); }},
    };
    on_frame_ = [&](const device::FrameRecord& r) {
      const auto step = steps.find(ids_.size());
      if (step != steps.end()) conductor.Do(step->second);
      if (ids_.size() > 400 && restarted && r.outcome == Outcome::kEdge) {
        back = true;
        stop_ = true;
      }
      EXPECT_TRUE(r.outcome != Outcome::kDropped || !r.reason.empty()) << "frame " << r.id;
    };
    Greys source;
    Run(source, net::AddressString(relay->address()));   // which expects each frame once, and the counts to add up
  }
  EXPECT_TRUE(back) << "the server that was started again answers frames of the same run";
  EXPECT_GT(outcomes_[Outcome::kLocal], 0);
  EXPECT_THAT(notices_, testing::Contains("lost"));
  EXPECT_THAT(notices_, testing::Contains("reattached"));
}

}   // namespace
}   // namespace partway
