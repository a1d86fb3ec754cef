#include "policy/offline.h"

#include <gtest/gtest.h>

#include "policy/bound.h"
#include "policy/slot_model.h"
#include "policy/test_setting.h"

namespace partway::policy {
namespace {

TEST(Offline, KeepsBothConstraintsOnTheTraceAndComesUpToTheBound) {
  const cost::OptionTable table = PaperTable();
  int played = 0;
  for (const LinkKind kind : {LinkKind::kUniform, LinkKind::kMarkov}) {
    for (const double latency_s : {0.03, 0.05, 0.2}) {
      for (const double accuracy : {0.7, 0.8, 0.83}) {
        Problem problem = PaperProblem(table, latency_s, accuracy);
        const std::vector<Observation> slots = SlotsOver(LinkMbit(kind, 3, 300), 3);
        problem.future = slots;
        const Bound bound = SingleBound(problem, slots).value();
        const auto policy = MakePolicy("offline", problem, {}, 1);
        ASSERT_EQ(policy.ok(), bound.feasible) << policy.status();
        if (!policy.ok()) {
          EXPECT_NE(policy.status().message().find("the least latency is"), std::string::npos);
          continue;
        }
        ++played;
        const SlotModel model(problem);
        double k = 0, mean_latency_s = 0, mean_accuracy = 0;
        for (const Observation& seen : slots) {
          const Outcome outcome = model.Apply(seen, (*policy)->Decide(seen));
          k += outcome.k() / 300;
          mean_latency_s += outcome.latency_s / 300;
          mean_accuracy += outcome.accuracy / 300;
        }
        EXPECT_LE(mean_latency_s, latency_s * (1 + 1e-9));
        EXPECT_GE(mean_accuracy, accuracy - 1e-9);
        EXPECT_LE(k, bound.k + 1e-9);
        // A programme with two constraints has at most two slots that are not whole; each is worth a frame share of at most 1.
        EXPECT_GE(k, bound.k - 2.0 / 300) << latency_s << " s, " << accuracy;
      }
    }
  }
  EXPECT_GE(played, 10);
}

TEST(Offline, MixesOptionsOverEqualSlots) {
  // Ten slots alike; 0.7 is six of 0.9 and four of 0.4, and so is the best: one option for all would be 5 frames, not 6 x 5 + 4 x 10.
  const cost::OptionTable table = cost::MakeTable(1, {{0, 0, 1e6, 0, 0.4}, {0, 0, 2e6, 0, 0.9, 0, 1}});
  Problem problem = PaperProblem(table, 1, 0.7);
  cost::State state;
  state.uplink_bps = 10e6;
  std::vector<Observation> slots;
  for (int t = 0; t < 10; ++t) slots.push_back(MakeObservation(t, 10, state, 1));
  problem.future = slots;
  const auto policy = Offline::Make(problem).value();
  int frames = 0;
  for (const Observation& seen : slots) frames += policy->Decide(seen).frames();
  EXPECT_EQ(frames, 6 * 5 + 4 * 10);
}

TEST(Offline, NeedsAFuture) {
  const cost::OptionTable table = PaperTable();
  EXPECT_NE(Offline::Make(PaperProblem(table, 0.1, 0.7)).status().message().find("needs to know them"), std::string::npos);
}

}   // namespace
}   // namespace partway::policy
