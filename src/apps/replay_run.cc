#include "apps/replay_run.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "apps/recorded_run.h"
#include "apps/replay_info.h"
#include "apps/replay_input.h"
#include "base/status.h"

namespace partway::apps {
namespace {

// Decides as a record says, slot by slot.
class AsRecorded final : public policy::Policy {
 public:
  AsRecorded(const std::vector<report::SlotRow>& slots, const cost::OptionTable& table) {
    for (const report::SlotRow& slot : slots) decisions_[slot.t] = DecisionOf(slot, table);
  }
  // A slot that is not in the record (the live run slept through it) is as the one before.
  policy::Decision Decide(const policy::Observation& seen) const override {
    const auto after = decisions_.upper_bound(seen.slot);
    return after == decisions_.begin() ? policy::Decision{} : std::prev(after)->second;
  }

 private:
  static policy::Decision DecisionOf(const report::SlotRow& slot, const cost::OptionTable& table) {
    policy::Decision decision;
    for (const report::SlotChoice& choice : slot.choice) {
      for (size_t row = 0; row < table.size() && decision.count < policy::Decision::kMost; ++row) {
        const cost::OptionKey& key = table.keys[row];
        const std::string& codec = table.local(row) ? "" : table.codecs[static_cast<size_t>(key.codec)];
        if (key.cut != choice.cut || table.sizes[static_cast<size_t>(key.size)].height != choice.size || codec != choice.codec)
          continue;
        decision.Add({static_cast<int32_t>(row), static_cast<int32_t>(std::clamp(choice.frames, 0.0, 1e6))});
        break;
      }
    }
    return decision;
  }
  std::map<int64_t, policy::Decision> decisions_;
};

void Sum(double max_latency_s, ReplayedRun* run) {
  report::SummaryBuilder sums;
  for (const report::FrameRow& frame : run->frames) {
    sums.Add(frame);
    const bool answered = frame.outcome != device::Outcome::kDropped;
    run->within += answered && frame.latency_s <= max_latency_s ? 1 : 0;
  }
  run->summary = sums.Summary();
}

// Back to the run's clock.
report::FrameRow RowOf(device::FrameRecord frame, double origin_s) {
  frame.captured_s += origin_s;
  for (double device::FrameRecord::*at :
       {&device::FrameRecord::arrived_at_s, &device::FrameRecord::prepare_at_s, &device::FrameRecord::head_at_s,
        &device::FrameRecord::encode_at_s, &device::FrameRecord::upload_at_s, &device::FrameRecord::edge_at_s,
        &device::FrameRecord::tail_at_s}) {
    if (frame.*at >= 0) frame.*at += origin_s;
  }
  return report::FrameRow(std::move(frame));
}

absl::StatusOr<ReplayedRun> Play(const report::RunRecord& record, const LiveProblem& live, ReplayInput input, bool as_decided) {
  const report::ReplayInfo& info = *record.header.replay;
  std::optional<Duration> deadline;
  if (info.deadline_s) deadline = FromSeconds(*info.deadline_s);
  std::unique_ptr<control::Controller> controller;
  if (as_decided) {
    control::ControllerOptions options = ControllerOptionsOf(live, info.policy, deadline);
    options.fall_back = options.leave_out_late = false;   // the record's decisions are those that were carried out
    controller = std::make_unique<control::Controller>(options, std::make_unique<AsRecorded>(record.slots, live.table));
  } else {
    policy::Parameters parameters;
    parameters.numbers.insert(info.numbers.begin(), info.numbers.end());
    parameters.texts.insert(info.texts.begin(), info.texts.end());
    ASSIGN_OR_RETURN(controller, MakeController(live, info.policy, record.header.seed, deadline, parameters));
  }
  input.run.options = &live.table;
  input.run.controller = controller.get();
  input.run.session = ControlledSession(*controller, live.table.groups(), live.table.sizes.front().height);
  input.run.session.deadline = deadline;
  input.run.session.reply_timeout = FromSeconds(info.reply_timeout_s);
  input.run.session.drop_oldest = info.drop_oldest;
  input.run.session.encode_slots = info.encode_slots;
  input.run.session.connected = info.connected;
  ASSIGN_OR_RETURN(sim::ControlledResult result, sim::RunControlled(input.run, record.header.seed));
  ReplayedRun run;
  for (device::FrameRecord& frame : result.records) run.frames.push_back(RowOf(std::move(frame), input.origin_s));
  for (const control::SlotReport& slot : result.slots) run.slots.push_back(SlotRowOf(slot, live.table));
  Sum(live.problem.max_latency_s, &run);
  return run;
}

absl::StatusOr<Replay> PlayUnnamed(report::RunRecord record) {
  ASSIGN_OR_RETURN(const std::unique_ptr<LiveProblem> live, ProblemOf(record.header));
  RETURN_IF_ERROR(policy::CheckProblem(live->problem));
  ASSIGN_OR_RETURN(const policy::Entry* entry, policy::PolicyNamed(record.header.replay->policy));
  if (entry->needs_future)
    return InvalidArgument("header.replay.policy: ", entry->name, " needs to know the future, which no live run does");
  ASSIGN_OR_RETURN(const ReplayInput input, ReplayInputOf(record, *live));
  Replay replay;
  ASSIGN_OR_RETURN(replay.simulated, Play(record, *live, input, false));
  ASSIGN_OR_RETURN(replay.as_decided, Play(record, *live, input, true));
  replay.path = std::move(record.path);
  replay.header = std::move(record.header);
  replay.live.frames = std::move(record.frames);
  replay.live.slots = std::move(record.slots);
  Sum(live->problem.max_latency_s, &replay.live);
  return replay;
}

}   // namespace

double RelativeError(double live, double simulated) {
  if (live != 0) return simulated / live - 1;
  return simulated != 0 ? 1 : 0;
}

double ReplayErrors::worst() const { return std::max({std::abs(fps), std::abs(latency), std::abs(upload_bytes)}); }

ReplayErrors ErrorsOf(const ReplayedRun& live, const ReplayedRun& simulated) {
  const report::RunSummary &l = live.summary, &s = simulated.summary;
  const report::LatencySummary none;
  const report::LatencySummary ll = l.latency_s.value_or(none), sl = s.latency_s.value_or(none);
  return {.fps = RelativeError(l.fps, s.fps),
          .latency = RelativeError(ll.mean, sl.mean),
          .p95 = RelativeError(ll.p95, sl.p95),
          .upload_bytes = RelativeError(static_cast<double>(l.upload_bytes), static_cast<double>(s.upload_bytes)),
          .bytes_per_frame = RelativeError(l.bytes_per_frame, s.bytes_per_frame),
          .within = RelativeError(static_cast<double>(live.within), static_cast<double>(simulated.within))};
}

absl::StatusOr<Replay> PlayAgain(report::RunRecord record) {
  const std::string path = record.path;
  absl::StatusOr<Replay> replay = PlayUnnamed(std::move(record));
  if (!replay.ok()) return Annotate(replay.status(), path);
  return replay;
}

}   // namespace partway::apps
