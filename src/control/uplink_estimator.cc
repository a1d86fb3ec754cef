#include "control/uplink_estimator.h"

#include <algorithm>
#include <cmath>

namespace partway::control {
namespace {

constexpr double kEnoughBusyS = 0.1;   // of link time in an estimate
constexpr size_t kEnoughSamples = 3;   // and of messages
constexpr size_t kMostInOne = 24;
constexpr double kStepRatio = 1.5;     // two messages in a row this far from all later ones were sent over another link
constexpr double kLeastBusyS = 1e-4;   // below, clocks and threads are measured and not the link
constexpr double kTellingS = 1e-3;     // a message that took less tells only if it is long
constexpr int64_t kTellingBytes = 8192;
constexpr double kSmallTellingS = 5e-3;
constexpr Duration kClockSlack = std::chrono::seconds(1);
constexpr int64_t kSmallBytes = 2048;                    // a message without a length to speak of: for the base
constexpr Duration kWindow = std::chrono::seconds(15);   // of the base, twice: drift of 50 ppm makes 1.5 ms of it
constexpr Duration kOldest = std::chrono::seconds(4);    // between the newest message of an estimate and its oldest
constexpr double kProbeS = 0.01;                         // a probe's time on the link
constexpr size_t kLeastProbe = 2560, kMostProbe = size_t{64} << 10;
// Late is what takes so many times as long as expected, and so much longer: servers and threads have their moments too.
constexpr double kOverdue = 3, kPatienceS = 0.2;

}   // namespace

void UplinkEstimator::Least::Add(Instant at, Duration value) {
  if (!now) since = at;
  if (at - since > kWindow) {
    before = now;
    now.reset();
    since = at;
  }
  now = now ? std::min(*now, value) : value;
}

std::optional<Duration> UplinkEstimator::Least::least() const {
  if (now && before) return std::min(*now, *before);
  return now ? now : before;
}

void UplinkEstimator::Handed(uint64_t id, Instant now, int64_t bytes, Duration other) {
  if (waiting_.size() == kMostWaiting) {
    forgotten_ = std::max(forgotten_, waiting_.front().id);
    waiting_.pop_front();
  }
  waiting_.push_back({id, now, bytes, other});
  on_link_.push_back(waiting_.back());
  if (on_link_.size() > kMostWaiting) on_link_.pop_front();
}

void UplinkEstimator::Forget(uint64_t id) {
  const auto found = std::find_if(waiting_.begin(), waiting_.end(), [&](const Waiting& w) { return w.id == id; });
  if (found == waiting_.end()) return;
  waiting_.erase(found);
  forgotten_ = std::max(forgotten_, id);
}

void UplinkEstimator::Restart() {
  waiting_.clear();
  on_link_.clear();
  ForgetClock();
}

void UplinkEstimator::ForgetClock() {
  last_received_.reset();
  base_ = {};
  for (Sample& sample : samples_) sample.before = sample.end;   // nothing that comes now was there in between
}

void UplinkEstimator::Answered(uint64_t id, Instant now, Duration received, Duration server) {
  const auto found = std::find_if(waiting_.begin(), waiting_.end(), [&](const Waiting& w) { return w.id == id; });
  if (found == waiting_.end()) return;
  const Waiting message = *found;
  waiting_.erase(found);
  const auto later = std::find_if(on_link_.begin(), on_link_.end(), [&](const Waiting& w) { return w.id > id; });
  on_link_.erase(on_link_.begin(), later);
  // A clock that goes back is another server's, or one that began anew; one that leads further than the message was under way tells nothing.
  if (last_received_ && received < *last_received_ - kClockSlack) ForgetClock();
  const Duration transit = received - message.handed.since_origin;
  if (const auto base = base_.least(); base && transit - *base > now - message.handed + kClockSlack) return;
  server_[answered_++ % server_.size()] = std::min(server, now - message.handed);
  const bool small = message.bytes <= kSmallBytes;
  // Of large ones only what is less: their own length is in it.
  if (small || (base_.least() && transit < *base_.least())) base_.Add(now, transit);
  if (small) round_trip_.Add(now, std::max(now - message.handed - server, Duration(0)));
  const std::optional<Duration> base = base_.least();
  const std::optional<Duration> last = last_received_;
  if (last && received < *last) {
    if (base) AddOvertaken(message, received, *base);
    return;
  }
  last_received_ = received;
  const bool gap = last_id_ < forgotten_ && forgotten_ < id;   // the link may have carried something of which nothing is known
  last_id_ = std::max(last_id_, id);
  if (gap || !base) return;
  const Instant arrival_if_alone = message.handed + *base;
  const Duration before = last.value_or(Duration::min());
  const Sample sample{.bytes = static_cast<double>(message.bytes),
                      .before = before,
                      .begin = std::max(arrival_if_alone.since_origin, before),   // it may have waited for the one before
                      .end = received,
                      .at = now};
  if (!Tells(message.bytes, sample.busy_s())) return;
  samples_.push_back(sample);
  if (samples_.size() > kMostSamples) samples_.pop_front();
}

double UplinkEstimator::Sample::busy_s() const { return std::max(ToSeconds(end - begin), kLeastBusyS); }

// Its answer was overtaken by that of a message that came after it: the time that was put down for that one is of both.
void UplinkEstimator::AddOvertaken(const Waiting& message, Duration received, Duration base) {
  const auto sample = std::find_if(samples_.rbegin(), samples_.rend(), [&](const Sample& s) {
    return s.before < received && s.begin < received && received <= s.end;
  });
  if (sample == samples_.rend()) return;   // it was there before the link began on the other
  sample->bytes += static_cast<double>(message.bytes);
  sample->begin = std::max(sample->before, std::min(sample->begin, message.handed.since_origin + base));
}

// Short messages measure clocks and threads, unless the link is so slow that they take their time.
bool UplinkEstimator::Tells(int64_t bytes, double busy_s) const {
  if (bytes > kSmallBytes) return busy_s >= kTellingS || bytes >= kTellingBytes;
  if (samples_.empty()) return false;
  const Sample& newest = samples_.back();
  return static_cast<double>(bytes) * newest.busy_s() / newest.bytes >= kSmallTellingS;
}

std::optional<UplinkEstimate> UplinkEstimator::estimate(Instant now) const {
  if (samples_.empty()) return std::nullopt;
  const Sample& newest = samples_.back();
  double bytes = 0, busy_s = 0, squares = 0;
  size_t used = 0;
  const auto differs = [&](size_t i) {   // of sample i from the rate so far
    const double ratio = samples_[i].bytes / samples_[i].busy_s() * busy_s / bytes;
    return ratio > kStepRatio ? 1 : ratio < 1 / kStepRatio ? -1 : 0;
  };
  for (size_t i = samples_.size(); i-- > 0;) {
    const Sample& s = samples_[i];
    if (used > 0) {
      if (newest.at - s.at > kOldest || used == kMostInOne || (used >= kEnoughSamples && busy_s >= kEnoughBusyS)) break;
      // One message may be an accident, two that agree are not.
      if (const int way = differs(i); way != 0 && (i == 0 || differs(i - 1) == way)) {
        if (used >= 2 || busy_s >= kEnoughBusyS) break;
      }
    }
    bytes += s.bytes;
    busy_s += s.busy_s();
    ++used;
  }
  UplinkEstimate estimate;
  estimate.bits_per_second = 8 * bytes / busy_s;
  for (size_t i = samples_.size() - used; i < samples_.size(); ++i) {   // weighted by time on the link
    const double off = 8 * samples_[i].bytes / samples_[i].busy_s() / estimate.bits_per_second - 1;
    squares += samples_[i].busy_s() / busy_s * off * off;
  }
  // A single message says nothing of scatter: taken for as uncertain as the step that would be noticed.
  estimate.error = used > 1 ? std::sqrt(squares / static_cast<double>(used - 1)) : kStepRatio - 1;
  estimate.age = now - newest.at;
  // What is overdue: the first message without an answer, if none that came after it was there, with all that the link had before it, also what
  // nobody waits for any more.
  if (on_link_.empty()) return estimate;
  const auto first =
      std::find_if(waiting_.begin(), waiting_.end(), [&](const Waiting& w) { return w.id >= on_link_.front().id; });
  if (first == waiting_.end()) return estimate;
  Instant begin = on_link_.front().handed;
  if (last_received_ && base_.least()) begin = std::max(begin, Instant{*last_received_ - *base_.least()});
  double behind = 0;
  for (const Waiting& message : on_link_) behind += message.id <= first->id ? static_cast<double>(message.bytes) : 0;
  const Duration server = std::max(first->other, *std::max_element(server_.begin(), server_.end()));
  const double on_link_s = ToSeconds(now - begin - 2 * server - 2 * round_trip_.least().value_or(Duration(0)));
  if (on_link_s > kOverdue * 8 * behind / estimate.bits_per_second + kPatienceS) {
    estimate.bits_per_second = 8 * behind / on_link_s;
    estimate.bounded = true;
  }
  return estimate;
}

std::optional<Duration> UplinkEstimator::Busy(Instant now) const {
  const std::optional<UplinkEstimate> known = estimate(now);
  if (!known) return std::nullopt;
  Instant free;
  if (last_received_ && base_.least()) free = Instant{*last_received_ - *base_.least()};
  for (const Waiting& message : on_link_) {
    free = std::max(free, message.handed) + FromSeconds(8 * static_cast<double>(message.bytes) / known->bits_per_second);
  }
  return std::max(free - now, Duration(0));
}

std::optional<Duration> UplinkEstimator::round_trip() const { return round_trip_.least(); }

size_t UplinkEstimator::ProbeBytes(Instant now) const {
  const std::optional<UplinkEstimate> known = estimate(now);
  const double bytes = known ? known->bits_per_second / 8 * kProbeS : 8192;
  return std::clamp(static_cast<size_t>(bytes), kLeastProbe, kMostProbe);
}

}   // namespace partway::control
