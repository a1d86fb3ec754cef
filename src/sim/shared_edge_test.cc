// Controllers that each look after themselves, together on one edge that is too slow for what each would do alone.
#include "gtest/gtest.h"
#include "policy/test_setting.h"
#include "sim/event_runs.h"

namespace partway::sim {
namespace {

// The Parecon paper's setting, an edge as fast as its clock says: a whole frame at 204 pixels takes 8.6 ms there, 45 frames a second come to each device.
SlotScenario PapersSlots() {
  SlotScenario scenario;
  scenario.name = "shared";
  scenario.slots = 300;
  scenario.frames = {30, 60, {}};
  scenario.link = UniformBits{6.68e6, 66.76e6};
  scenario.rtt_s = 0.01;
  scenario.options = std::make_shared<const cost::OptionTable>(policy::PaperTable({.edge_macs_per_s = policy::kEdgeByClock}));
  scenario.max_latency_s = 0.08;
  scenario.min_accuracy = 0.7;
  scenario.edge_limits_frames = true;
  return scenario;
}

// Both constraints to the goals of the study, on the worst of the devices; and as many frames as the same devices get done without the edge.
TEST(SharedEdge, OursHoldBothConstraintsHoweverManyDevicesThereAre) {
  const SlotScenario scenario = PapersSlots();
  for (const char* name : {"adaptive", "adaptive-single", "learned"}) {
    const PolicySpec policy{name, {}};
    for (const int devices : {1, 2, 4, 8}) {
      SCOPED_TRACE(testing::Message() << name << ", " << devices << " devices");
      EventSetting setting;
      setting.devices = devices;
      setting.edge_limits.max_queued = 64;
      setting.edge_limits.max_queued_per_device = 16;
      const auto run = RunEventSlots({&scenario, &setting, &policy, 1, {}}, {});
      ASSERT_TRUE(run.ok()) << run.status();
      EXPECT_TRUE(run->violations.empty());
      for (const SlotMeans& device : run->devices) {
        EXPECT_GE(device.k, 0.95);
        EXPECT_LE(device.latency_s, 1.02 * scenario.max_latency_s);
        EXPECT_GE(device.accuracy, scenario.min_accuracy - 0.002);
      }
    }
  }
}

}   // namespace
}   // namespace partway::sim
