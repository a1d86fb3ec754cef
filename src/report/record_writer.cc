#include "report/record_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/machine.h"
#include "base/status.h"
#include "base/version.h"
#include "report/record_rows.h"

namespace partway::report {
namespace {

using Json = nlohmann::ordered_json;

class FileRecordSink final : public RecordSink {
 public:
  FileRecordSink(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  ~FileRecordSink() override { ::close(fd_); }

  absl::Status Append(std::string_view text) override {
    while (!text.empty()) {
      const ssize_t n = ::write(fd_, text.data(), text.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return Error("cannot write");
      text.remove_prefix(static_cast<size_t>(n));
    }
    return absl::OkStatus();
  }
  absl::Status CutBack(uint64_t size) override {
    if (::ftruncate(fd_, static_cast<off_t>(size)) != 0) return Error("cannot shorten");
    return absl::OkStatus();
  }

 private:
  absl::Status Error(std::string_view doing) const {
    const std::string text = Concat(doing, " ", path_, ": ", std::strerror(errno));
    return errno == ENOSPC || errno == EDQUOT ? absl::ResourceExhaustedError(text) : absl::InternalError(text);
  }

  const int fd_;
  const std::string path_;
};

std::string LineOf(const char* kind, Json object) {
  Json line = Json::object();
  line[kind] = std::move(object);
  return line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}   // namespace

absl::StatusOr<std::unique_ptr<RecordSink>> OpenRecordFile(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
  if (fd < 0) {
    const std::string text = Concat("cannot create the record ", path, ": ", std::strerror(errno));
    if (errno == ENOENT) return absl::NotFoundError(text);
    if (errno == EACCES || errno == EPERM || errno == EROFS) return absl::PermissionDeniedError(text);
    return absl::InternalError(text);
  }
  return std::make_unique<FileRecordSink>(fd, path);
}

absl::StatusOr<std::unique_ptr<RecordWriter>> RecordWriter::Create(const std::string& path, RunHeader header) {
  ASSIGN_OR_RETURN(std::unique_ptr<RecordSink> sink, OpenRecordFile(path));
  return std::make_unique<RecordWriter>(std::move(sink), path, std::move(header));
}

RecordWriter::RecordWriter(std::unique_ptr<RecordSink> sink, std::string name, RunHeader header)
    : sink_(std::move(sink)), name_(std::move(name)) {
  if (header.version.empty()) header.version = kVersion;
  if (header.commit.empty()) header.commit = kCommit;
  if (header.started.empty()) header.started = UtcNow();
  if (header.machine.cores == 0) header.machine = ThisMachine();
  Line(LineOf("header", ToJson(header)));
}

void RecordWriter::Frame(const FrameRow& frame) { Line(LineOf("frame", ToJson(frame))); }
void RecordWriter::Slot(const SlotRow& slot) { Line(LineOf("slot", ToJson(slot))); }
void RecordWriter::Event(const EventRow& event) { Line(LineOf("event", ToJson(event))); }

void RecordWriter::Finish(const RunSummary& summary) {
  Line(LineOf("summary", summary.ToJson()));
  const std::lock_guard lock(mutex_);
  finished_ = true;
}

void RecordWriter::Line(const std::string& text) {
  const std::lock_guard lock(mutex_);
  if (finished_) return;
  if (!status_.ok()) {
    ++lost_;
    return;
  }
  status_ = sink_->Append(text);
  if (status_.ok()) {
    bytes_ += text.size();
    ++lines_;
    return;
  }
  ++lost_;
  // A device such as /dev/full cannot be shortened; then nothing was written either, or the reader leaves the half line out.
  (void)sink_->CutBack(bytes_);
}

absl::Status RecordWriter::status() const {
  const std::lock_guard lock(mutex_);
  if (status_.ok()) return status_;
  const std::string_view why(status_.message().data(), status_.message().size());
  return absl::Status(status_.code(),
                      Concat("recording to ", name_, " stopped after ", lines_, " lines, ", lost_, " were lost: ", why));
}

int64_t RecordWriter::lines() const {
  const std::lock_guard lock(mutex_);
  return lines_;
}

}   // namespace partway::report
