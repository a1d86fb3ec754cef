#include "profile/measure/accuracy_journal.h"

#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/status.h"
#include "nlohmann/json.hpp"

namespace partway::profile {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMaxLineBytes = 1 << 20;
constexpr int kTop1 = 1, kTop5 = 2, kAgrees = 4, kUncut = 8, kAllFlags = 15;
constexpr const char* kHeaderKey = "accuracy_journal";

absl::Status SystemError(const std::string& path, const char* what) {
  return absl::Status(errno == ENOSPC ? absl::StatusCode::kResourceExhausted : absl::StatusCode::kInternal,
                      Concat(path, ": ", what, ": ", std::strerror(errno)));
}

std::string HeaderLine(const JournalSettings& settings) {
  Json header = Json::object();
  for (const auto& [key, value] : settings) header[key] = value;
  return Json{{kHeaderKey, std::move(header)}}.dump();
}

absl::Status CheckHeader(const std::string& path, const std::string& line, const JournalSettings& settings) {
  const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains(kHeaderKey) || !json[kHeaderKey].is_object())
    return InvalidArgument(path, ":1: not the journal of an evaluation; remove it or name another output");
  const Json& header = json[kHeaderKey];
  for (const auto& [key, value] : settings) {
    const std::string found = header.contains(key) && header[key].is_string() ? header[key].get<std::string>() : "";
    if (found == value) continue;
    return FailedPrecondition(path, ": was begun with another ", key, " ('", found.substr(0, 120), "', now '",
                              value.substr(0, 120), "'); repeat its settings, remove it, or name another output");
  }
  return absl::OkStatus();
}

// False where the line is not one of a journal for this plan.
bool ReadLine(std::string_view line, const AccuracyPlan& plan, int64_t pictures, int64_t* picture, size_t* block,
              std::vector<Answer>* answers) {
  const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return false;
  const auto number = [](const Json& value, int64_t limit) {
    return value.is_number_integer() && value >= 0 && value < limit ? value.get<int64_t>() : -1;
  };
  *picture = number(json.value("picture", Json()), pictures);
  const int64_t at = number(json.value("block", Json()), static_cast<int64_t>(plan.blocks.size()));
  if (*picture < 0 || at < 0) return false;
  *block = static_cast<size_t>(at);
  const Json rows = json.value("rows", Json());
  if (!rows.is_array() || rows.size() != plan.blocks[*block].codecs.size()) return false;
  answers->clear();
  for (const Json& row : rows) {
    if (!row.is_array() || row.size() != 2) return false;
    const int64_t flags = number(row[0], kAllFlags + 1), bytes = number(row[1], int64_t{1} << 50);
    if (flags < 0 || bytes < 0) return false;
    answers->push_back({.top1 = (flags & kTop1) != 0,
                        .top5 = (flags & kTop5) != 0,
                        .agrees = (flags & kAgrees) != 0,
                        .uncut = (flags & kUncut) != 0,
                        .bytes = bytes});
  }
  return true;
}

// A file's lines, one after the other, in bounded memory.
class LineReader {
 public:
  explicit LineReader(std::FILE* file) : file_(file) {}
  // False at the end of the file: `line` then holds what follows the last line's end. A line is at most kMaxLineBytes; what is longer ends the reading too.
  bool Next(std::string* line) {
    line->clear();
    for (;;) {
      if (at_ == buffer_.size()) {
        buffer_.resize(kChunk);
        buffer_.resize(std::fread(buffer_.data(), 1, kChunk, file_));
        at_ = 0;
        if (buffer_.empty()) return false;
      }
      const size_t end = buffer_.find('\n', at_);
      line->append(buffer_, at_, end == std::string::npos ? end : end - at_);
      at_ = end == std::string::npos ? buffer_.size() : end + 1;
      if (line->size() > kMaxLineBytes) return false;
      if (end != std::string::npos) return true;
    }
  }

 private:
  static constexpr size_t kChunk = 1 << 16;
  std::FILE* file_;
  std::string buffer_;
  size_t at_ = 0;
};

}   // namespace

absl::StatusOr<AccuracyJournal> AccuracyJournal::Open(const std::string& path, const JournalSettings& settings,
                                                      const AccuracyPlan& plan, int64_t pictures, const Replay& replay,
                                                      uint64_t max_bytes) {
  File file(std::fopen(path.c_str(), "abe"), &std::fclose);
  if (file == nullptr) return SystemError(path, "cannot be written");
  if (::flock(::fileno(file.get()), LOCK_EX | LOCK_NB) != 0)
    return Unavailable(path, ": another evaluation is writing it; wait for it or name another output");
  const File reading(std::fopen(path.c_str(), "rbe"), &std::fclose);
  if (reading == nullptr || std::fseek(reading.get(), 0, SEEK_END) != 0) return SystemError(path, "cannot be read");
  if (const long size = std::ftell(reading.get()); size < 0 || static_cast<uint64_t>(size) > max_bytes)
    return ResourceExhausted(path, ": more than the ", max_bytes, " bytes a journal may have; remove it or name another output");
  std::rewind(reading.get());
  LineReader lines(reading.get());
  uint64_t kept = 0;   // bytes of whole lines
  std::string line;
  std::vector<Answer> answers;
  int64_t picture = 0;
  size_t block = 0;
  int64_t number = 1;
  for (; lines.Next(&line); ++number) {
    if (number == 1) {
      RETURN_IF_ERROR(CheckHeader(path, line, settings));
    } else if (!ReadLine(line, plan, pictures, &picture, &block, &answers)) {
      return InvalidArgument(path, ":", number, ": not a line of this evaluation's journal; remove it or name another output");
    } else {
      RETURN_IF_ERROR(Annotate(replay(picture, block, answers), Concat(path, ":", number)));
    }
    kept += line.size() + 1;
  }
  if (std::ferror(reading.get()) != 0) return SystemError(path, "cannot be read");
  if (line.size() > kMaxLineBytes)
    return InvalidArgument(path, ":", number, ": not a line of this evaluation's journal; remove it or name another output");
  // What has no whole line yet is the beginning of our own first line, or it is not ours.
  if (kept == 0 && !HeaderLine(settings).starts_with(line))
    return InvalidArgument(path, ":1: not the journal of an evaluation; remove it or name another output");
  if (::ftruncate(::fileno(file.get()), static_cast<off_t>(kept)) != 0)
    return SystemError(path, "cannot be cut back to its last line");
  AccuracyJournal journal(path, std::move(file), kept, max_bytes);
  if (kept == 0) RETURN_IF_ERROR(journal.WriteLine(HeaderLine(settings)));
  return journal;
}

absl::Status AccuracyJournal::WriteLine(const std::string& line) {
  if (std::fwrite(line.data(), 1, line.size(), file_.get()) != line.size() || std::fputc('\n', file_.get()) == EOF ||
      std::fflush(file_.get()) != 0) {
    return SystemError(path_, "cannot be written");
  }
  bytes_ += line.size() + 1;
  return absl::OkStatus();
}

absl::Status AccuracyJournal::Append(int64_t picture, size_t block, std::span<const Answer> answers) {
  std::string line = Concat("{\"picture\":", picture, ",\"block\":", block, ",\"rows\":[");
  for (const Answer& a : answers) {
    const int flags = (a.top1 ? kTop1 : 0) | (a.top5 ? kTop5 : 0) | (a.agrees ? kAgrees : 0) | (a.uncut ? kUncut : 0);
    partway::Append(&line, line.back() == '[' ? "[" : ",[", flags, ",", a.bytes, "]");
  }
  line += "]}";
  full_ = full_ || bytes_ + line.size() + 1 > max_bytes_;
  return full_ ? absl::OkStatus() : WriteLine(line);
}

void AccuracyJournal::Remove(const std::string& path) {
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
}

}   // namespace partway::profile
