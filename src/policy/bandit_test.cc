#include "policy/bandit.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "policy/test_problems.h"

namespace partway::policy {
namespace {

struct Means {
  double k = 0, latency_s = 0, accuracy = 0;
};

// Mean over the slots [from, slots.size()).
Means Play(Policy* policy, const Problem& problem, const std::vector<Observation>& slots, size_t from = 0,
           std::vector<Decision>* decisions = nullptr) {
  const SlotModel model(problem);
  Means means;
  const double share = 1.0 / static_cast<double>(slots.size() - from);
  for (size_t t = 0; t < slots.size(); ++t) {
    const Decision decision = policy->Decide(slots[t]);
    const Outcome outcome = model.Apply(slots[t], decision);
    policy->Update(slots[t], decision, outcome);
    if (decisions != nullptr) decisions->push_back(decision);
    if (t < from) continue;
    means.k += share * outcome.k();
    means.latency_s += share * outcome.latency_s;
    means.accuracy += share * outcome.accuracy;
  }
  return means;
}

TEST(Bandit, KeepsBothConstraintsAndDoesAsWellAsTheBestFixedOptionInHindsight) {
  const cost::OptionTable table = PaperLikeTable();
  for (const double min_accuracy : {0.6, 0.7, 0.75}) {
    for (uint64_t seed = 1; seed <= 3; ++seed) {
      const std::vector<Observation> slots = PaperSlots(seed, 1500);
      Problem problem = PaperLikeProblem(table, 0.08, min_accuracy);
      problem.future = slots;
      const auto bandit = MakePolicy("bandit", problem, {}, seed).value();
      const auto fixed = MakePolicy("best-fixed", problem, {}, 1).value();
      const Means learned = Play(bandit.get(), problem, slots), best = Play(fixed.get(), problem, slots);
      EXPECT_LE(learned.latency_s, 0.08 * 1.02);
      EXPECT_GE(learned.accuracy, min_accuracy - 0.005);
      EXPECT_GE(learned.k, best.k - 0.01) << "c_th " << min_accuracy << ", seed " << seed;
    }
  }
}

// Its table says how the work is shared out and nothing of speeds: a device of a quarter of the speed with a profile to match gives the same
// latencies, so the same decisions.
TEST(Bandit, DoesNotKnowTheProfile) {
  const cost::OptionTable table = PaperLikeTable(4);
  cost::OptionTable other = table;
  for (double& seconds : other.coefficient[cost::kDevice]) seconds *= 4;   // powers of 2, so that no figure is rounded otherwise
  for (double& seconds : other.coefficient[cost::kEdge]) seconds /= 8;
  std::vector<Observation> slots = PaperSlots(1, 400), others;
  for (const Observation& seen : slots) {
    cost::State state = seen.state;
    state.device_speed = 4;
    state.edge_speed = 0.125;
    others.push_back(MakeObservation(seen.slot, seen.frames, state, 1));
  }
  const Problem problem = PaperLikeProblem(table), with_other = PaperLikeProblem(other);
  std::vector<Decision> here, there;
  Play(MakePolicy("bandit", problem, {}, 1).value().get(), problem, slots, 0, &here);
  Play(MakePolicy("bandit", with_other, {}, 1).value().get(), with_other, others, 0, &there);
  for (size_t t = 0; t < here.size(); ++t) {
    ASSERT_EQ(here[t].shares[0].option, there[t].shares[0].option) << "slot " << t;
    ASSERT_EQ(here[t].shares[0].frames, there[t].shares[0].frames) << "slot " << t;
  }
}

TEST(Bandit, LearnsTheSpeedsOfBothSides) {
  const cost::OptionTable table = PaperLikeTable();
  const Problem problem = PaperLikeProblem(table);
  Bandit bandit(problem, {}, 1);
  Play(&bandit, problem, PaperSlots(1, 300));
  // A share of 1 is the whole network at the largest size on that side.
  const double device_s = *std::max_element(table.coefficient[cost::kDevice].begin(), table.coefficient[cost::kDevice].end());
  EXPECT_NEAR(bandit.device_s(), device_s, 0.1 * device_s);
}

TEST(Bandit, AnnouncesFramesThatFit) {
  const cost::OptionTable table = PaperLikeTable();
  const Problem problem = PaperLikeProblem(table);
  const SlotModel model(problem);
  const auto bandit = MakePolicy("bandit", problem, {}, 1).value();
  int beyond = 0;
  for (const Observation& seen : PaperSlots(2, 1500)) {
    const Decision decision = bandit->Decide(seen);
    ASSERT_EQ(decision.count, 1);
    const auto option = static_cast<size_t>(decision.shares[0].option);
    beyond += decision.frames() > model.Frames(seen, model.Cost(option)) ? 1 : 0;
    bandit->Update(seen, decision, model.Apply(seen, decision));
  }
  EXPECT_LE(beyond, 3);   // while it knows next to nothing
}

// The edge is so loaded at first that everything stays on the device; then it is free. Who never sends does not find out.
TEST(Bandit, ForcedSamplingFindsOutThatTheEdgeGotFree) {
  const cost::OptionTable table =
      cost::MakeTable(1, {{0, 0, 1e5, 0.002, 0.8}, {1, 0.05, 0, 0, 0.8}});   // 20 frames a slot here, all 40 there
  const Problem problem = PaperLikeProblem(table, 0.1, 0.5);
  std::vector<Observation> slots;
  for (int t = 0; t < 600; ++t) {
    cost::State state;
    state.uplink_bps = 20e6;
    state.edge_load = t < 300 ? 0.999 : 0;   // 2 s there
    slots.push_back(MakeObservation(t, 40, state, 1));
  }
  // Nothing is forgotten, so that the bounds do not widen by themselves.
  const auto run = [&](double explore) {
    const auto bandit = MakePolicy("bandit", problem, {{{"explore", explore}, {"forget", 1}}, {}}, 1).value();
    return Play(bandit.get(), problem, slots, 400).k;
  };
  EXPECT_LE(run(0), 0.5);
  EXPECT_GT(run(2), 0.52);
}

TEST(Bandit, IsTheSameForTheSameSeed) {
  const cost::OptionTable table = PaperLikeTable(3);
  const Problem problem = PaperLikeProblem(table);
  const std::vector<Observation> slots = PaperSlots(4, 300);
  std::vector<Decision> first, second;
  Play(MakePolicy("bandit", problem, {}, 9).value().get(), problem, slots, 0, &first);
  Play(MakePolicy("bandit", problem, {}, 9).value().get(), problem, slots, 0, &second);
  for (size_t t = 0; t < first.size(); ++t) ASSERT_EQ(first[t].shares[0].option, second[t].shares[0].option);
}

TEST(Bandit, WithoutALinkAndWithATinyOne) {
  const cost::OptionTable table = cost::MakeTable(1, {{0, 0, 1e6, 0.01, 0.9}, {1, 0.1, 0, 0, 0.9}});
  const Problem problem = PaperLikeProblem(table);
  const auto bandit = MakePolicy("bandit", problem, {}, 1).value();
  const SlotModel model(problem);
  for (int t = 0; t < 50; ++t) {
    cost::State state;
    state.uplink_bps = t % 2 == 0 ? 0 : 10;   // nothing fits through 10 bits
    const Observation seen = MakeObservation(t, 30, state, 1);
    const Decision decision = bandit->Decide(seen);
    ASSERT_EQ(decision.shares[0].option, 1);
    bandit->Update(seen, decision, model.Apply(seen, decision));
  }
  const cost::OptionTable sends = cost::MakeTable(1, {{0, 0, 1e6, 0.01, 0.9}});
  const auto none = MakePolicy("bandit", PaperLikeProblem(sends), {}, 1).value();
  EXPECT_EQ(none->Decide(MakeObservation(0, 30, cost::State{}, 1)).count, 0);
}

}   // namespace
}   // namespace partway::policy
