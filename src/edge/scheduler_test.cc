#include "edge/scheduler.h"

#include <map>
#include <set>

#include "base/rng.h"
#include "gmock/gmock.h"

namespace partway::edge {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr Instant At(int ms) { return {milliseconds(ms)}; }

TEST(Scheduler, OneDevicesJobsRunInTheOrderTheyCame) {
  Scheduler s({});
  for (JobId id = 1; id <= 3; ++id) ASSERT_TRUE(s.Offer(At(0), {.id = id, .device = "a"}).ok());
  EXPECT_EQ(s.queued(), 3);
  EXPECT_EQ(s.Next(At(0)), 1u);
  EXPECT_EQ(s.Next(At(0)), 2u);
  s.Done(At(5), 1, milliseconds(5));
  EXPECT_EQ(s.Next(At(5)), 3u);
  EXPECT_EQ(s.Next(At(5)), std::nullopt);
  EXPECT_EQ(s.running(), 2);
  EXPECT_EQ(s.queued(), 0);
}

// a's jobs take 10 ms, b's 2 ms: in 120 ms of server time each gets 60 ms, which is 6 of a's jobs and 30 of b's.
TEST(Scheduler, DevicesShareTimeNotRequests) {
  Scheduler s({.max_queued_per_device = 100});
  JobId id = 0;
  std::map<JobId, std::string> whose;
  for (int i = 0; i < 60; ++i) {
    for (const char* device : {"a", "b"}) {
      whose[++id] = device;
      ASSERT_TRUE(s.Offer(At(0), {.id = id, .device = device}).ok());
    }
  }
  std::map<std::string, int> ran;
  for (int now = 0; now < 120;) {
    const JobId job = *s.Next(At(now));
    const int cost = whose[job] == "a" ? 10 : 2;
    now += cost;
    s.Done(At(now), job, milliseconds(cost));
    ++ran[whose[job]];
  }
  EXPECT_NEAR(ran["a"] * 10, 60, 10);
  EXPECT_NEAR(ran["b"] * 2, 60, 10);
}

// A device that sends its next request only when it has the answer has no claim above one that keeps its queue full, and none below.
TEST(Scheduler, ClosedLoopDeviceGetsItsShareAndNotMore) {
  Scheduler s({});
  JobId id = 0;
  std::map<JobId, std::string> whose;
  const auto offer = [&](const char* device, int now) {
    whose[++id] = device;
    ASSERT_TRUE(s.Offer(At(now), {.id = id, .device = device}).ok());
  };
  offer("loop", 0);
  for (int i = 0; i < 20; ++i) offer("full", 0);
  std::map<std::string, int> time;
  int now = 0;
  while (now < 400) {
    const JobId job = *s.Next(At(now));
    const std::string device = whose[job];
    const int cost = device == "loop" ? 20 : 5;
    now += cost;
    time[device] += cost;
    s.Done(At(now), job, milliseconds(cost));
    offer(device.c_str(), now);
  }
  EXPECT_NEAR(time["loop"], 200, 25);
}

// A device that slept for long does not catch up: it comes in at the present virtual time.
TEST(Scheduler, IdleTimeEarnsNothing) {
  Scheduler s({.max_queued_per_device = 1000});
  JobId id = 0;
  std::map<JobId, std::string> whose;
  for (int i = 0; i < 200; ++i)
    ASSERT_TRUE(s.Offer(At(0), {.id = (whose[++id] = "busy", id), .device = "busy", .expected_cost = milliseconds(1)}).ok());
  int now = 0;
  for (; now < 100; ++now) s.Done(At(now + 1), *s.Next(At(now)), milliseconds(1));
  for (int i = 0; i < 100; ++i)
    ASSERT_TRUE(s.Offer(At(now), {.id = (whose[++id] = "late", id), .device = "late", .expected_cost = milliseconds(1)}).ok());
  int late = 0;
  for (int end = now + 40; now < end; ++now) {
    const JobId job = *s.Next(At(now));
    late += whose[job] == "late";
    s.Done(At(now + 1), job, milliseconds(1));
  }
  EXPECT_NEAR(late, 20, 2);
}

TEST(Scheduler, BoundsRefuseWithTheirReason) {
  Scheduler s({.max_queued = 3, .max_queued_per_device = 2, .max_queued_bytes = 100, .max_devices = 2});
  const auto refused = [&](const Job& job, const char* reason) {
    const absl::Status status = s.Offer(At(0), job);
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_THAT(std::string(status.message()), HasSubstr(reason));
  };
  ASSERT_TRUE(s.Offer(At(0), {.id = 1, .device = "a", .bytes = 60}).ok());
  refused({.id = 2, .device = "b", .bytes = 41}, "60 of 100 bytes");
  ASSERT_TRUE(s.Offer(At(0), {.id = 3, .device = "a", .bytes = 40}).ok());
  refused({.id = 4, .device = "a"}, "2 requests of this device");
  ASSERT_TRUE(s.Offer(At(0), {.id = 5, .device = "b"}).ok());
  refused({.id = 6, .device = "b"}, "queue is full (3 requests)");
  EXPECT_EQ(s.Next(At(0)), 1u);
  EXPECT_EQ(s.queued_bytes(), 40u);
  refused({.id = 7, .device = "c"}, "work of 2 devices");
}

TEST(Scheduler, LateJobsAreSetAside) {
  Scheduler s({});
  EXPECT_EQ(s.Offer(At(10), {.id = 1, .device = "a", .deadline = At(10)}).code(), absl::StatusCode::kDeadlineExceeded);
  ASSERT_TRUE(s.Offer(At(10), {.id = 2, .device = "a", .deadline = At(20)}).ok());
  ASSERT_TRUE(s.Offer(At(10), {.id = 3, .device = "a", .deadline = At(40)}).ok());
  ASSERT_TRUE(s.Offer(At(10), {.id = 4, .device = "b", .deadline = At(21)}).ok());
  EXPECT_EQ(s.Next(At(30)), 3u);
  EXPECT_EQ(s.Next(At(30)), std::nullopt);
  EXPECT_THAT(s.TakeExpired(), ElementsAre(2, 4));
  EXPECT_TRUE(s.TakeExpired().empty());
  EXPECT_EQ(s.queued(), 0);
}

TEST(Scheduler, CancelTakesOutWhatIsQueuedOnly) {
  Scheduler s({});
  ASSERT_TRUE(s.Offer(At(0), {.id = 1, .device = "a", .bytes = 5}).ok());
  ASSERT_TRUE(s.Offer(At(0), {.id = 2, .device = "a", .bytes = 5}).ok());
  EXPECT_EQ(s.Next(At(0)), 1u);
  EXPECT_FALSE(s.Cancel(1));
  EXPECT_TRUE(s.Cancel(2));
  EXPECT_FALSE(s.Cancel(2));
  EXPECT_FALSE(s.Cancel(99));
  EXPECT_EQ(s.queued_bytes(), 0u);
  EXPECT_EQ(s.Next(At(0)), std::nullopt);
}

TEST(Scheduler, DrainRefusesTheNewAndFinishesTheOld) {
  Scheduler s({});
  ASSERT_TRUE(s.Offer(At(0), {.id = 1, .device = "a"}).ok());
  s.Drain();
  EXPECT_EQ(s.Offer(At(0), {.id = 2, .device = "a"}).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(s.Next(At(0)), 1u);
}

// Against a plain model: random offers, turns, ends and cancels from a seed. Every job ends in exactly one way, counts and bounds agree with the
// model at every step, and per-device order holds.
TEST(Scheduler, AgreesWithAPlainModelOverRandomHistories) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    Rng rng(seed);
    const SchedulerLimits limits{.max_queued = 12, .max_queued_per_device = 5, .max_queued_bytes = 60, .max_devices = 4};
    Scheduler s(limits);
    std::map<JobId, Job> queued;   // ids rise, so this is arrival order
    std::map<JobId, std::string> running;
    JobId id = 0;
    int now = 0;
    const auto devices = [&] {
      std::set<std::string> names;
      for (const auto& [i, job] : queued) names.insert(job.device);
      for (const auto& [i, device] : running) names.insert(device);
      return names;
    };
    for (int step = 0; step < 200; ++step) {
      now += static_cast<int>(rng.UniformInt(0, 3));
      switch (rng.UniformInt(0, 3)) {
        case 0:
        case 1: {
          Job job{.id = ++id,
                  .device = std::string(1, static_cast<char>('a' + rng.UniformInt(0, 5))),
                  .bytes = static_cast<size_t>(rng.UniformInt(0, 15))};
          if (rng.Chance(0.3)) job.deadline = At(now + static_cast<int>(rng.UniformInt(0, 10)));
          int of_device = 0;
          size_t bytes = 0;
          for (const auto& [i, j] : queued) of_device += j.device == job.device, bytes += j.bytes;
          const bool late = job.deadline && *job.deadline <= At(now);
          const bool room = queued.size() < 12 && of_device < 5 && bytes + job.bytes <= 60 &&
                            (devices().contains(job.device) || devices().size() < 4);
          ASSERT_EQ(s.Offer(At(now), job).ok(), !late && room) << "seed " << seed << " step " << step;
          if (!late && room) queued[id] = job;
          break;
        }
        case 2: {
          const std::optional<JobId> next = s.Next(At(now));
          for (const JobId late : s.TakeExpired()) {
            ASSERT_TRUE(queued.contains(late) && *queued[late].deadline <= At(now)) << "seed " << seed << " step " << step;
            queued.erase(late);
          }
          if (!next) {
            ASSERT_TRUE(queued.empty()) << "seed " << seed << " step " << step;
            break;
          }
          ASSERT_TRUE(queued.contains(*next)) << "seed " << seed << " step " << step;
          for (const auto& [i, j] : queued)
            ASSERT_FALSE(i < *next && j.device == queued[*next].device) << "seed " << seed << " step " << step;
          running[*next] = queued[*next].device;
          queued.erase(*next);
          break;
        }
        default:
          if (rng.Chance(0.5) && !running.empty()) {
            const JobId done = running.begin()->first;
            s.Done(At(now), done, milliseconds(rng.UniformInt(0, 9)));
            running.erase(done);
          } else if (id > 0) {
            const auto victim = static_cast<JobId>(rng.UniformInt(1, static_cast<int64_t>(id)));
            ASSERT_EQ(s.Cancel(victim), queued.erase(victim) == 1) << "seed " << seed << " step " << step;
          }
      }
      ASSERT_EQ(s.queued(), static_cast<int>(queued.size())) << "seed " << seed << " step " << step;
      ASSERT_EQ(s.running(), static_cast<int>(running.size()));
      size_t bytes = 0;
      for (const auto& [i, j] : queued) bytes += j.bytes;
      ASSERT_EQ(s.queued_bytes(), bytes);
    }
  }
}

// Theorem 1 of start-time fair queueing, with costs known beforehand and one server: while two devices both have requests queued, the service they
// got differs by at most the largest cost of each.
TEST(Scheduler, FairnessBoundHoldsForRandomCosts) {
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    Rng rng(seed);
    Scheduler s({.max_queued = 1 << 20, .max_queued_per_device = 1 << 20});
    std::map<JobId, std::pair<int, int>> jobs;   // device, cost
    const int largest[] = {static_cast<int>(rng.UniformInt(1, 40)), static_cast<int>(rng.UniformInt(1, 40)),
                           static_cast<int>(rng.UniformInt(1, 40))};
    JobId id = 0;
    for (int i = 0; i < 300; ++i) {
      for (int d = 0; d < 3; ++d) {
        const int cost = static_cast<int>(rng.UniformInt(1, largest[d]));
        jobs[++id] = {d, cost};
        ASSERT_TRUE(
            s.Offer(At(0), {.id = id, .device = std::string(1, static_cast<char>('a' + d)), .expected_cost = milliseconds(cost)})
                .ok());
      }
    }
    int given[3] = {}, now = 0;
    while (s.queued("a") > 0 && s.queued("b") > 0 && s.queued("c") > 0) {
      const JobId job = *s.Next(At(now));
      const auto [device, cost] = jobs[job];
      now += cost;
      s.Done(At(now), job, milliseconds(cost));
      given[device] += cost;
      for (int d = 0; d < 3; ++d) {
        for (int e = 0; e < d; ++e) ASSERT_LE(std::abs(given[d] - given[e]), largest[d] + largest[e]) << "seed " << seed;
      }
    }
  }
}

}   // namespace
}   // namespace partway::edge
