#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "base/file.h"
#include "base/status.h"
#include "report/record_rows.h"
#include "report/run_record.h"

namespace partway::report {
namespace {

using Json = nlohmann::ordered_json;

absl::Status SystemError(const std::string& path, int error) {
  const std::string text = Concat("cannot read the record ", path, ": ", std::strerror(error));
  return absl::InvalidArgumentError(text);
}

// Lines of a file, none longer than a bound.
class Lines {
 public:
  enum class Next { kLine, kCutLine, kTooLong, kEnd, kError };

  Lines(std::FILE* file, size_t max_bytes) : file_(file), max_bytes_(max_bytes) {}

  // kCutLine: the last line, which has no line end.
  Next Read(std::string* line) {
    line->clear();
    while (true) {
      if (at_ == end_) {
        end_ = std::fread(buffer_, 1, sizeof buffer_, file_);
        at_ = 0;
        if (end_ == 0) return std::ferror(file_) ? Next::kError : line->empty() ? Next::kEnd : Next::kCutLine;
      }
      const char* start = buffer_ + at_;
      const void* newline = std::memchr(start, '\n', end_ - at_);
      const size_t n = newline != nullptr ? static_cast<size_t>(static_cast<const char*>(newline) - start) : end_ - at_;
      if (line->size() + n > max_bytes_) return Next::kTooLong;
      line->append(start, n);
      at_ += n;
      if (newline == nullptr) continue;
      ++at_;
      return Next::kLine;
    }
  }

 private:
  std::FILE* file_;
  const size_t max_bytes_;
  char buffer_[1 << 16];
  size_t at_ = 0, end_ = 0;
};

absl::Status AddLine(const Json& line, bool first, RunRecord* record) {
  if (!line.is_object() || line.empty()) return InvalidArgument("expected an object such as {\"frame\":{…}}");
  const std::string& kind = line.begin().key();
  const Json& body = line.begin().value();
  if (first) {
    if (kind != "header") return InvalidArgument("not a run record: expected a line {\"header\":{\"record\":1,…}} first");
    ASSIGN_OR_RETURN(record->header, HeaderFromJson(body));
    return absl::OkStatus();
  }
  if (kind == "header") return InvalidArgument("a second header; a record holds one run");
  if (record->summary) return InvalidArgument("a line after the summary");
  if (kind == "frame") {
    ASSIGN_OR_RETURN(FrameRow frame, FrameFromJson(body));
    record->frames.push_back(std::move(frame));
  } else if (kind == "slot") {
    ASSIGN_OR_RETURN(SlotRow slot, SlotFromJson(body));
    record->slots.push_back(std::move(slot));
  } else if (kind == "event") {
    ASSIGN_OR_RETURN(EventRow event, EventFromJson(body));
    record->events.push_back(std::move(event));
  } else if (kind == "summary") {
    ASSIGN_OR_RETURN(record->summary, RunSummary::FromJson(body));
  }
  return absl::OkStatus();
}

}   // namespace

absl::StatusOr<RunRecord> ReadRecord(const std::string& path, const ReadLimits& limits) {
  absl::StatusOr<int> descriptor = OpenFile(path);
  if (!descriptor.ok()) return Annotate(descriptor.status(), "no run record");
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(::fdopen(*descriptor, "rb"), &std::fclose);
  if (file == nullptr) {
    const int error = errno;
    ::close(*descriptor);
    return SystemError(path, error);
  }
  RunRecord record;
  record.path = path;
  auto lines = std::make_unique<Lines>(file.get(), limits.line_bytes);
  std::string text;
  bool header_read = false;
  for (size_t number = 1;; ++number) {
    const Lines::Next next = lines->Read(&text);
    const std::string where = Concat(path, ":", number);
    if (next == Lines::Next::kEnd) {
      if (!header_read) return InvalidArgument(path, ": the record is empty");
      return record;
    }
    if (next == Lines::Next::kError) return SystemError(path, errno);
    if (next == Lines::Next::kTooLong) {
      return InvalidArgument(where, ": the line is longer than ", limits.line_bytes, " bytes; not a run record");
    }
    if (number > limits.rows) return ResourceExhausted(where, ": more than the ", limits.rows, " lines allowed");
    if (text.find_first_not_of(" \t\r") == std::string::npos) continue;
    const Json line = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (line.is_discarded()) {
      if (next == Lines::Next::kCutLine && header_read) {   // the run was killed while it wrote
        record.last_line_cut = true;
        return record;
      }
      return InvalidArgument(where, header_read ? ": the line is not JSON" : ": not a run record: the line is not JSON");
    }
    RETURN_IF_ERROR(Annotate(AddLine(line, !header_read, &record), where));
    header_read = true;
  }
}

}   // namespace partway::report
