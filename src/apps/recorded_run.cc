#include "apps/recorded_run.h"

#include <utility>

#include "base/status.h"

namespace partway::apps {
namespace {
constexpr size_t kGuesses = 5;
}

absl::StatusOr<RecordedRun> RunRecorded(const device::LiveOptions& options, const Clock& clock, DeviceSide& side,
                                        media::Source& source, device::Channel* channel, const RunHooks& hooks,
                                        const std::atomic<bool>& stop) {
  const media::ModelConfig& config = side.prepared.loaded.config;
  report::SummaryBuilder sums;
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
