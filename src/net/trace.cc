#include "net/trace.h"

#include <charconv>
#include <cmath>
#include <optional>

#include "base/file.h"
#include "base/status.h"

namespace partway::net {
namespace {

constexpr double kMostSeconds = 30 * 86400.0, kMostRate = 1e11;
constexpr int64_t kMostMilliseconds = int64_t{30} * 86'400'000;
constexpr size_t kShown = 40;   // bytes of a line that an error repeats

std::string_view Trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

// What of a line an error may repeat: its begin, without bytes that a terminal would act on.
std::string Shown(std::string_view line) {
  std::string text(line.substr(0, kShown));
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f) c = '?';
  }
  return line.size() > kShown ? text + "..." : text;
}

template <class T>
std::optional<T> Number(std::string_view text) {
  text = Trimmed(text);
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

// The lines that count, with their numbers from 1.
class DataLines {
 public:
  DataLines(std::string_view text, const std::string& origin, const TraceLimits& limits)
      : text_(text), origin_(origin), limits_(limits) {}

  // nullopt at the end.
  absl::StatusOr<std::optional<std::string_view>> Next() {
    while (!text_.empty()) {
      const size_t end = std::min(text_.find('\n'), text_.size());
      const std::string_view line = Trimmed(text_.substr(0, end));
      text_.remove_prefix(std::min(end + 1, text_.size()));
      ++number_;
      if (line.empty() || line.front() == '#') continue;
      if (++count_ > limits_.lines) return Error("the trace is longer than the ", limits_.lines, " lines allowed");
      return line;
    }
    return std::nullopt;
  }
  bool first() const { return count_ == 1; }

  template <class... Args>
  absl::Status Error(const Args&... parts) const {
    return InvalidArgument(origin_, ":", number_, ": ", parts...);
  }

 private:
  std::string_view text_;
  const std::string& origin_;
  const TraceLimits& limits_;
  size_t number_ = 0, count_ = 0;
};

// "time_s,rate_bps": nothing in it that could be meant as a number, which "nan" could.
bool IsHeading(std::string_view line) {
  const size_t comma = std::min(line.find(','), line.size());
  return line.find_first_of("0123456789") == std::string_view::npos && !Number<double>(line.substr(0, comma)) &&
         !Number<double>(line.substr(std::min(comma + 1, line.size())));
}

}   // namespace

absl::StatusOr<std::vector<RateStep>> ParseRateCsv(std::string_view text, const std::string& origin, const TraceLimits& limits) {
  DataLines lines(text, origin, limits);
  std::vector<RateStep> steps;
  bool any_rate = false;
  while (true) {
    ASSIGN_OR_RETURN(const std::optional<std::string_view> line, lines.Next());
    if (!line) break;
    if (lines.first() && IsHeading(*line)) continue;
    const size_t comma = line->find(',');
    const auto time = Number<double>(line->substr(0, comma));
    const auto rate = comma == std::string_view::npos ? std::nullopt : Number<double>(line->substr(comma + 1));
    if (!time || !rate) return lines.Error("'", Shown(*line), "'; expected seconds,bits per second, as in 0.5,20e6");
    if (!(*time >= 0 && *time <= kMostSeconds))
      return lines.Error("the time is ", *time, "; expected seconds from 0 to ", kMostSeconds);
    if (!(*rate >= 0 && *rate <= kMostRate))
      return lines.Error("the rate is ", *rate, "; expected bits per second from 0 to ", kMostRate);
    const Duration at = FromSeconds(*time);
    if (steps.empty() && at != Duration(0)) return lines.Error("the first time is ", *time, "; expected 0");
    if (!steps.empty() && at <= steps.back().at) return lines.Error("the time ", *time, " does not lie after the line before it");
    steps.push_back({at, std::llround(*rate)});
    any_rate = any_rate || steps.back().bits_per_second > 0;
  }
  if (steps.empty()) return InvalidArgument(origin, ": the trace is empty; expected a line for each change of the rate");
  if (!any_rate) return InvalidArgument(origin, ": every rate is 0; expected one that carries something");
  return steps;
}

absl::StatusOr<std::vector<int64_t>> ParseMahimahi(std::string_view text, const std::string& origin, const TraceLimits& limits) {
  DataLines lines(text, origin, limits);
  std::vector<int64_t> milliseconds;
  while (true) {
    ASSIGN_OR_RETURN(const std::optional<std::string_view> line, lines.Next());
    if (!line) break;
    const auto at = Number<int64_t>(*line);
    if (!at || *at < 0 || *at > kMostMilliseconds) {
      return lines.Error("'", Shown(*line), "'; expected a whole number of milliseconds from 0 to ", kMostMilliseconds);
    }
    if (!milliseconds.empty() && *at < milliseconds.back()) {
      return lines.Error("the time ", *at, " lies before that of the line before it, ", milliseconds.back());
    }
    milliseconds.push_back(*at);
  }
  if (milliseconds.empty()) return InvalidArgument(origin, ": the trace is empty; expected a millisecond a line");
  if (milliseconds.back() == 0)
    return InvalidArgument(origin, ": the trace ends at 0 ms; its last line is its length and must be above 0");
  return milliseconds;
}

std::string MahimahiText(const std::vector<int64_t>& milliseconds) {
  std::string text;
  for (const int64_t at : milliseconds) Append(&text, at, "\n");
  return text;
}

absl::StatusOr<std::vector<int64_t>> PacketsOf(const RateProfile& rate, Duration length, const TraceLimits& limits) {
  constexpr int64_t kPacketBits = kMahimahiPacketBytes * 8;
  const int64_t end = length / std::chrono::milliseconds(1);
  std::vector<int64_t> milliseconds;
  for (int64_t at = 1; at <= end; ++at) {
    const int64_t packets = rate.Carried(Instant{}, Instant{std::chrono::milliseconds(at)}) / kPacketBits;
    if (packets > static_cast<int64_t>(limits.lines)) {
      return InvalidArgument("the trace has more than the ", limits.lines, " packets allowed");
    }
    milliseconds.resize(static_cast<size_t>(packets), at);
  }
  if (milliseconds.empty())
    return InvalidArgument("the rate carries not one packet of ", kMahimahiPacketBytes, " bytes in that time");
  return milliseconds;
}

absl::StatusOr<std::vector<double>> ParseNumbers(std::string_view text, const std::string& origin, std::string_view what,
                                                 double low, double high, const TraceLimits& limits) {
  DataLines lines(text, origin, limits);
  std::vector<double> numbers;
  while (true) {
    ASSIGN_OR_RETURN(const std::optional<std::string_view> line, lines.Next());
    if (!line) break;
    if (lines.first() && IsHeading(*line)) continue;
    const auto number = Number<double>(*line);
    if (!number) return lines.Error("'", Shown(*line), "'; expected a number of ", what);
    if (!(*number >= low && *number <= high)) return lines.Error(*number, " ", what, "; expected ", low, " to ", high);
    numbers.push_back(*number);
  }
  if (numbers.empty()) return InvalidArgument(origin, ": the trace is empty; expected a number of ", what, " a line");
  return numbers;
}

absl::StatusOr<std::shared_ptr<const RateProfile>> ReadTrace(const std::string& path, const TraceLimits& limits) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path, limits.file_bytes));
  DataLines lines(text, path, limits);
  ASSIGN_OR_RETURN(std::optional<std::string_view> line, lines.Next());
  if (line && line->find(',') != std::string_view::npos) {
    ASSIGN_OR_RETURN(const std::vector<RateStep> steps, ParseRateCsv(text, path, limits));
    return RateOverTime(steps);
  }
  ASSIGN_OR_RETURN(const std::vector<int64_t> milliseconds, ParseMahimahi(text, path, limits));
  return PacketTrace(milliseconds);
}

absl::StatusOr<std::vector<double>> ReadNumbers(const std::string& path, std::string_view what, double low, double high,
                                                const TraceLimits& limits) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path, limits.file_bytes));
  return ParseNumbers(text, path, what, low, high, limits);
}

}   // namespace partway::net
