// An accuracy table from pictures: all cores, bounded memory whatever the number of pictures, resumable. The result depends on neither the number of
// threads nor on interruptions.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "media/source.h"
#include "profile/accuracy_table.h"
#include "profile/measure/accuracy_journal.h"
#include "profile/measure/accuracy_picture.h"
#include "profile/measure/image_set.h"

namespace partway::profile {

struct AccuracyOptions {
  int threads = 1;                                       // pictures at once
  std::string journal_path;                              // empty: none is kept
  uint64_t journal_bytes = AccuracyJournal::kMaxBytes;   // what it may have; beyond, answers are no longer kept
  JournalSettings settings;                              // beside what is known here (plan and images)
};

struct AccuracyResult {
  AccuracyTable table;                   // empty unless finished
  std::vector<media::Skipped> skipped;   // unreadable pictures, in the folder's order
  bool finished = false;   // false: stopped; the journal holds what was done. The caller removes it once the result is safe
  int64_t pictures_done = 0;
  bool journal_full = false;   // what was done last is not in the journal
};

// `progress` is called by one thread at a time with how many picture-rows are done, those of an earlier run included, of pictures * plan.rows().
// Errors: of the journal, the engine and the codecs; InvalidArgument when no picture can be read, and when one that was read before an interruption
// no longer can.
absl::StatusOr<AccuracyResult> MeasureAccuracy(const AccuracySubject& subject, const ImageSet& images,
                                               const AccuracyOptions& options, const std::function<void(int64_t)>& progress,
                                               const std::atomic<bool>& stop);

}   // namespace partway::profile
