#include "apps/simulate_events.h"

#include "gtest/gtest.h"

namespace partway::apps {
namespace {

TEST(CheckOutcomes, ARunThatBreaksAContractNamesItsSeedAndHowToPlayItAgain) {
  Simulation simulation;
  simulation.scenario.path = "my scenario's.toml";
  simulation.scenario.slots.slots = 30;
  simulation.scenario.slots.policies = {{"parecon", {{{"V", 20}}, {}}}, {"all-local", {}}};
  simulation.scenario.events.devices = 4;
  simulation.seeds = {6, 7};
  EventOutcomes outcomes(2, std::vector<EventOutcome>(2));
  EXPECT_TRUE(CheckOutcomes(simulation, outcomes).ok());
  outcomes[0][1].run.violations = {"device 2: frame 3 is lost", "device 3: frame 9 is lost"};
  EXPECT_EQ(CheckOutcomes(simulation, outcomes).message(),
            "parecon V=20, seed 7: device 2: frame 3 is lost (and 1 more); replay: partway simulate 'my scenario'\\''s.toml' "
            "--simulator events --policy parecon --seed 7 --slots 30 --devices 4");
}

}   // namespace
}   // namespace partway::apps
