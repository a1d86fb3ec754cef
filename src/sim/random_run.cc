// Runs drawn from a seed.
#include <algorithm>

#include "base/rng.h"
#include "base/text.h"
#include "sim/session_simulation.h"

namespace partway::sim {
namespace {

Duration Ms(double ms) { return FromSeconds(ms * 1e-3); }

device::Plan DrawPlan(int group_count, Rng* rng) {
  device::Plan plan;
  plan.from = static_cast<int>(rng->UniformInt(0, group_count));
  plan.to = rng->Chance(0.7) ? group_count : static_cast<int>(rng->UniformInt(plan.from, group_count));
  plan.size = rng->Chance(0.5) ? 224 : 160;
  plan.codec = rng->Chance(0.5) ? "raw" : "int8-ec";
  return plan;
}

void LimitPlan(double limit_ms, double whole_ms, device::Plan* plan) {
  plan->limit = Ms(limit_ms);
  plan->whole = Ms(whole_ms);
  plan->here = Ms(whole_ms / 2);
}

}   // namespace

RandomRun DrawRandomRun(uint64_t seed) {
  // Apart from the numbers that the run itself draws from the seed.
  Rng rng(seed ^ 0x5eed5eed5eed5eedULL);
  RandomRun run;
  SessionSimulationOptions& o = run.options;
  const int groups = static_cast<int>(rng.UniformInt(1, 9));
  o.session.group_count = groups;
  o.session.depth = static_cast<int>(rng.UniformInt(0, 5));
  o.session.depth_max = static_cast<int>(rng.UniformInt(1, 8));
  o.session.compute_slots = static_cast<int>(rng.UniformInt(1, 3));
  o.session.waiting_max = static_cast<int>(rng.UniformInt(1, 6));
  o.session.drop_oldest = rng.Chance(0.5);
  o.session.connected = rng.Chance(0.8);
  o.session.reply_timeout = Ms(rng.Uniform(300, 2000));
  o.session.probe_first = Ms(rng.Uniform(10, 200));
  o.session.probe_timeout = Ms(rng.Uniform(300, 2000));
  if (rng.Chance(0.5)) o.session.deadline = Ms(rng.Uniform(20, 1000));
  o.session.plan = DrawPlan(groups, &rng);

  o.prepare = rng.Chance(0.2) ? Duration(0) : Ms(rng.Uniform(0, 15));
  o.encode = rng.Chance(0.2) ? Duration(0) : Ms(rng.Uniform(0, 10));
  o.encoded_share = rng.Uniform(0.05, 1);
  o.device.jitter = rng.Chance(0.5) ? rng.Uniform(0, 0.5) : 0;
  o.edge.compute.jitter = o.device.jitter;
  for (int g = 0; g < groups; ++g) {
    o.device.group_s.push_back(rng.Chance(0.1) ? 0 : rng.Uniform(0, 0.060 / groups));
    o.edge.compute.group_s.push_back(rng.Uniform(0, 0.020 / groups));
  }
  for (int c = 0; c <= groups; ++c) o.cut_bytes.push_back(rng.UniformInt(1, 200'000));
  o.edge.workers = static_cast<int>(rng.UniformInt(1, 3));
  o.edge.limits.max_queued_per_device = static_cast<int>(rng.UniformInt(1, 8));
  o.link = {.up = BitsPerSecond(rng.Chance(0.1) ? 0 : rng.Uniform(20e6, 200e6)),
            .down = BitsPerSecond(rng.Chance(0.5) ? 0 : rng.Uniform(1e6, 100e6)),
            .delay_up = Ms(rng.Uniform(0, 20)),
            .delay_down = Ms(rng.Uniform(0, 20)),
            .queue_bytes = rng.UniformInt(1'000, 10'000'000)};

  o.faults = DrawFaults(&rng);
  o.faults.until = Instant{} + Ms(rng.Uniform(1500, 3000));
  // After the last fault: what was late comes, a reply or a probe runs into its time, the longest pause passes, twice over.
  run.recovered_by = o.faults.until + std::max({o.faults.late_max, o.faults.restart_max, o.faults.slow_max}) +
                     o.session.reply_timeout + 2 * (o.session.probe_max + o.session.probe_timeout);
  if (rng.Chance(0.3)) {
    const int changes = static_cast<int>(rng.UniformInt(1, 20));
    for (int i = 0; i < changes; ++i) {
      o.plan_changes.push_back({.at = Instant{} + Ms(200.0 * (i + rng.Uniform())), .plan = DrawPlan(groups, &rng)});
    }
    // To be judged by its return to the edge.
    o.plan_changes.push_back({.at = Instant{} + Ms(4500), .plan = {.from = 0, .to = groups, .size = 224}});
  }
  o.frame_interval = Ms(rng.Chance(0.3) ? rng.Uniform(5, 20) : rng.Uniform(20, 120));
  o.frames = static_cast<int64_t>(ToSeconds(run.recovered_by - Instant{}) / ToSeconds(o.frame_interval)) + 20;
  o.time_max = std::chrono::minutes(5);
  o.session.encode_slots = rng.Chance(0.3) ? 1 : 0;
  if (rng.Chance(0.3)) {
    const double limit_ms = rng.Uniform(20, 300);
    const double whole_ms = rng.Uniform(1, 80);
    LimitPlan(limit_ms, whole_ms, &o.session.plan);
    for (PlanChange& change : o.plan_changes) LimitPlan(limit_ms, whole_ms, &change.plan);
  }
  return run;
}

SessionSimulationResult RunRandomSession(uint64_t seed, bool keep_trace) {
  RandomRun run = DrawRandomRun(seed);
  run.options.keep_trace = keep_trace;
  SessionSimulationResult result = RunSimulatedSession(run.options, seed);
  const device::Plan& plan = run.options.plan_changes.empty() ? run.options.session.plan : run.options.plan_changes.back().plan;
  // A deadline that a good frame may miss loses the server again, as it should.
  const bool roomy = !run.options.session.deadline || *run.options.session.deadline >= std::chrono::milliseconds(600);
  if (plan.from < plan.to && roomy) {
    int64_t edge = 0, others = 0;
    for (const device::FrameRecord& r : result.records) {
      if (r.captured_s < run.recovered_by.seconds()) continue;
      ++(r.outcome == device::Outcome::kEdge ? edge : others);
    }
    if (!result.connected) result.violations.push_back("the session has not found its server again");
    if (edge == 0)
      result.violations.push_back(Concat("of ", others, " frames after the last fault none was answered by the edge"));
  }
  return result;
}

}   // namespace partway::sim
