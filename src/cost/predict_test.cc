#include "cost/predict.h"

#include "cost/test_tables.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace partway::cost {
namespace {

TEST(Predict, AddsUpEquationTwoAndTheRoundTrip) {
  OptionTable table = MakeTable(4, {{.cut = 2, .device_s = 0.030, .upload_bits = 1e6, .edge_s = 0.004, .reply_bits = 40000}});
  table.encode_s[0] = 0.002;
  table.decode_s[0] = 0.001;
  State state;
  state.uplink_bps = 20e6;
  state.downlink_bps = 40e6;
  state.rtt_s = 0.012;
  state.device_speed = 0.5;   // everything on the device takes twice as long
  state.edge_speed = 4;
  state.edge_load = 0.75;   // a quarter of a machine four times as fast: as profiled
  const Prediction p = Predict(table, 0, state, nullptr);
  EXPECT_DOUBLE_EQ(p.device_s, 0.060);
  EXPECT_DOUBLE_EQ(p.encode_s, 0.004);
  EXPECT_DOUBLE_EQ(p.head_s, 0.056);
  EXPECT_DOUBLE_EQ(p.upload_s, 0.050);
  EXPECT_DOUBLE_EQ(p.rtt_s, 0.012);
  EXPECT_DOUBLE_EQ(p.edge_s, 0.004);
  EXPECT_DOUBLE_EQ(p.decode_s, 0.001);
  EXPECT_DOUBLE_EQ(p.tail_s, 0.003);
  EXPECT_DOUBLE_EQ(p.reply_s, 0.001);
  EXPECT_DOUBLE_EQ(p.latency_s, 0.060 + 0.050 + 0.012 + 0.004 + 0.001);
  EXPECT_DOUBLE_EQ(p.period_s, 0.060) << "the device is the slowest stage; the round trip holds nothing up";
  EXPECT_DOUBLE_EQ(p.throughput_fps(), 1 / 0.060);
  EXPECT_TRUE(std::isnan(p.energy_j));
}

TEST(Predict, EnergyIsPowerTimesTimeOfEachStage) {
  const OptionTable table = MakeTable(4, {{.cut = 2, .device_s = 0.030, .upload_bits = 1e6, .edge_s = 0.004, .reply_bits = 50000},
                                          {.cut = 4, .device_s = 0.100}});
  const PowerModel power = TestPower();
  const State state = TestState();   // 20 Mbps up, 50 down, 10 ms
  const Prediction cut = Predict(table, 0, state, &power);
  // 6 W x 30 ms + (3 W + 5 nW per bit/s x 20 Mbit/s) x 50 ms + 2 W x (10 + 4) ms + 2.5 W x 1 ms
  EXPECT_NEAR(cut.energy_j, 0.180 + 3.1 * 0.050 + 0.028 + 0.0025, 1e-12);
  EXPECT_NEAR(Predict(table, 1, state, &power).energy_j, 0.6, 1e-12);
  EXPECT_NEAR(Value({.latency = 2, .energy = 3, .energy_delay = 4}, cut),
              2 * cut.latency_s + 3 * cut.energy_j + 4 * cut.energy_j * cut.latency_s, 1e-12);
  EXPECT_NEAR(Value({.latency = 2, .period = 5}, cut), 2 * cut.latency_s + 5 * 0.050, 1e-12);
}

TEST(Predict, WithoutALinkOnlyLocalOptionsEnd) {
  const OptionTable table = MakeTable(2, {{.cut = 0, .upload_bits = 8}, {.cut = 2, .device_s = 0.1}});
  const State no_link;
  EXPECT_GT(Predict(table, 0, no_link, nullptr).latency_s, kNeverSeconds);
  EXPECT_DOUBLE_EQ(Predict(table, 1, no_link, nullptr).latency_s, 0.1);
}

TEST(State, RefusesWhatCannotBe) {
  const auto message = [](auto change) {
    State state = TestState();
    change(state);
    return std::string(CheckState(state).message());
  };
  EXPECT_EQ(message([](State&) {}), "");
  EXPECT_THAT(message([](State& s) { s.uplink_bps = -1; }), testing::HasSubstr("uplink is -1"));
  EXPECT_THAT(message([](State& s) { s.rtt_s = NAN; }), testing::HasSubstr("round trip"));
  EXPECT_THAT(message([](State& s) { s.device_speed = 0; }), testing::HasSubstr("device speed is 0"));
  EXPECT_THAT(message([](State& s) { s.edge_speed = INFINITY; }), testing::HasSubstr("edge speed"));
  EXPECT_THAT(message([](State& s) { s.edge_load = 1; }), testing::HasSubstr("edge load is 1"));
}

TEST(Power, KnowsABoardAndARadioByName) {
  const absl::StatusOr<PowerModel> pi = FindPower("raspberry-pi-4+lte");
  ASSERT_TRUE(pi.ok()) << pi.status();
  EXPECT_TRUE(CheckPower(*pi).ok());
  EXPECT_DOUBLE_EQ(pi->compute_w, 6.4);
  EXPECT_DOUBLE_EQ(pi->transmit_w, 2.7 + 1.28804);
  EXPECT_DOUBLE_EQ(pi->transmit_w_per_bps * 10e6, 4.3839);   // at 10 Mbps
  EXPECT_THAT(pi->source, testing::AllOf(testing::HasSubstr("Pi Dramble"), testing::HasSubstr("Huang")));
  for (const BoardPower& board : KnownBoards()) {
    const absl::StatusOr<PowerModel> power = FindPower(board.name);
    ASSERT_TRUE(power.ok());
    EXPECT_TRUE(CheckPower(*power).ok());
    EXPECT_THAT(power->name, testing::EndsWith("+wifi"));
  }
  EXPECT_THAT(std::string(FindPower("toaster").status().message()), testing::HasSubstr("raspberry-pi-4"));
  EXPECT_FALSE(FindPower("raspberry-pi-4+").ok());
  PowerModel absurd = TestPower();
  absurd.transmit_w = 1e6;
  EXPECT_THAT(std::string(CheckPower(absurd).message()), testing::HasSubstr("transmit is 1e+06"));
}

TEST(Objective, ReadsNamesAndSums) {
  EXPECT_EQ(*ParseObjective("latency"), (Objective{.latency = 1}));
  EXPECT_EQ(*ParseObjective("throughput"), (Objective{.period = 1}));
  EXPECT_EQ(*ParseObjective("latency=1,energy=0.5"), (Objective{.latency = 1, .energy = 0.5}));
  EXPECT_EQ(ObjectiveText(*ParseObjective("energy=0.5,latency=1")), "latency + 0.5 energy");
  for (const char* wrong :
       {"", "speed", "latency=", "latency=-1", "latency=0", "latency=1,latency=2", "latency=nan", "latency,energy", "=1"}) {
    EXPECT_FALSE(ParseObjective(wrong).ok()) << wrong;
  }
}

}   // namespace
}   // namespace partway::cost
