#include "net/link_faults.h"

#include <algorithm>
#include <utility>

#include "base/quantity.h"
#include "base/status.h"

namespace partway::net {
namespace {

using Kind = LinkFault::Kind;

constexpr Duration kMost = std::chrono::hours(24 * 30);
constexpr Duration kShortest = std::chrono::milliseconds(1);   // so that a schedule cannot keep the relay from its work
constexpr size_t kMostFaults = 10'000, kShownFaults = 4;

std::string Text(Duration d) { return FormatSeconds(ToSeconds(d)); }

std::string Text(const LinkFault& fault) {
  std::string text = Concat(FaultName(fault.kind), " at ", Text(fault.at));
  if (fault.kind != Kind::kReset) Append(&text, " for ", Text(fault.length));
  return text;
}

absl::Status Check(const LinkFault& fault) {
  if (fault.at < Duration(0) || fault.at > kMost) {
    return InvalidArgument("a ", FaultName(fault.kind), " must begin 0 s to 30 days after the first connection; got ",
                           Text(fault.at));
  }
  if (fault.kind == Kind::kReset && fault.length != Duration(0)) return InvalidArgument("a reset has no length");
  if (fault.kind != Kind::kReset && (fault.length < kShortest || fault.length > kMost)) {
    return InvalidArgument("the ", FaultName(fault.kind), " at ", Text(fault.at), " must last 1 ms to 30 days; got ",
                           Text(fault.length));
  }
  return absl::OkStatus();
}

}   // namespace

const char* FaultName(Kind kind) {
  switch (kind) {
    case Kind::kStall: return "stall";
    case Kind::kReset: return "reset";
    case Kind::kOutage: return "outage";
  }
  return "";
}

absl::StatusOr<FaultSchedule> FaultSchedule::Make(std::vector<LinkFault> faults, Duration repeat) {
  if (faults.size() > kMostFaults) return InvalidArgument("a link may have ", kMostFaults, " faults; got ", faults.size());
  Duration lasting{0};
  for (const LinkFault& fault : faults) {
    RETURN_IF_ERROR(Check(fault));
    lasting += fault.length;
  }
  std::stable_sort(faults.begin(), faults.end(), [](const LinkFault& a, const LinkFault& b) { return a.at < b.at; });
  for (size_t i = 1; i < faults.size(); ++i) {
    const LinkFault &before = faults[i - 1], &after = faults[i];
    if (before.at + before.length > after.at || (before.at == after.at && before.kind == after.kind)) {
      return InvalidArgument("faults may not overlap, as ", Text(before), " and ", Text(after), " do");
    }
  }
  if (repeat != Duration(0)) {
    if (faults.empty()) return InvalidArgument("there are no faults to repeat");
    const LinkFault& last = faults.back();
    if (repeat < kShortest || repeat > kMost)
      return InvalidArgument("faults may repeat every 1 ms to 30 days; got ", Text(repeat));
    if (last.at + last.length > repeat || last.at == repeat) {
      return InvalidArgument("faults that repeat every ", Text(repeat), " must be over by then; the ", Text(last), " is not");
    }
    if (lasting == repeat) return InvalidArgument("faults that fill all of their ", Text(repeat), " leave no time for the link");
  }
  FaultSchedule schedule;
  for (const LinkFault& fault : faults) {
    const Instant begin{fault.at}, end{fault.at + fault.length};
    schedule.events_.push_back({begin, fault.kind, true});
    if (fault.kind != Kind::kReset) schedule.events_.push_back({end, fault.kind, false});
    if (fault.kind == Kind::kStall) schedule.stalls_.push_back({begin, end});
  }
  schedule.faults_ = std::move(faults);
  schedule.repeat_ = repeat;
  return schedule;
}

std::optional<FaultSchedule::Event> FaultSchedule::event(int64_t n) const {
  const auto size = static_cast<int64_t>(events_.size());
  if (size == 0 || (repeat_ == Duration(0) && n >= size)) return std::nullopt;
  Event event = events_[static_cast<size_t>(n % size)];
  event.at = event.at + repeat_ * (n / size);
  return event;
}

std::optional<FaultSchedule::Span> FaultSchedule::stall(int64_t n) const {
  const auto size = static_cast<int64_t>(stalls_.size());
  if (size == 0 || (repeat_ == Duration(0) && n >= size)) return std::nullopt;
  const Span& span = stalls_[static_cast<size_t>(n % size)];
  const Duration past = repeat_ * (n / size);
  return Span{span.begin + past, span.end + past};
}

int64_t FaultSchedule::StallsOver(Instant t) const {
  const int64_t periods = repeat_ == Duration(0) ? 0 : t.since_origin / repeat_;
  const Instant within = t - repeat_ * periods;
  const auto over =
      std::upper_bound(stalls_.begin(), stalls_.end(), within, [](Instant at, const Span& s) { return at < s.end; });
  return periods * static_cast<int64_t>(stalls_.size()) + (over - stalls_.begin());
}

std::string FaultText(const FaultSchedule& faults) {
  std::string text;
  for (size_t i = 0; i < std::min(faults.faults().size(), kShownFaults); ++i) {
    Append(&text, i == 0 ? "" : ", ", Text(faults.faults()[i]));
  }
  if (faults.faults().size() > kShownFaults) Append(&text, " and ", faults.faults().size() - kShownFaults, " more");
  if (faults.repeat() != Duration(0)) Append(&text, ", every ", Text(faults.repeat()));
  return text;
}

namespace {

// Gap n is the time before stall n.
class InterruptedRate final : public RateProfile {
 public:
  InterruptedRate(std::shared_ptr<const RateProfile> profile, const FaultSchedule& faults)
      : profile_(std::move(profile)), faults_(faults) {}

  Instant Finish(Instant start, int64_t bits) const override {
    if (bits <= 0) return start;
    const int64_t first = faults_.StallsOver(start);
    for (int64_t gap = first; gap < first + kMostAhead; ++gap) {
      const std::optional<FaultSchedule::Span> stall = faults_.stall(gap);
      if (!stall) return profile_->Finish(start, bits);
      if (start < stall->begin) {
        const int64_t passed = profile_->Carried(start, stall->begin);
        if (bits <= passed) return profile_->Finish(start, bits);
        bits -= passed;
      }
      start = stall->end;
    }
    return kNever;
  }

  int64_t Carried(Instant start, Instant end) const override {
    int64_t bits = 0;
    for (int64_t gap = faults_.StallsOver(start); start < end; ++gap) {
      const std::optional<FaultSchedule::Span> stall = faults_.stall(gap);
      const Instant until = stall ? std::min(end, stall->begin) : end;
      const int64_t passed = start < until ? profile_->Carried(start, until) : 0;
      if (passed > INT64_MAX - bits) return INT64_MAX;
      bits += passed;
      if (!stall) break;
      start = std::max(start, stall->end);
    }
    return bits;
  }

  BitsPerSecond Typical() const override { return profile_->Typical(); }

 private:
  // Stalls that something may wait for before it counts as never through: a trace may carry nothing but during them.
  static constexpr int64_t kMostAhead = 10'000;

  const std::shared_ptr<const RateProfile> profile_;
  const FaultSchedule faults_;
};

}   // namespace

std::shared_ptr<const RateProfile> Interrupted(std::shared_ptr<const RateProfile> profile, const FaultSchedule& faults) {
  if (!faults.stall(0)) return profile;
  return std::make_shared<InterruptedRate>(std::move(profile), faults);
}

}   // namespace partway::net
