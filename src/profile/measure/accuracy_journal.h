// What an evaluation has done so far, in a file beside its result, so that it can be stopped or killed and go on later (docs/formats.md, "Accuracy
// table"): JSON lines, first {"accuracy_journal":{…settings…}}, then {"picture":12,"block":3,"rows":[[flags,bytes],…]} for each picture and block.
#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "profile/measure/accuracy_counts.h"

namespace partway::profile {

// What the result depends on, in words: a journal of other settings is not gone on with.
using JournalSettings = std::vector<std::pair<std::string, std::string>>;

class AccuracyJournal {
 public:
  // What a file may have; one of 1000 pictures, eleven cuts and thirty codecs has some 4 MB.
  static constexpr uint64_t kMaxBytes = uint64_t{1} << 30;

  // Creates the file, or reads what it holds, a line at a time, and goes on behind it; a last line that was cut off is cut away. `replay` gets the answers in
  // the order they were written; an error of its own ends the reading. Errors: ResourceExhausted for a file beyond `max_bytes`; FailedPrecondition for a journal of other settings, which says what differs;
  // InvalidArgument "FILE:line: ..." for what is no journal; Unavailable while another
  // process has it open; those of the system.
  using Replay = std::function<absl::Status(int64_t picture, size_t block, std::span<const Answer> answers)>;
  static absl::StatusOr<AccuracyJournal> Open(const std::string& path, const JournalSettings& settings, const AccuracyPlan& plan,
                                              int64_t pictures, const Replay& replay, uint64_t max_bytes = kMaxBytes);

  // Whole lines only, handed to the system at once. A line that would make the file larger than `max_bytes`, and all after it, is not written: the evaluation
  // goes on, and after an interruption does again what was not kept. Not thread-safe.
  absl::Status Append(int64_t picture, size_t block, std::span<const Answer> answers);
  bool full() const { return full_; }
  // Deletes the file of a finished evaluation, if it is there.
  static void Remove(const std::string& path);

 private:
  using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;
  AccuracyJournal(std::string path, File file, uint64_t bytes, uint64_t max_bytes)
      : path_(std::move(path)), file_(std::move(file)), bytes_(bytes), max_bytes_(max_bytes) {}
  absl::Status WriteLine(const std::string& line);

  std::string path_;
  File file_;
  uint64_t bytes_, max_bytes_;   // of the file; what it may have
  bool full_ = false;
};

}   // namespace partway::profile
