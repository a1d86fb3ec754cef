// Runs of several devices drawn from a seed.

#include "base/rng.h"
#include "base/text.h"
#include "sim/event_simulator.h"
#include "sim/slot_scenario.h"

namespace partway::sim {
namespace {

constexpr int kGroups = 4;

// Two codecs at two sizes, every cut of four groups.
cost::OptionTable DrawTable(Rng* rng) {
  cost::OptionTable table;
  for (int g = 0; g < kGroups; ++g) table.group_names.push_back(Concat("g", g));
  table.sizes = {{160, 160}, {224, 224}};
  table.codecs = {"raw", "int8-ec"};
  const double device_s = rng->Uniform(0.001, 0.060), edge_s = rng->Uniform(0.0005, 0.020), bits = rng->Uniform(1e3, 1.6e6);
  for (int16_t cut = 0; cut <= kGroups; ++cut) {
    for (int16_t size = 0; size < 2; ++size) {
      for (int16_t codec = 0; codec < 2; ++codec) {
        const bool local = cut == kGroups;
        if (local && codec > 0) continue;
        const double scale = size == 0 ? 0.5 : 1, head = device_s * scale * cut / kGroups;
        const double encode = !local && codec > 0 ? rng->Uniform(0, 0.005) : 0;
        const double coefficient[cost::kWeights] = {head + encode, local ? 0 : bits * scale * rng->Uniform(0.1, 2),
                                                    local ? 0.0 : 1.0, edge_s * scale * (kGroups - cut) / kGroups,
                                                    local ? 0.0 : 32768.0};
        table.keys.push_back({cut, size, local ? cost::kNoCodec : codec});
        for (size_t w = 0; w < cost::kWeights; ++w) table.coefficient[w].push_back(coefficient[w]);
        table.encode_s.push_back(encode);
        table.accuracy.push_back(0.7 + 0.05 * size - 0.01 * codec);
        for (auto* column : {&table.decode_s, &table.device_memory_bytes, &table.edge_memory_bytes, &table.distance_correlation,
                             &table.reconstruction_ssim}) {
          column->push_back(0);
        }
      }
    }
  }
  cost::RankRows(&table);
  return table;
}

// Another mix in every slot, sometimes none, sometimes more than there is time for.
class Restless final : public policy::Policy {
 public:
  Restless(size_t options, uint64_t seed) : options_(options), seed_(seed) {}
  policy::Decision Decide(const policy::Observation& seen) const override {
    Rng rng(StreamSeed(seed_, static_cast<uint64_t>(seen.slot)));
    policy::Decision decision;
    int left = seen.frames;
    while (left > 0 && decision.count < 3 && rng.Chance(0.8)) {
      const auto frames = static_cast<int32_t>(rng.UniformInt(0, left));
      const bool own = rng.Chance(0.1) && decision.count == 0;
      if (own) decision.own.coefficient = {rng.Uniform(0, 0.02), rng.Uniform(0, 1e5), rng.Chance(0.5) ? 1.0 : 0.0, 0.004, 1000};
      decision.Add(
          {own ? policy::kOwnOption : static_cast<int32_t>(rng.UniformInt(0, static_cast<int64_t>(options_) - 1)), frames});
      left -= frames;
    }
    return decision;
  }

 private:
  size_t options_;
  uint64_t seed_;
};

struct Drawn {
  cost::OptionTable table;
  std::vector<policy::Observation> slots;
  std::unique_ptr<Restless> policy;
};

EventDevice DrawDevice(Drawn* drawn, double seconds, uint64_t seed, Rng* rng) {
  drawn->table = DrawTable(rng);
  EventDevice d;
  d.options = &drawn->table;
  d.watched = true;
  d.session.depth = static_cast<int>(rng->UniformInt(0, 5));
  d.session.depth_max = static_cast<int>(rng->UniformInt(1, 8));
  d.session.compute_slots = static_cast<int>(rng->UniformInt(1, 2));
  d.session.waiting_max = static_cast<int>(rng->UniformInt(1, 6));
  d.session.drop_oldest = rng->Chance(0.5);
  d.session.connected = rng->Chance(0.8);
  d.session.reply_timeout = FromSeconds(rng->Uniform(0.3, 2));
  if (rng->Chance(0.5)) d.session.deadline = FromSeconds(rng->Uniform(0.02, 1));
  cost::State state;
  state.rtt_s = rng->Uniform(0, 0.04);
  if (rng->Chance(0.5)) state.downlink_bps = rng->Uniform(1e6, 1e8);
  state.device_speed = rng->Uniform(0.5, 2);
  state.edge_load = rng->Uniform(0, 0.5);
  d.slot_s = rng->Uniform(0.1, 1);
  const auto slots = static_cast<int64_t>(seconds / d.slot_s) + 1;
  for (int64_t t = 0; t < slots; ++t) {
    state.uplink_bps = rng->Chance(0.1) ? 0 : rng->Uniform(1e6, 6e7);
    drawn->slots.push_back(policy::MakeObservation(t, static_cast<int>(rng->UniformInt(0, 25)), state, d.slot_s));
  }
  d.link = LinkOf(drawn->slots, d.slot_s);
  d.link.queue_bytes = rng->UniformInt(1'000, 10'000'000);
  if (rng->Chance(0.6)) {
    drawn->policy = std::make_unique<Restless>(drawn->table.size(), seed);
    d.policy = drawn->policy.get();
    d.slots = drawn->slots;
  } else {
    d.option = static_cast<int32_t>(rng->UniformInt(0, static_cast<int64_t>(drawn->table.size()) - 1));
    d.frame_interval = FromSeconds(rng->Uniform(0.01, 0.1));
    d.frames = static_cast<int64_t>(seconds / ToSeconds(d.frame_interval)) + 1;
    d.state = state;
  }
  return d;
}

}   // namespace

RandomEventRun RunRandomEvents(uint64_t seed) {
  Rng rng(seed ^ 0xf1ee7f1ee7f1ee7fULL);   // apart from the numbers that the run itself draws from the seed
  constexpr double kSeconds = 4;
  EventScenario scenario;
  std::vector<Drawn> drawn(static_cast<size_t>(rng.UniformInt(1, 6)));
  for (size_t i = 0; i < drawn.size(); ++i) {
    scenario.devices.push_back(DrawDevice(&drawn[i], kSeconds, seed + i, &rng));
    scenario.devices.back().name = Concat("device ", i + 1);
  }
  scenario.edge_workers = static_cast<int>(rng.UniformInt(1, 3));
  scenario.edge_limits.max_queued = static_cast<int>(rng.UniformInt(1, 12));
  scenario.edge_limits.max_queued_per_device = static_cast<int>(rng.UniformInt(1, 6));
  scenario.edge_limits.max_devices = static_cast<int>(rng.UniformInt(1, 8));
  scenario.edge_jitter = rng.Chance(0.5) ? rng.Uniform(0, 0.5) : 0;
  scenario.faults = DrawFaults(&rng);
  scenario.faults.until = Instant{} + FromSeconds(kSeconds);
  scenario.time_max = std::chrono::minutes(10);
  RandomEventRun run;
  absl::StatusOr<EventResult> result = RunEvents(scenario, seed);
  if (!result.ok()) {
    run.violations.push_back(std::string(result.status().message()));
    return run;
  }
  run.result = *std::move(result);
  run.violations = ViolationsOf(scenario, run.result);
  return run;
}

}   // namespace partway::sim
