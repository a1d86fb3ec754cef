// Batches and peers of the scheduler.
#include <map>
#include <set>

#include "base/rng.h"
#include "base/text.h"
#include "edge/scheduler.h"
#include "gmock/gmock.h"

namespace partway::edge {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Instant At(int ms) { return {milliseconds(ms)}; }

// Kinds of 10 ms a job of which batches up to 8 take half of that.
class Batches : public testing::Test {
 protected:
  Batches() { times_.Worked(minutes(60)); }
  KindId Kind(const std::string& name, int percent = 50) {
    const KindId kind = times_.KindOf(name);
    times_.Alone(kind, milliseconds(10));
    for (const int n : {2, 4, 8}) {
      for (int i = 0; i < 3; ++i) times_.Tried(At(0), kind, n, milliseconds(10 * n), milliseconds(10 * n) * percent / 100, true);
    }
    return kind;
  }
  void Offer(JobId id, const std::string& device, KindId kind, std::optional<int> deadline_ms = std::nullopt,
             const std::string& peer = "") {
    Job job{.id = id, .device = device, .expected_cost = milliseconds(10), .peer = peer, .kind = kind};
    if (deadline_ms) job.deadline = At(*deadline_ms);
    ASSERT_TRUE(s_.Offer(At(0), job).ok());
  }
  std::vector<JobId> Next(int now = 0) { return s_.Next(At(now), times_); }

  BatchTimes times_{{.most = 8}};
  Scheduler s_{{}};
  KindId a_ = Kind("a"), b_ = Kind("b");
};

TEST_F(Batches, EqualJobsOfAllDevicesRunTogetherInTheOrderOfTurns) {
  for (JobId id = 1; id <= 3; ++id) Offer(id, Concat("d", id), a_);
  EXPECT_THAT(Next(), ElementsAre(1, 2, 3));
  EXPECT_EQ(s_.running(), 3);
  EXPECT_EQ(s_.queued(), 0);
  for (JobId id = 1; id <= 3; ++id) s_.Done(At(15), id, milliseconds(5));
  EXPECT_EQ(s_.running(), 0);
  EXPECT_THAT(Next(15), IsEmpty());
}

TEST_F(Batches, OfOneDeviceInItsOwnOrderAndNoMoreThanTheMost) {
  for (JobId id = 1; id <= 10; ++id) Offer(id, "d", a_);
  EXPECT_THAT(Next(), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
  EXPECT_THAT(Next(), ElementsAre(9, 10));
}

TEST_F(Batches, WithoutTimesAJobRunsAlone) {
  const KindId unknown = times_.KindOf("never run");
  Offer(1, "d", unknown);
  Offer(2, "e", unknown);
  Offer(3, "d", 0);
  Offer(4, "e", 0);
  EXPECT_THAT(Next(), ElementsAre(1));
  EXPECT_THAT(Next(), ElementsAre(2));
  EXPECT_THAT(Next(), ElementsAre(3)) << "jobs of no kind are not alike";
  EXPECT_THAT(Next(), ElementsAre(4));
  Offer(5, "d", a_);
  Offer(6, "e", a_);
  EXPECT_EQ(s_.Next(At(0)), 5u) << "nor does anything without being told times";
}

TEST_F(Batches, OtherKindsWait) {
  Offer(1, "d", a_);
  Offer(2, "e", b_);
  Offer(3, "f", a_);
  Offer(4, "g", b_);
  EXPECT_THAT(Next(), ElementsAre(1, 3));
  EXPECT_THAT(Next(), ElementsAre(2, 4));
}

// d's second job would overtake e's first.
TEST_F(Batches, WhileSomebodyElseWaitsADeviceGivesOne) {
  Offer(1, "d", a_);
  Offer(2, "d", a_);
  Offer(3, "e", b_);
  Offer(4, "f", a_);
  Offer(5, "f", a_);
  EXPECT_THAT(Next(), ElementsAre(1, 4));
  EXPECT_THAT(Next(), ElementsAre(3)) << "its turn came while they ran";
  EXPECT_THAT(Next(), ElementsAre(2, 5)) << "now nobody is overtaken";
}

// What stands behind another kind in its own device's queue is not reached for.
TEST_F(Batches, ADevicesOwnOrderHolds) {
  Offer(1, "d", a_);
  Offer(2, "e", a_);
  Offer(3, "e", b_);
  Offer(4, "e", a_);
  EXPECT_THAT(Next(), ElementsAre(1, 2));
  EXPECT_THAT(Next(), ElementsAre(3));
  EXPECT_THAT(Next(), ElementsAre(4));
}

// Batches of 2, 4 and 8 take 10, 20 and 40 ms. Job 2 has 15 ms: it can be one of two, not one of more.
TEST_F(Batches, EveryMembersDeadlineHoldsWithTheTimeForeseen) {
  Offer(1, "d", a_);
  Offer(2, "e", a_, 15);
  EXPECT_THAT(Next(), ElementsAre(1, 2));
  for (const JobId id : {1, 2}) s_.Done(At(0), id, milliseconds(5));
  Offer(3, "d", a_);
  Offer(4, "e", a_, 15);
  Offer(5, "f", a_);
  Offer(6, "g", a_);
  EXPECT_THAT(Next(), ElementsAre(3, 5, 6)) << "three of up to four, in 20 ms; job 4 is not among them";
  EXPECT_THAT(Next(), ElementsAre(4));
}

// The one whose turn it is decides as well: with 15 ms it takes one along, with 5 ms none.
TEST_F(Batches, TheFirstMembersDeadlineLimitsTheBatch) {
  Offer(1, "d", a_, 15);
  Offer(2, "e", a_);
  Offer(3, "f", a_);
  EXPECT_THAT(Next(), ElementsAre(1, 2));
  EXPECT_THAT(Next(), ElementsAre(3));
  for (const JobId id : {1, 2, 3}) s_.Done(At(0), id, milliseconds(5));
  Offer(4, "d", a_, 5);
  Offer(5, "e", a_);
  EXPECT_THAT(Next(), ElementsAre(4));
}

TEST_F(Batches, CancelledJobsAreNotTaken) {
  for (JobId id = 1; id <= 3; ++id) Offer(id, Concat("d", id), a_);
  EXPECT_TRUE(s_.Cancel(2));
  EXPECT_THAT(Next(), ElementsAre(1, 3));
  EXPECT_FALSE(s_.Cancel(3));
}

// Two that are always batched, with jobs of 5 ms each that way, and one of another kind with 10 ms: each gets a third of the time.
TEST_F(Batches, SharesHoldWithBatches) {
  std::map<JobId, std::string> whose;
  JobId id = 0;
  const auto offer = [&](const std::string& device) {
    Offer(++id, device, device == "other" ? b_ : a_);
    whose[id] = device;
  };
  for (int i = 0; i < 12; ++i) {
    for (const char* device : {"one", "two", "other"}) offer(device);
  }
  std::map<std::string, int> given;
  int now = 0;
  while (now < 600) {
    const std::vector<JobId> batch = Next(now);
    ASSERT_FALSE(batch.empty());
    const int each = batch.size() > 1 ? 5 : 10;
    now += each * static_cast<int>(batch.size());
    for (const JobId job : batch) {
      given[whose[job]] += each;
      s_.Done(At(now), job, milliseconds(each));
      offer(whose[job]);
    }
  }
  for (const auto& [device, ms] : given) EXPECT_NEAR(ms, 200, 20) << device;
}

// A device that comes late has no claim on what was given before, though its peer was only ever served beside the other's turn: of q's half it gets half.
TEST_F(Batches, IdleTimeEarnsNothingWithBatchesEither) {
  BatchTimes pairs({.most = 2});
  pairs.Worked(minutes(60));
  const KindId kind = pairs.KindOf("pairs");
  pairs.Alone(kind, milliseconds(10));
  for (int i = 0; i < 3; ++i) pairs.Tried(At(0), kind, 2, milliseconds(20), milliseconds(10), true);
  JobId id = 0;
  std::map<JobId, std::string> whose;
  const auto offer = [&](const std::string& device, const std::string& peer) {
    Offer(++id, device, kind, std::nullopt, peer);
    whose[id] = device;
  };
  for (int i = 0; i < 10; ++i) offer("one", "p"), offer("two", "q");
  for (int round = 0; round < 50; ++round) {
    const std::vector<JobId> batch = s_.Next(At(round), pairs);
    ASSERT_EQ(batch.size(), 2u);
    ASSERT_EQ(whose[batch[0]], "one") << "whose turn it is";
    for (const JobId job : batch) s_.Done(At(round), job, milliseconds(5));
    offer("one", "p"), offer("two", "q");
  }
  for (int i = 0; i < 10; ++i) offer("late", "q");
  std::map<std::string, int> ran;
  for (int i = 0; i < 16; ++i) {
    const JobId job = *s_.Next(At(100));   // one by one, to see whose turn it is
    ++ran[whose[job]];
    s_.Done(At(100), job, milliseconds(5));
  }
  EXPECT_NEAR(ran["one"], 8, 1);
  EXPECT_NEAR(ran["late"], 4, 1);
}

// One peer with nine names and one with one, all with full queues: half of the time each.
TEST(Peers, ManyNamesGainNothing) {
  Scheduler s({.max_queued = 1000, .max_queued_per_device = 100});
  std::map<JobId, std::string> whose;
  JobId id = 0;
  for (int i = 0; i < 100; ++i) {
    for (int name = 0; name < 9; ++name) {
      whose[++id] = "many";
      if (i < 10) {
        ASSERT_TRUE(s.Offer(At(0), {.id = id, .device = std::to_string(name), .peer = "many"}).ok());
      }
    }
    whose[++id] = "one";
    ASSERT_TRUE(s.Offer(At(0), {.id = id, .device = "it", .peer = "one"}).ok());
  }
  std::map<std::string, int> ran;
  for (int now = 0; now < 120; ++now) {
    const JobId job = *s.Next(At(now));
    ++ran[whose[job]];
    s.Done(At(now + 1), job, milliseconds(1));
  }
  EXPECT_NEAR(ran["one"], 60, 2);
}

// The same name from two places is two devices, and the nine names of one share its half evenly.
TEST(Peers, NamesCountWithinTheirPeer) {
  Scheduler s({.max_queued = 1000, .max_queued_per_device = 100});
  std::map<JobId, std::string> whose;
  JobId id = 0;
  for (int i = 0; i < 40; ++i) {
    for (const char* peer : {"p", "q"}) {
      for (const char* name : {"camera", "door"}) {
        whose[++id] = std::string(peer) + name;
        ASSERT_TRUE(s.Offer(At(0), {.id = id, .device = name, .peer = peer}).ok());
      }
    }
  }
  EXPECT_EQ(s.queued("camera", "p"), 40);
  EXPECT_EQ(s.queued("camera"), 0);
  std::map<std::string, int> ran;
  for (int now = 0; now < 80; ++now) {
    const JobId job = *s.Next(At(now));
    ++ran[whose[job]];
    s.Done(At(now + 1), job, milliseconds(1));
  }
  for (const auto& [device, count] : ran) EXPECT_NEAR(count, 20, 1) << device;
}

// Nor in places to wait: of ten, a peer has five at most, and the others find room.
TEST(Peers, HoldHalfOfTheQueueAtMost) {
  Scheduler s({.max_queued = 10, .max_queued_per_device = 2});
  JobId id = 0;
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(s.Offer(At(0), {.id = ++id, .device = std::to_string(i), .peer = "many"}).ok());
  const absl::Status full = s.Offer(At(0), {.id = ++id, .device = "5", .peer = "many"});
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(full.message(), "the server holds 5 requests from this address, which is its limit for one");
  EXPECT_TRUE(s.Offer(At(0), {.id = ++id, .device = "5", .peer = "one"}).ok());
  for (int i = 0; i < 4; ++i)
    EXPECT_TRUE(s.Offer(At(0), {.id = ++id, .device = std::to_string(i)}).ok()) << "not told where from";
}

// While q waits with another kind, p gives one job to each batch, whatever it calls itself.
TEST_F(Batches, APeerWithManyNamesIsNotAheadByABatch) {
  for (JobId id = 1; id <= 4; ++id) Offer(id, Concat("name", id), a_, std::nullopt, "p");
  Offer(5, "d", b_, std::nullopt, "q");
  Offer(6, "d", b_, std::nullopt, "q");
  EXPECT_THAT(Next(), ElementsAre(1));
  EXPECT_THAT(Next(), ElementsAre(5));
  EXPECT_THAT(Next(), ElementsAre(2));
  EXPECT_THAT(Next(), ElementsAre(6));
  EXPECT_THAT(Next(), ElementsAre(3, 4)) << "nobody else waits";
}

// Random histories: whatever is taken together is of one kind, in time for every deadline, in each device's order, and every job ends once.
TEST_F(Batches, HoldTheirPromisesOverRandomHistories) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    Rng rng(seed);
    Scheduler s({.max_queued = 40, .max_queued_per_device = 6, .max_devices = 6});
    std::map<JobId, Job> queued;
    std::set<JobId> running;
    JobId id = 0;
    int now = 0;
    for (int step = 0; step < 300; ++step) {
      now += static_cast<int>(rng.UniformInt(0, 3));
      const int64_t what = rng.UniformInt(0, 5);
      if (what <= 2) {
        Job job{.id = ++id,
                .device = std::string(1, static_cast<char>('a' + rng.UniformInt(0, 3))),
                .peer = std::string(1, static_cast<char>('p' + rng.UniformInt(0, 2))),
                .kind = std::vector<KindId>{0, a_, b_}[static_cast<size_t>(rng.UniformInt(0, 2))]};
        if (rng.Chance(0.4)) job.deadline = At(now + static_cast<int>(rng.UniformInt(1, 60)));
        if (s.Offer(At(now), job).ok()) queued[id] = job;
      } else if (what == 3) {
        const std::vector<JobId> batch = s.Next(At(now), times_);
        for (const JobId late : s.TakeExpired()) {
          ASSERT_LE(*queued.at(late).deadline, At(now));
          queued.erase(late);
        }
        if (batch.empty()) {
          ASSERT_TRUE(queued.empty()) << "seed " << seed << " step " << step;
        }
        ASSERT_LE(batch.size(), 8u);
        const int takes = batch.size() == 1 ? 0 : batch.size() == 2 ? 10 : batch.size() <= 4 ? 20 : 40;
        KindId kind = 0;
        for (const JobId job : batch) {
          ASSERT_TRUE(queued.contains(job)) << "seed " << seed << " step " << step;
          const Job taken = queued[job];
          queued.erase(job);
          if (job == batch[0]) kind = taken.kind;
          ASSERT_TRUE(batch.size() == 1 || (taken.kind == kind && kind != 0)) << "seed " << seed << " step " << step;
          ASSERT_TRUE(!taken.deadline || *taken.deadline >= At(now + takes)) << "seed " << seed << " step " << step;
          for (const auto& [earlier, j] : queued)
            ASSERT_FALSE(earlier < job && j.device == taken.device && j.peer == taken.peer) << "seed " << seed;
          running.insert(job);
        }
      } else if (what == 4 && !running.empty()) {
        s.Done(At(now), *running.begin(), milliseconds(rng.UniformInt(0, 9)));
        running.erase(running.begin());
      } else if (id > 0) {
        const auto victim = static_cast<JobId>(rng.UniformInt(1, static_cast<int64_t>(id)));
        ASSERT_EQ(s.Cancel(victim), queued.erase(victim) == 1);
      }
      ASSERT_EQ(s.queued(), static_cast<int>(queued.size())) << "seed " << seed << " step " << step;
      ASSERT_EQ(s.running(), static_cast<int>(running.size()));
    }
  }
}

}   // namespace
}   // namespace partway::edge
