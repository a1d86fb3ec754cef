#include "sim/session_simulation.h"

#include "base/rng.h"
#include "base/text.h"
#include "sim/event_queue.h"
#include "sim/simulated_device.h"

namespace partway::sim {

SessionSimulationResult RunSimulatedSession(const SessionSimulationOptions& options, uint64_t seed) {
  EventQueue events;
  Rng rng(seed);
  SimulatedEdge edge(&events, &rng, options.edge);
  SimulatedDevice device(options, &events, &rng, &edge, "device");
  device.Start();
  const Instant end = Instant{} + options.time_max;
  // No run of n frames needs more than this; one that has events for ever at one instant would not come to its end in time.
  int64_t steps_left = 10'000 * (options.frames + 100);
  while (!device.done() && events.now() <= end && steps_left > 0 && events.Step()) --steps_left;
  const bool done = device.done();
  SessionSimulationResult result = device.Finish();
  if (!done) {
    result.violations.insert(result.violations.begin(),
                             Concat("does not end: ", result.counts.offered, " of ", options.frames, " frames offered, ",
                                    result.records.size(), " with an outcome at ", events.now().seconds(), " s"));
  }
  return result;
}

}   // namespace partway::sim
