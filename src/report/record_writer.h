// Writes a run record as the run goes. Each line is handed to the system whole, at once, so a killed run loses nothing that had
// ended. When the disk is full the writer cuts the file back to its last whole line and records no more; the run goes on, and
// status() has the one line to tell at the end. Memory does not grow with the run.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "report/run_record.h"

namespace partway::report {

// Where the lines go; tests put a disk here that fills up at a byte of their choice. Not thread-safe.
class RecordSink {
 public:
  virtual ~RecordSink() = default;
  // Appends all of `text` or returns why not; then any part of it may have been written.
  virtual absl::Status Append(std::string_view text) = 0;
  // Shortens to `size` bytes.
  virtual absl::Status CutBack(uint64_t size) = 0;
};

// A file, emptied if it exists. Errors: NotFound (no such folder), PermissionDenied, Internal.
absl::StatusOr<std::unique_ptr<RecordSink>> OpenRecordFile(const std::string& path);

// Any thread may call any method; lines do not mix.
class RecordWriter {
 public:
  // Opens the file and writes the header. Only a file that cannot be opened is an error; a disk already full shows in status().
  static absl::StatusOr<std::unique_ptr<RecordWriter>> Create(const std::string& path, RunHeader header);
  RecordWriter(std::unique_ptr<RecordSink> sink, std::string name, RunHeader header);

  void Frame(const FrameRow& frame);
  void Slot(const SlotRow& slot);
  void Event(const EventRow& event);
  // The last line; rows after it are ignored. Without it the record reads as interrupted.
  void Finish(const RunSummary& summary);

  // OK, or why recording stopped and how many lines were kept.
  absl::Status status() const;
  int64_t lines() const;   // whole lines written

 private:
  void Line(const std::string& text);

  mutable std::mutex mutex_;
  std::unique_ptr<RecordSink> sink_;
  const std::string name_;
  uint64_t bytes_ = 0;
  int64_t lines_ = 0, lost_ = 0;
  bool finished_ = false;
  absl::Status status_;
};

}   // namespace partway::report
