// A live run with what `run` and `demo` both want around it: the answers read, frames recorded and summed up, progress shown.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "apps/device_side.h"
#include "apps/progress.h"
#include "base/clock.h"
#include "cost/option_table.h"
#include "device/live/live_run.h"
#include "media/classify.h"
#include "media/source.h"
#include "report/record_writer.h"
#include "report/summary.h"

namespace partway::apps {

struct RecordedRun {
  device::LiveResult live;
  report::RunSummary summary;
};

struct RunHooks {
  report::RecordWriter* record = nullptr;   // null: not recorded
  Progress* progress = nullptr;
  const cost::OptionTable* table = nullptr;      // of a controlled run: what its slots' options are
  std::optional<report::SummaryLimits> limits;   // of a controlled run, for its summary
  uint64_t first_id = 0;                         // added to the frames' ids in the record, where several runs share one
  // The row as recorded (it may be completed here), the picture, and the likeliest classes, best first (empty when dropped or when
  // the output is no classification).
  std::function<void(report::FrameRow&, const media::Picture&, const std::vector<media::Guess>&)> frame;
  std::function<void(const report::EventRow&)> event;
  // A controlled run's slot, as recorded.
  std::function<void(const report::SlotRow&, const control::SlotReport&)> slot;
};

// Blocks until the run has ended. Errors: of RunLive.
absl::StatusOr<RecordedRun> RunRecorded(const device::LiveOptions& options, const Clock& clock, DeviceSide& side,
                                        media::Source& source, device::Channel* channel, const RunHooks& hooks,
                                        const std::atomic<bool>& stop);

// A controlled run's slot as records have it. `table`: of the controller.
report::SlotRow SlotRowOf(const control::SlotReport& slot, const cost::OptionTable& table);

// What this side puts in a record's first line.
report::RunHeader MakeHeader(const std::string& command_line, const DeviceSide& side, const std::string& link,
                             const std::string& policy);

}   // namespace partway::apps
