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
  // Creates the file, or reads what it holds and goes on behind it; a last line that was cut off is cut away. `replay` gets the answers in the order
  // they were written; an error of its own ends the reading. Errors: FailedPrecondition for a journal of other settings, which says what differs;
  // InvalidArgument "FILE:line: ..." for what is no journal; Unavailable while another
  // process has it open; those of the system.
  using Replay = std::function<absl::Status(int64_t picture, size_t block, std::span<const Answer> answers)>;
  static absl::StatusOr<AccuracyJournal> Open(const std::string& path, const JournalSettings& settings, const AccuracyPlan& plan,
                                              int64_t pictures, const Replay& replay);

  // Whole lines only, handed to the system at once. Not thread-safe.
  absl::Status Append(int64_t picture, size_t block, std::span<const Answer> answers);
  // Deletes the file of a finished evaluation, if it is there.
  static void Remove(const std::string& path);

 private:
  using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;
  AccuracyJournal(std::string path, File file) : path_(std::move(path)), file_(std::move(file)) {}
  absl::Status WriteLine(const std::string& line);

  std::string path_;
  File file_;
};

}   // namespace partway::profile
