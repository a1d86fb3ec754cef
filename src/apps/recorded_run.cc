#include "apps/recorded_run.h"

#include <utility>

#include "apps/simulate_parts.h"
#include "base/status.h"

namespace partway::apps {
namespace {
constexpr size_t kGuesses = 5;
}   // namespace

report::SlotRow SlotRowOf(const control::SlotReport& slot, const cost::OptionTable& table) {
  report::SlotRow row;
  row.t = slot.seen.slot;
  row.a = slot.outcome.offered;
  row.b = slot.outcome.processed;
  row.k = slot.outcome.k();
  row.choice = ChoicesOf(table, slot.decision);
  row.uplink_bps = slot.seen.state.uplink_bps;
  for (const policy::Memory& memory : slot.memory) row.queues[memory.name] = memory.value;
  row.predicted_latency_s = slot.predicted.latency_s;
  row.latency_s = slot.outcome.latency_s;
  row.accuracy = slot.outcome.accuracy;
  row.state = {{"rtt_s", slot.seen.state.rtt_s},
               {"device_speed", slot.seen.state.device_speed},
               {"edge_speed", slot.seen.state.edge_speed},
               {"edge_load", slot.seen.state.edge_load},
               {"uplink_error", slot.uplink ? slot.uplink->error : 0},
               {"uplink_age_s", slot.uplink ? ToSeconds(slot.uplink->age) : 0},
               {"within", slot.within},
               {"fell_back", slot.fell_back ? 1 : 0},
               {"edge_workers", slot.edge_workers}};
  return row;
}

absl::StatusOr<RecordedRun> RunRecorded(const device::LiveOptions& options, const Clock& clock, DeviceSide& side,
                                        media::Source& source, device::Channel* channel, const RunHooks& hooks,
                                        const std::atomic<bool>& stop) {
  const media::ModelConfig& config = side.prepared.loaded.config;
  report::SummaryBuilder sums(hooks.limits);
  int64_t done = 0;
  device::LiveObserver observer;
  observer.frame = [&](const device::LiveFrame& frame) {
    report::FrameRow row(frame.record);
    row.id += hooks.first_id;
    row.picture = frame.picture.name;
    std::vector<media::Guess> guesses;
    if (!frame.outputs.empty() && config.kind != media::OutputKind::kTensor) {
      if (auto best = media::TopK(frame.outputs.front().tensor, config.kind, kGuesses); best.ok()) guesses = *std::move(best);
    }
    if (!guesses.empty()) {
      row.top1 = guesses.front().index;
      if (frame.picture.label) row.correct = *row.top1 == *frame.picture.label;
    }
    if (hooks.frame) hooks.frame(row, frame.picture, guesses);
    sums.Add(row);
    if (hooks.record != nullptr) hooks.record->Frame(row);
    if (hooks.progress != nullptr) hooks.progress->Update(++done);
  };
  observer.slot = [&](const control::SlotReport& slot) {
    if (hooks.table == nullptr) return;
    const report::SlotRow row = SlotRowOf(slot, *hooks.table);
    if (hooks.record != nullptr) hooks.record->Slot(row);
    if (hooks.slot) hooks.slot(row, slot);
  };
  observer.notice = [&](Instant at, const std::string& kind, const std::string& detail) {
    report::EventRow event;
    event.at_s = at.seconds();
    event.kind = kind;
    event.detail = detail;
    if (hooks.record != nullptr) hooks.record->Event(event);
    if (hooks.event) hooks.event(event);
  };
  RecordedRun run;
  ASSIGN_OR_RETURN(run.live, device::RunLive(options, clock, *side.chain, source, config, channel, observer, stop));
  run.summary = sums.Summary();
  return run;
}

report::RunHeader MakeHeader(const std::string& command_line, const DeviceSide& side, const std::string& link,
                             const std::string& policy) {
  const engine::EngineInfo engine = side.engine->info();
  report::RunHeader header;
  header.command = command_line;
  header.engine = {engine.name, engine.version, engine.provider, engine.threads};
  header.model_name = side.prepared.loaded.model->name;
  header.model_sha256 = side.prepared.loaded.model->sha256;
  header.groups = side.prepared.grouping->size();
  header.link = link;
  header.policy = policy;
  return header;
}

}   // namespace partway::apps
