#include "sim/session_checker.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace partway::sim {

using device::ComputePurpose;
using device::FrameId;
using device::FrameRecord;
using device::Outcome;

SessionChecker::SessionChecker(const device::SessionOptions& options)
    : options_(options), plans_{options.plan}, connected_(options.connected) {}

void SessionChecker::Check(bool holds, Instant now, FrameId frame, const char* what) {
  if (holds || violations_.size() >= 8) return;
  violations_.push_back(Concat("at ", now.seconds(), " s, frame ", frame, ": ", what));
}

void SessionChecker::Offered(Instant now, FrameId frame, Instant captured, const device::Plan* own) {
  Check(!live_.contains(frame) && !finished_.contains(frame), now, frame, "was offered twice (the simulation is wrong)");
  Watched& w = live_[frame];
  w.captured = captured;
  if (own != nullptr) w.own = *own;
  ++counts_.offered;
}

void SessionChecker::DeviceDone(Instant now, FrameId frame, const absl::Status& status, bool prepare) {
  const auto it = live_.find(frame);
  if (it == live_.end()) return;
  Watched& w = it->second;
  w.at = At::kIdle;
  w.device_done = now;
  w.failed_on_device = !status.ok() && !w.encoding;
  if (prepare) {
    w.preparing = false;
    w.prepared = true;
  } else if (w.encoding) {
    w.encoding = false;
    w.encoded = status.ok();
  } else {
    w.compute_done = true;
  }
}

void SessionChecker::Replied(FrameId frame, uint32_t attempt) {
  const auto it = live_.find(frame);
  if (it == live_.end() || it->second.attempt != attempt || it->second.at != At::kChannel) return;
  it->second.answered = true;
  it->second.at = At::kIdle;
  it->second.attempt = 0;
}

void SessionChecker::Failed(FrameId frame, uint32_t attempt) {
  const auto it = live_.find(frame);
  if (it == live_.end() || it->second.attempt != attempt || it->second.at != At::kChannel) return;
  it->second.given_up = true;
  it->second.at = At::kIdle;
  it->second.attempt = 0;
}

void SessionChecker::ProbeDone(Instant now, uint32_t probe, const absl::Status& status) {
  if (!probing_ || probe != probe_ || now >= probe_began_ + options_.probe_timeout) return;
  probing_ = false;
  if (status.ok()) connected_ = true;
}

SessionChecker::Watched* SessionChecker::Live(Instant now, FrameId frame, const char* command) {
  const auto it = live_.find(frame);
  if (it != live_.end()) return &it->second;
  Check(false, now, frame,
        Concat(command, finished_.contains(frame) ? " after its outcome" : " for a frame never offered").c_str());
  return nullptr;
}

void SessionChecker::Started(Instant now, FrameId frame, Watched* w) {
  if (w->started) return;
  w->started = true;
  const int wanted = w->own ? w->own->size : plans_.back().size;
  Check(w->size == wanted || (!w->own && w->prepares > 1), now, frame, "is started at a size that is no longer wanted");
  Check(++under_way_ <= depth_, now, frame, "was started beyond the depth");
}

void SessionChecker::See(Instant now, const device::PrepareCommand& c) {
  Watched* w = Live(now, c.frame, "prepare");
  if (w == nullptr) return;
  Check(w->at == At::kIdle && !w->started, now, c.frame, "is prepared while it is elsewhere");
  Check(std::none_of(live_.begin(), live_.end(), [](const auto& f) { return f.second.preparing; }), now, c.frame,
        "is prepared beside another");
  Check(++w->prepares <= (w->own ? 1 : 2), now, c.frame, "is prepared too often");
  w->size = c.size;
  w->preparing = true;
  w->at = At::kDevice;
}

bool SessionChecker::SlotFree(bool encode) const {
  if (options_.encode_slots == 0) return OnDevice(false) + OnDevice(true) < options_.compute_slots;
  return encode ? OnDevice(true) < options_.encode_slots : OnDevice(false) < options_.compute_slots;
}

int SessionChecker::OnDevice(bool encoding) const {
  return static_cast<int>(std::count_if(live_.begin(), live_.end(), [&](const auto& f) {
    return f.second.at == At::kDevice && !f.second.preparing && f.second.encoding == encoding;
  }));
}

void SessionChecker::Occupy(Instant now, FrameId frame, bool encode, Watched* w) {
  for (const auto& [id, other] : live_) {
    // Another kind of slot may be free.
    Check(w->started || !other.started || other.at != At::kIdle || options_.encode_slots > 0, now, frame,
          "is started before one that is nearly done");
  }
  Started(now, frame, w);
  Check(w->prepared, now, frame, "is computed before it is prepared");
  Check(w->at == At::kIdle, now, frame, "is computed while it is elsewhere");
  Check(SlotFree(encode), now, frame, "is computed beyond the slots");
  w->at = At::kDevice;
}

void SessionChecker::See(Instant now, const device::EncodeCommand& c) {
  Watched* w = Live(now, c.frame, "encode");
  if (w == nullptr) return;
  Occupy(now, c.frame, true, w);
  Check(connected_, now, c.frame, "is encoded for a lost server");
  Check(c.plan.codec != "raw", now, c.frame, "is encoded to be sent raw");
  Check(!w->encoded && !w->answered && !w->given_up, now, c.frame, "is encoded again");
  const int done = w->compute && w->compute_done ? w->compute->to : 0;
  Check(c.plan.from == done && c.plan.from < c.plan.to, now, c.frame, "is encoded at another cut than its head's");
  w->plan = c.plan;
  w->encoding = true;
}

void SessionChecker::See(Instant now, const device::ComputeCommand& c) {
  Watched* w = Live(now, c.frame, "compute");
  if (w == nullptr) return;
  Occupy(now, c.frame, false, w);
  Check(0 <= c.from && c.from < c.to && c.to <= options_.group_count, now, c.frame,
        "is computed over a range that does not exist");
  switch (c.purpose) {
    case ComputePurpose::kHead: Check(c.from == 0 && !w->compute, now, c.frame, "has a head that is not first"); break;
    case ComputePurpose::kTail:
      Check(w->answered && c.from == w->plan.to && c.to == options_.group_count, now, c.frame,
            "has a tail that does not follow an answer");
      break;
    case ComputePurpose::kLocal: {
      // Goes on where the device's own work ended.
      const int done = w->compute && w->compute_done ? w->compute->to : 0;
      Check(c.from == done && c.to == options_.group_count, now, c.frame, "is finished locally from the wrong group");
      Check(!w->answered, now, c.frame, "is finished locally although the edge answered");
      break;
    }
  }
  w->compute = c;
  w->compute_done = false;
}

void SessionChecker::See(Instant now, const device::SendCommand& c) {
  Watched* w = Live(now, c.frame, "send");
  if (w == nullptr) return;
  Started(now, c.frame, w);
  Check(connected_, now, c.frame, "is sent to a lost server");
  Check(w->at == At::kIdle && w->prepared, now, c.frame, "is sent while it is elsewhere");
  Check(!w->answered && !w->given_up, now, c.frame, "is sent again");
  Check(c.plan.codec == "raw" ? !w->encoded : w->encoded && w->plan == c.plan, now, c.frame,
        "is sent in another form than its plan's");
  Check(attempts_.insert(c.attempt).second, now, c.frame, "is sent under a number used before");
  const auto given = [&](const device::Plan& p) { return p.from == c.plan.from && p.to == c.plan.to; };
  Check(w->own ? c.plan == *w->own : std::any_of(plans_.begin(), plans_.end(), given), now, c.frame,
        "is sent under a plan never given");
  const int done = w->compute && w->compute_done ? w->compute->to : 0;
  Check(c.plan.from == done && c.plan.from < c.plan.to, now, c.frame, "is sent from another cut than its head's");
  Check(c.plan.size == w->size, now, c.frame, "is sent at another size than it was prepared at");
  const std::optional<Instant> deadline = options_.deadline ? std::optional(w->captured + *options_.deadline) : std::nullopt;
  Check(c.deadline == deadline, now, c.frame, "is sent with the wrong deadline");
  Check(!deadline || now < *deadline, now, c.frame, "is sent past its deadline");
  w->plan = c.plan;
  w->attempt = c.attempt;
  w->at = At::kChannel;
}

void SessionChecker::See(Instant now, const device::CancelCommand& c) {
  Watched* w = Live(now, c.frame, "cancel");
  if (w == nullptr) return;
  Check(w->at == At::kChannel && w->attempt == c.attempt, now, c.frame, "cancels an attempt that is not under way");
  w->at = At::kIdle;
  w->attempt = 0;
  w->given_up = true;
}

void SessionChecker::See(Instant now, const device::FinishCommand& c) {
  const FrameRecord& r = c.record;
  Watched* w = Live(now, r.id, "outcome");
  if (w == nullptr) return;
  Check(w->at == At::kIdle, now, r.id, "is finished while something works for it");
  const bool computed = w->compute && w->compute_done && w->compute->to == options_.group_count;
  switch (r.outcome) {
    case Outcome::kEdge:
      Check(w->answered, now, r.id, "is said to be the edge's without its answer");
      Check(w->plan.to == options_.group_count || (computed && w->compute->purpose == ComputePurpose::kTail), now, r.id,
            "ends without its tail");
      break;
    case Outcome::kLocal:
      Check(computed && w->compute->purpose == ComputePurpose::kLocal && !w->failed_on_device, now, r.id,
            "is said to be local without the work");
      break;
    case Outcome::kDropped:
      Check(!r.reason.empty(), now, r.id, "is dropped without a reason");
      if (!w->failed_on_device && !r.deadline_missed) {
        const auto waits = [](const auto& f) { return !f.second.started && !f.second.preparing; };
        const auto unstarted = [](const auto& f) { return !f.second.started; };
        const auto oldest = std::find_if(live_.begin(), live_.end(), waits);
        const bool pushed_out = options_.drop_oldest && oldest != live_.end() && oldest->first == r.id;
        const bool no_room = !options_.drop_oldest && live_.rbegin()->first == r.id &&
                             std::count_if(live_.begin(), live_.end(), unstarted) > options_.waiting_max;
        Check(pushed_out || no_room || GaveWay(now, r.id, *w), now, r.id, "is dropped although nothing asks for it");
      }
      break;
  }
  CheckRecord(now, r, *w);
  counts_.deadline_misses += r.deadline_missed ? 1 : 0;
  ++(r.outcome == Outcome::kEdge ? counts_.edge : r.outcome == Outcome::kLocal ? counts_.local : counts_.dropped);
  if (w->started) --under_way_;
  live_.erase(r.id);
  finished_.insert(r.id);
}

// What is left of it would end after its deadline on the device, by one of the plans that it may have.
bool SessionChecker::TooLateHere(Instant now, const Watched& w) const {
  const auto late = [&](const device::Plan& p) { return now + p.here > w.captured + *options_.deadline; };
  return w.own ? late(*w.own) : std::any_of(plans_.begin(), plans_.end(), late);
}

// A newer frame has not begun, and by one of the plans that it may have this one was too late for the device.
bool SessionChecker::GaveWay(Instant now, FrameId frame, const Watched& w) const {
  if (live_.rbegin()->first == frame || live_.rbegin()->second.started) return false;
  const auto late = [&](const device::Plan& p) {
    return p.limit > Duration(0) && now + std::max(p.whole, p.here) > w.captured + p.limit;
  };
  return w.own ? late(*w.own) : std::any_of(plans_.begin(), plans_.end(), late);
}

void SessionChecker::CheckRecord(Instant now, const FrameRecord& r, const Watched& w) {
  const double sum =
      r.prepare_s + r.head_s + r.encode_s + r.wait_s + r.upload_s + r.edge_queue_s + r.edge_s + r.reply_s + r.tail_s;
  Check(std::abs(sum - r.latency_s) < 1e-9, now, r.id, "has parts that do not add up to its latency");
  Check(std::abs(r.captured_s + r.latency_s - now.seconds()) < 1e-9, now, r.id, "has a latency that does not end now");
  for (const double part :
       {r.prepare_s, r.head_s, r.encode_s, r.wait_s, r.upload_s, r.edge_queue_s, r.edge_s, r.reply_s, r.tail_s}) {
    Check(part >= 0, now, r.id, "has a negative part");
  }
  Check((r.upload_at_s >= 0) == (w.answered || w.given_up), now, r.id, "has an upload in its row that is not so");
  const bool late = options_.deadline && now > w.captured + *options_.deadline;
  const bool at_deadline = options_.deadline && now >= w.captured + *options_.deadline - std::chrono::milliseconds(1);
  Check(late ? r.deadline_missed : !r.deadline_missed || (r.outcome == Outcome::kDropped && (at_deadline || TooLateHere(now, w))),
        now, r.id, "says the wrong thing about its deadline");
  const bool for_deadline = r.outcome == Outcome::kDropped && r.deadline_missed && !w.failed_on_device;
  Check(!for_deadline || now <= std::max(w.captured + *options_.deadline, w.device_done), now, r.id,
        "is dropped later than its deadline asks");
  Check(r.outcome != Outcome::kEdge || r.reason.empty(), now, r.id, "has a reason although the edge answered");
  Check(r.outcome != Outcome::kLocal || !w.given_up || !r.reason.empty(), now, r.id, "is local after an upload without a reason");
}

void SessionChecker::See(Instant now, const device::ProbeCommand& c) {
  Check(!connected_, now, 0, "probes a server that it has");
  Check(c.probe != probe_, now, 0, "probes under a number used before");
  Check(!probing_ || now >= probe_began_ + options_.probe_timeout, now, 0, "probes beside another probe");
  probing_ = true;
  probe_began_ = now;
  probe_ = c.probe;
}

void SessionChecker::See(Instant now, const device::NoticeCommand& c) {
  Check(c.kind == "lost" || c.kind == "refused" || c.kind == "reattached", now, 0, "gives a notice of no known kind");
  Check(c.kind != notice_, now, 0, "gives the same notice twice");
  notice_ = c.kind;
  if (c.kind != "reattached") connected_ = false;
}

void SessionChecker::Said(Instant now, const std::vector<device::Command>& commands, const device::Session& session) {
  depth_ = session.depth();
  for (const device::Command& command : commands) {
    std::visit([this, now](const auto& c) { See(now, c); }, command);
  }
  Check(session.depth() >= 1 && session.depth() <= std::max(options_.depth_max, options_.depth), now, 0,
        "has a depth out of bounds");
  Check(session.connected() == connected_, now, 0, "is connected, or not, against what was said");
  Check(!told_lost_ || !session.connected(), now, 0, "is connected although it was told that the link is lost");
  told_lost_ = false;
  CheckLiveness(now, session);
  const device::SessionCounts& c = session.counts();
  Check(c.offered == counts_.offered && c.edge == counts_.edge && c.local == counts_.local && c.dropped == counts_.dropped &&
            c.deadline_misses == counts_.deadline_misses,
        now, 0, "counts otherwise");
  Check(c.offered == c.edge + c.local + c.dropped + static_cast<int64_t>(live_.size()), now, 0, "counts that do not add up");
  Check(session.idle() == live_.empty(), now, 0, "is idle with frames, or busy without");
}

// Nothing that could go on stands still, and what the clock will ask for is asked of the clock.
void SessionChecker::CheckLiveness(Instant now, const device::Session& session) {
  int preparing = 0, computing = 0, waiting = 0, ready = 0, needing = 0, on_channel = 0;
  for (const auto& [id, w] : live_) {
    preparing += w.preparing ? 1 : 0;
    computing += w.at == At::kDevice && !w.preparing ? 1 : 0;
    on_channel += w.at == At::kChannel ? 1 : 0;
    waiting += !w.started && !w.preparing ? 1 : 0;
    ready += !w.started && w.prepared && !w.preparing ? 1 : 0;
    needing += w.started && w.at == At::kIdle ? 1 : 0;
    const bool late = options_.deadline && now >= w.captured + *options_.deadline;
    Check(!late || w.at == At::kDevice, now, id, "outlives its deadline");
    Check(w.at != At::kChannel || connected_, now, id, "is still in flight to a lost server");
  }
  Check(waiting <= options_.waiting_max, now, 0, "more frames wait than may");
  const bool slot_free = SlotFree(false) && SlotFree(true);
  Check(needing == 0 || !slot_free, now, 0, "a frame that needs the device waits beside a free slot");
  Check(ready == 0 || !slot_free || under_way_ >= session.depth() || preparing > 0, now, 0,
        "a prepared frame waits although it could start");
  Check(live_.empty() || preparing + computing + on_channel > 0, now, 0, "frames are left and nothing is under way");
  Check(waiting == 0 || ready > 0 || preparing > 0, now, 0, "frames wait and none is prepared");
  const std::optional<Instant> tick = session.NextTick();
  Check(connected_ || (tick && *tick <= now + std::max(options_.probe_max, options_.probe_timeout)), now, 0, "will not probe");
}

void SessionChecker::Ended(Instant now, const device::Session& session) {
  for (const auto& [id, w] : live_) Check(false, now, id, "never ended");
  Check(session.idle(), now, 0, "is not idle at the end");
}

}   // namespace partway::sim
