#include "net/link_relay.h"

#include <unistd.h>

#include <algorithm>

#include "base/status.h"
#include "net/relay_loop.h"

namespace partway::net {
namespace {

constexpr int64_t kMaxQueueBytes = int64_t{1} << 30;

absl::StatusOr<LinkModel> MakeModel(const DirectionOptions& options, const FaultSchedule& faults, const char* name) {
  if (options.delay < Duration(0) || options.delay > std::chrono::seconds(60)) {
    return InvalidArgument(name, "link: the delay must be 0 to 60 s; got ", ToSeconds(options.delay), " s");
  }
  if (options.queue_bytes < 0 || options.queue_bytes > kMaxQueueBytes ||
      (options.queue_bytes > 0 && options.queue_bytes < 1500)) {
    return InvalidArgument(name, "link: the queue must be 1.5 kB to 1 GiB; got ", options.queue_bytes, " B");
  }
  std::shared_ptr<const RateProfile> profile = options.profile;
  if (profile == nullptr) {
    absl::StatusOr<std::shared_ptr<const RateProfile>> constant = ConstantRate(options.rate);
    if (!constant.ok()) return Annotate(constant.status(), Concat(name, "link"));
    profile = *std::move(constant);
  }
  int64_t queue = options.queue_bytes;
  if (queue == 0)
    queue = std::clamp<int64_t>(static_cast<int64_t>(profile->Typical().value() * 0.040 / 8), 64 << 10, kMaxQueueBytes);
  return LinkModel(Interrupted(std::move(profile), faults), options.delay, queue);
}

}   // namespace

absl::StatusOr<std::unique_ptr<LinkRelay::Loop>> LinkRelay::Loop::Make(const LinkOptions& options) {
  if (options.max_connections < 1 || options.max_connections > 100'000) {
    return InvalidArgument("a link's connections must be bounded by 1 to 100000; got ", options.max_connections);
  }
  if (options.to.port == 0) return InvalidArgument("a link to ", AddressString(options.to), ": port 0 cannot be connected to");
  ASSIGN_OR_RETURN(LinkModel up, MakeModel(options.up, options.faults, "up"));
  ASSIGN_OR_RETURN(LinkModel down, MakeModel(options.down, options.faults, "down"));
  std::unique_ptr<Loop> loop(new Loop(options, std::move(up), std::move(down)));
  RETURN_IF_ERROR(loop->Open());
  return loop;
}

LinkCounters LinkRelay::Loop::counters() const {
  const auto of = [](const Direction& d) {
    return DirectionCounters{d.bytes_in.load(), d.bytes_out.load(), d.queue_peak.load()};
  };
  return {.accepted = accepted_,
          .open = open_,
          .refused = refused_,
          .rejected = rejected_,
          .cut = cut_,
          .stalls = stalls_,
          .resets = resets_,
          .outages = outages_,
          .up = of(directions_[0]),
          .down = of(directions_[1])};
}

void LinkRelay::Loop::Stop() {
  std::lock_guard once(stop_mutex_);
  if (!thread_.joinable()) return;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  const uint64_t one = 1;
  [[maybe_unused]] const auto r = ::write(wake_.get(), &one, sizeof one);
  thread_.join();
}

void LinkRelay::Loop::Call(const std::function<void()>& body) {
  std::unique_lock lock(mutex_);
  bool done = false;
  calls_.push_back([&] { body(), done = true; });
  const uint64_t one = 1;
  [[maybe_unused]] const auto r = ::write(wake_.get(), &one, sizeof one);
  called_.wait(lock, [&] { return done || ended_; });
  if (!done) calls_.clear();   // ended: nobody will run them
}

void LinkRelay::Loop::RunCalls() {
  std::lock_guard lock(mutex_);
  if (calls_.empty()) return;
  for (const auto& call : calls_) call();
  calls_.clear();
  called_.notify_all();
}

void LinkRelay::Loop::CutAll() {
  Call([this] { ResetAll(); });
}

void LinkRelay::Loop::SetDown(bool down) {
  Call([this, down] {
    down_ = down;
    if (down) ResetAll();
  });
}

void LinkRelay::Loop::SetPaused(bool paused) {
  Call([this, paused] {
    if (paused == paused_) return;
    if (paused) {
      paused_at_ = Now();
      paused_ = true;
    } else {
      paused_ = false;
      offset_ = RealNow() - paused_at_;   // the link's time goes on from where it stood
    }
    if (paused) return;
    for (auto& [id, connection] : connections_) {
      for (int d : {0, 1}) WaitTurn(*connection, d);
    }
  });
}

void LinkRelay::Loop::BeginTime() {
  begun_ = true;
  if (paused_) {
    paused_at_ = Instant{};
  } else {
    offset_ = RealNow().since_origin;
  }
  next_fault_ = 0;
  outage_ = false;
}

void LinkRelay::Loop::Rewind() {
  Call([this] {
    if (!begun_) return;
    const Duration back = Now().since_origin;
    for (Direction& d : directions_) {
      const int64_t queued = d.model.Queued(Now());
      d.model = LinkModel(d.model.shared_rate(), d.model.delay(), d.model.queue_bytes());
      d.model.Send(Instant{}, queued);
      for (Segment& segment : d.under_way) segment.due = segment.due - back;
      d.last_sent = Instant{};
    }
    for (auto& [at, id] : opening_) at = at - back;
    for (auto& [id, connection] : connections_) {
      for (Flow& flow : connection->flow) {
        flow.open_at = flow.open_at - back;
        flow.readable_since = flow.readable_since - back;
      }
    }
    BeginTime();
    RunFaults();
  });
}

void LinkRelay::Loop::RunFaults() {
  if (!begun_) return;
  for (auto event = options_.faults.event(next_fault_); event && event->at <= Now();
       event = options_.faults.event(++next_fault_)) {
    switch (event->kind) {
      case LinkFault::Kind::kStall:   // the models know
        stalls_ += event->begins ? 1 : 0;
        break;
      case LinkFault::Kind::kReset:
        ++resets_;
        ResetAll();
        break;
      case LinkFault::Kind::kOutage:
        outage_ = event->begins;
        outages_ += event->begins ? 1 : 0;
        if (event->begins) ResetAll();
        break;
    }
  }
}

LinkRelay::LinkRelay(std::unique_ptr<Loop> loop) : loop_(std::move(loop)) {}
LinkRelay::~LinkRelay() = default;

absl::StatusOr<std::unique_ptr<LinkRelay>> LinkRelay::Start(const LinkOptions& options) {
  ASSIGN_OR_RETURN(std::unique_ptr<Loop> loop, Loop::Make(options));
  return std::unique_ptr<LinkRelay>(new LinkRelay(std::move(loop)));
}

Address LinkRelay::address() const { return loop_->address(); }
LinkCounters LinkRelay::counters() const { return loop_->counters(); }
void LinkRelay::Stop() { loop_->Stop(); }
void LinkRelay::CutAll() { loop_->CutAll(); }
void LinkRelay::SetDown(bool down) { loop_->SetDown(down); }
void LinkRelay::SetPaused(bool paused) { loop_->SetPaused(paused); }
void LinkRelay::Rewind() { loop_->Rewind(); }

}   // namespace partway::net
