// With an engine whose every run takes as long as the test says, on a clock that only such runs turn.
#include "profile/measure/measurement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <set>

#include "graph/model_builder.h"
#include "profile/measure/describe.h"

namespace partway::profile {
namespace {

struct Ran {
  std::string part;   // the name of what it makes: "a", "b", "c"; the whole makes "c" from "x"
  bool whole = false;
  int64_t edge = 0;
  bool operator==(const Ran&) const = default;
};

// Parts of the chain x -> a -> b -> c, which keep the shape.
class FakeEngine final : public engine::Engine {
 public:
  using Cost = std::function<Duration(const Ran&, int64_t nth)>;   // nth run in all, from 0

  FakeEngine(ManualClock& clock, Cost cost) : clock_(clock), cost_(std::move(cost)) {}
  engine::EngineInfo info() const override { return {"fake", "1", "cpu", 1}; }
  absl::StatusOr<std::unique_ptr<engine::Segment>> Build(const graph::SubModel& part) override {
    return std::make_unique<FakeSegment>(*this, part);
  }
  absl::StatusOr<std::unique_ptr<engine::Segment>> BuildFromBytes(std::string_view) override {
    return absl::UnimplementedError("not needed");
  }

  std::vector<Ran> log;
  int64_t fail_at = -1;   // which run fails

 private:
  class FakeSegment final : public engine::Segment {
   public:
    FakeSegment(FakeEngine& engine, const graph::SubModel& part) : engine_(engine) {
      const auto spec = [&](graph::ValueId v) {
        return TensorSpec{part.graph().values[v].name, DType::kFloat32, {1, 3, -1, -1}};
      };
      for (const graph::ValueId v : part.inputs()) inputs_.push_back(spec(v));
      for (const graph::ValueId v : part.outputs()) outputs_.push_back(spec(v));
    }
    const std::vector<TensorSpec>& inputs() const override { return inputs_; }
    const std::vector<TensorSpec>& outputs() const override { return outputs_; }
    absl::Status Run(std::span<const Tensor> in, std::span<Tensor> out) override {
      const Ran ran{outputs_[0].name, inputs_[0].name == "x" && outputs_[0].name == "c", in[0].shape()[2]};
      const auto nth = static_cast<int64_t>(engine_.log.size());
      engine_.log.push_back(ran);
      if (nth == engine_.fail_at) return absl::InternalError("it broke");
      out[0] = *Tensor::Allocate(DType::kFloat32, in[0].shape());
      engine_.clock_.Advance(engine_.cost_(ran, nth));
      return absl::OkStatus();
    }

   private:
    FakeEngine& engine_;
    std::vector<TensorSpec> inputs_, outputs_;
  };

  ManualClock& clock_;
  const Cost cost_;
};

class MeasurementTest : public testing::Test {
 protected:
  MeasurementTest() {
    graph::ModelBuilder b("net");
    b.Input("x", DType::kFloat32, {1, 3, "H", "W"});
    b.Node("Relu", {"x"}, {}, "a");
    b.Node("Relu", {"a"}, {}, "b");
    b.Output(b.Node("Relu", {"b"}, {}, "c"), DType::kFloat32, {1, 3, "H", "W"});
    graph = *graph::BuildOpGraph(*graph::ModelFromProto(b.Build(), "net"));
  }

  void Make(FakeEngine::Cost cost, const std::vector<int>& edges, const MeasureOptions& options, bool with_whole = true) {
    engine = std::make_unique<FakeEngine>(clock, std::move(cost));
    graph::ValueTypes types;
    for (const char* name : {"x", "a", "b", "c"}) types[name] = {DType::kFloat32, {1, 3, edges[0], edges[0]}};
    const auto grouping = *graph::GroupingFromPositions(graph, {0, 1, 2, 3}, types);
    std::shared_ptr<engine::GroupChain> chain = *engine::GroupChain::Build(*engine, grouping, types);
    std::shared_ptr<engine::GroupChain> whole = *engine::GroupChain::Empty(grouping);
    ASSERT_TRUE(whole->Fuse(*engine, types, 0, 3).ok());
    std::vector<MeasuredSize> sizes;
    for (const int e : edges)
      sizes.push_back({e, e, {{"x", *Tensor::Allocate(DType::kFloat32, {1, 3, e, 1})}}, static_cast<double>(e)});
    measurement = std::make_unique<Measurement>(chain, with_whole ? whole : nullptr, std::move(sizes), options,
                                                MeasureClocks{clock, clock});
  }
  // Steps until it is done; how many.
  int RunAll() {
    int steps = 0;
    while (!measurement->done()) {
      EXPECT_TRUE(measurement->Step().ok());
      if (++steps > 1'000'000) break;
    }
    return steps;
  }
  SizeProfile Times(size_t i) const {
    SizeProfile size;
    measurement->Fill(i, &size);
    return size;
  }

  ManualClock clock;
  std::shared_ptr<const graph::OpGraph> graph;
  std::unique_ptr<FakeEngine> engine;
  std::unique_ptr<Measurement> measurement;
};

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

// a, b and c take 1, 2 and 3 us for each pixel of the edge, the whole 5.
Duration Steady(const Ran& ran, int64_t) {
  const int per = ran.whole ? 5 : ran.part == "a" ? 1 : ran.part == "b" ? 2 : 3;
  return microseconds(per * ran.edge);
}

TEST_F(MeasurementTest, EachGroupGetsItsOwnTime) {
  Make(Steady, {100, 200}, {});
  RunAll();
  EXPECT_TRUE(measurement->settled());
  EXPECT_EQ(measurement->worst_spread(), 0);
  for (size_t i = 0; i < 2; ++i) {
    const double edge = i == 0 ? 100e-6 : 200e-6;
    const SizeProfile times = Times(i);
    ASSERT_EQ(times.groups.size(), 3u);
    for (int g = 0; g < 3; ++g) {
      EXPECT_DOUBLE_EQ(times.groups[g].median_s, (g + 1) * edge);
      EXPECT_DOUBLE_EQ(times.groups[g].p10_s, (g + 1) * edge);
      EXPECT_DOUBLE_EQ(times.groups[g].p90_s, (g + 1) * edge);
      EXPECT_EQ(times.groups[g].n, 10) << "the least: a steady machine needs no more";
    }
    EXPECT_DOUBLE_EQ(times.whole.median_s, 5 * edge);
    EXPECT_EQ(times.whole.n, 10);
  }
}

TEST_F(MeasurementTest, GroupsRunInChainsAndTheFirstPassOfATurnIsNotCounted) {
  // A pass that follows another kind of run costs ten times as much: cold caches.
  Ran before{"", false, 0};
  int pass = 0;
  Make(
      [&](const Ran& ran, int64_t nth) {
        if (ran.whole != before.whole || ran.edge != before.edge)
          pass = 0;
        else if (ran.whole || ran.part == "a")
          ++pass;
        before = ran;
        return Steady(ran, nth) * (pass == 0 ? 10 : 1);
      },
      {100, 200}, {.seed = 3});
  RunAll();
  const SizeProfile times = Times(0);
  EXPECT_DOUBLE_EQ(times.groups[0].p90_s, 100e-6);
  EXPECT_DOUBLE_EQ(times.whole.p90_s, 500e-6);
  for (size_t i = 0; i < engine->log.size(); ++i) {   // a is followed by b, b by c, of the same size
    if (engine->log[i].whole || engine->log[i].part == "c") continue;
    ASSERT_LT(i + 1, engine->log.size());
    EXPECT_EQ(engine->log[i + 1].part, engine->log[i].part == "a" ? "b" : "c");
    EXPECT_EQ(engine->log[i + 1].edge, engine->log[i].edge);
  }
}

// Chain and whole of a pass take 6 + 5 us a pixel of the edge. The size of 100 takes 6.6 ms at the least (six passes: 3 * 1.1 ms of either), that of 1000
// 33 ms, that of 100000 3.3 s, and the estimates are right since work is the edge.
TEST_F(MeasurementTest, SizesThatWouldTakeTooLongAreLeftOut) {
  Make(Steady, {100, 1000, 100000, 200000}, {.time_limit = milliseconds(300), .leave_out = true});
  RunAll();
  EXPECT_EQ(measurement->left_out(0), std::nullopt);
  EXPECT_EQ(measurement->left_out(1), std::nullopt);
  ASSERT_TRUE(measurement->left_out(2).has_value());
  EXPECT_NEAR(*measurement->left_out(2), 3 * 11e-6 * 100000, 1e-9);
  EXPECT_NEAR(*measurement->left_out(3), 3 * 11e-6 * 200000, 1e-9);
  EXPECT_GE(Times(1).groups[0].n, 1);
  EXPECT_EQ(Times(2).groups[0].n, 0);
  for (const Ran& ran : engine->log) EXPECT_LT(ran.edge, 100000) << "not even tried";
  EXPECT_TRUE(measurement->settled()) << "of those that are measured";
}

TEST_F(MeasurementTest, TheSmallestSizeIsMeasuredWhateverItTakes) {
  Make(Steady, {1000, 2000}, {.time_limit = milliseconds(1), .leave_out = true});
  RunAll();
  EXPECT_EQ(Times(0).groups[0].n, 1);
  EXPECT_EQ(Times(0).whole.n, 1);
  EXPECT_TRUE(measurement->left_out(1).has_value());
  EXPECT_FALSE(measurement->settled());
}

// (edge, whole) of each turn, in the order they ran.
std::vector<std::pair<int64_t, bool>> Turns(const std::vector<Ran>& log) {
  std::vector<std::pair<int64_t, bool>> turns;
  for (const Ran& ran : log) {
    const std::pair<int64_t, bool> turn{ran.edge, ran.whole};
    if (turns.empty() || turns.back() != turn) turns.push_back(turn);
  }
  return turns;
}

TEST_F(MeasurementTest, SizesTakeTurnsInAnOrderThatTheSeedDraws) {
  std::vector<Ran> first, again, other;
  for (auto [seed, log] : {std::pair{1, &first}, {1, &again}, {2, &other}}) {
    Make(Steady, {10, 20, 30, 40}, {.least = 40, .seed = static_cast<uint64_t>(seed)});
    RunAll();
    *log = engine->log;
  }
  EXPECT_EQ(first, again);
  EXPECT_NE(first, other);
  // 8 turns a round. Rounds of the same order again and again would let drift hit one size always first.
  const auto turns = Turns(first);
  std::set<std::vector<std::pair<int64_t, bool>>> orders;
  for (size_t i = 0; i + 8 <= turns.size(); i += 8) orders.emplace(turns.begin() + i, turns.begin() + i + 8);
  EXPECT_GT(orders.size(), 10u);
}

// The machine slows down to a third over the measurement. Whatever order: the ratio between two sizes is what it was at each moment.
TEST_F(MeasurementTest, DriftHitsAllSizesAlike) {
  Make([](const Ran& ran, int64_t nth) { return Steady(ran, nth) * (1000 + nth) / 1000; }, {100, 200, 300},
       {.least = 200, .most = 200, .seed = 5});
  RunAll();
  const double a = TimeOf(Times(0), 0, 3).value(), b = TimeOf(Times(1), 0, 3).value(), c = TimeOf(Times(2), 0, 3).value();
  EXPECT_NEAR(b / a, 2, 0.04);
  EXPECT_NEAR(c / a, 3, 0.06);
  EXPECT_GT(Times(0).groups[0].p90_s, 1.5 * Times(0).groups[0].p10_s) << "the drift is there";
}

TEST_F(MeasurementTest, GoesOnUntilTheMedianIsCloseAndSaysSo) {
  // Uniform within 20 % either way. The 95 % interval of the median of n such is about 0.98 sqrt(n) ranks of n either way, and a rank is worth
  // 0.4 / n: 0.39 / sqrt(n) of the median, which is 2 % at n = 380.
  Rng noise(7);
  const auto cost = [&](const Ran& ran, int64_t nth) {
    return ran.whole ? Duration(static_cast<int64_t>(1e6 * noise.Uniform(0.8, 1.2))) : Steady(ran, nth);
  };
  Make(cost, {100}, {.spread = 0.02, .time_limit = seconds(1000)});
  RunAll();
  EXPECT_TRUE(measurement->settled());
  EXPECT_LE(measurement->worst_spread(), 0.02);
  EXPECT_GT(Times(0).whole.n, 200);
  EXPECT_LT(Times(0).whole.n, 800);
  EXPECT_NEAR(Times(0).whole.median_s, 1e-3, 4e-5);
}

TEST_F(MeasurementTest, TheTimeLimitEndsItBetweenTwoPasses) {
  Rng noise(7);
  Make([&](const Ran&, int64_t) { return Duration(static_cast<int64_t>(1e6 * noise.Uniform(0.5, 1.5))); }, {100, 200},
       {.spread = 0.0001, .time_limit = milliseconds(400)});
  RunAll();
  EXPECT_FALSE(measurement->settled());
  EXPECT_GE(ToSeconds(clock.Now().since_origin), 0.4);
  EXPECT_LT(ToSeconds(clock.Now().since_origin), 0.4 + 3 * 1.5e-3);
  EXPECT_GE(Times(0).groups[0].n, 10);
}

TEST_F(MeasurementTest, ALimitThatIsTooShortStillMeasuresEachOnce) {
  Make(Steady, {100, 200, 300}, {.time_limit = Duration(1)});
  RunAll();
  EXPECT_FALSE(measurement->settled());
  for (size_t i = 0; i < 3; ++i) {
    for (const TimeSpread& t : Times(i).groups) EXPECT_EQ(t.n, 1);
    EXPECT_EQ(Times(i).whole.n, 1);
  }
}

TEST_F(MeasurementTest, TheNumberAskedForIsTheNumberMeasured) {
  for (const int n : {1, 2, 5}) {
    Make([](const Ran& ran, int64_t nth) { return Steady(ran, nth) * (1 + nth % 5); }, {100, 200}, {.least = n, .most = n});
    RunAll();
    for (const TimeSpread& t : Times(1).groups) EXPECT_EQ(t.n, n);
    EXPECT_EQ(Times(1).whole.n, n);
  }
}

TEST_F(MeasurementTest, WithoutTheWholeOnlyTheChainRuns) {
  Make(Steady, {100}, {.least = 4, .most = 4}, false);
  RunAll();
  EXPECT_EQ(Times(0).groups[2].n, 4);
  EXPECT_EQ(Times(0).whole.n, 0);
  for (const Ran& ran : engine->log) EXPECT_FALSE(ran.whole);
}

TEST_F(MeasurementTest, AStepRunsOneGroupOnceAndOtherWorkMayComeBetween) {
  Make(Steady, {100}, {.least = 10, .most = 10}, false);
  while (!measurement->done()) {
    const size_t before = engine->log.size();
    ASSERT_TRUE(measurement->Step().ok());
    EXPECT_EQ(engine->log.size(), before + 1);
    clock.Advance(seconds(5));   // not the model's time
  }
  EXPECT_DOUBLE_EQ(Times(0).groups[2].p90_s, 300e-6);
  EXPECT_TRUE(measurement->settled()) << "the limit counts the steps' own time";
}

TEST_F(MeasurementTest, ProgressGrowsToOne) {
  Make(Steady, {100}, {.least = 50, .most = 50});
  double last = 0;
  while (!measurement->done()) {
    EXPECT_GE(measurement->share_done(), last);
    last = measurement->share_done();
    ASSERT_TRUE(measurement->Step().ok());
  }
  EXPECT_EQ(measurement->share_done(), 1);
}

TEST_F(MeasurementTest, AnEngineThatFailsEndsItWithTheReason) {
  Make(Steady, {100}, {});
  engine->fail_at = 7;
  absl::Status status;
  while (!measurement->done()) status = measurement->Step();
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("it broke"));
  EXPECT_TRUE(measurement->Step().ok()) << "over is over";
}

TEST(SpreadOf, MedianAndPercentiles) {
  std::vector<double> v;
  for (int i = 100; i >= 0; --i) v.push_back(i);
  const TimeSpread spread = SpreadOf(v);
  EXPECT_DOUBLE_EQ(spread.median_s, 50);
  EXPECT_DOUBLE_EQ(spread.p10_s, 10);
  EXPECT_DOUBLE_EQ(spread.p90_s, 90);
  EXPECT_EQ(spread.n, 101);
  EXPECT_DOUBLE_EQ(SpreadOf({4, 1}).median_s, 2.5);
  EXPECT_DOUBLE_EQ(SpreadOf({3}).p90_s, 3);
  EXPECT_EQ(SpreadOf({}).n, 0);
}

TEST(SpreadOfMedian, IsTheIntervalOfOrderStatistics) {
  // Of 100 values, 0.98 * 10 = 9.8 ranks either way of 50: the 40.2nd below, so index 40, and the 59.8th above, so index 59.
  std::vector<double> v;
  for (int i = 0; i < 100; ++i) v.push_back(1000 + i);
  EXPECT_NEAR(SpreadOfMedian(v), (59.0 - 40.0) / 2 / 1049.5, 1e-9);
  EXPECT_TRUE(std::isinf(SpreadOfMedian({1, 1, 1, 1, 1}))) << "five values have no such interval";
  EXPECT_EQ(SpreadOfMedian({1, 1, 1, 1, 1, 1}), 0);
}

}   // namespace
}   // namespace partway::profile
