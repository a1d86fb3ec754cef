#include "net/relay_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/status.h"

namespace partway::net {
namespace {

constexpr int kSocketBuffer = 64 << 10;      // what the kernel may hide before and behind the queue, per connection
constexpr size_t kMaxLanded = 256 << 10;     // arrived but not taken, per flow, before the flow is held
constexpr int64_t kMaxUnderWay = 64 << 20;   // per direction: bounds rate x delay when there is no rate
constexpr int kTurnsPerPass = 32;
constexpr Duration kMaxBackdate = std::chrono::milliseconds(20);
constexpr Duration kSettleAfter = std::chrono::seconds(10);
constexpr uint64_t kListenerKey = 0, kTimerKey = 1, kWakeKey = 2, kFirstConnection = 2;   // keys of connections: 2 * id + side

// Half a millisecond's worth at the rate of the next few, so that connections alternate finely and little is held back until a segment is whole.
int64_t SegmentBytes(const LinkModel& model, Instant now) {
  const int64_t wanted = model.rate().Carried(now, now + std::chrono::milliseconds(5)) / 10 / 8;
  return std::min(std::clamp<int64_t>(wanted, 1448, 64 << 10), model.queue_bytes());
}

}   // namespace

LinkRelay::Loop::Loop(const LinkOptions& options, LinkModel up, LinkModel down)
    : options_(options), directions_{Direction(std::move(up)), Direction(std::move(down))} {
  scratch_.resize(64 << 10);
}

LinkRelay::Loop::~Loop() { Stop(); }

absl::Status LinkRelay::Loop::Open() {
  ASSIGN_OR_RETURN(servers_, Resolve(options_.to, /*to_listen=*/false));
  ASSIGN_OR_RETURN(listener_, Listen(options_.listen, kSocketBuffer));
  ASSIGN_OR_RETURN(address_, LocalAddress(listener_));
  epoll_ = Fd(::epoll_create1(EPOLL_CLOEXEC));
  timer_ = Fd(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
  wake_ = Fd(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!epoll_.valid() || !timer_.valid() || !wake_.valid()) return Unavailable("cannot set up a link: ", ErrnoText(errno));
  Watch(listener_, kListenerKey, EPOLLIN);
  Watch(timer_, kTimerKey, EPOLLIN);
  Watch(wake_, kWakeKey, EPOLLIN);
  next_id_ = kFirstConnection;
  thread_ = std::thread([this] { Run(); });
  return absl::OkStatus();
}

void LinkRelay::Loop::Watch(const Fd& fd, uint64_t key, uint32_t events) {
  epoll_event event{.events = events, .data = {.u64 = key}};
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd.get(), &event);
}

Instant LinkRelay::Loop::RealNow() const {
  return {std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch())};
}

void LinkRelay::Loop::Run() {
  ::prctl(PR_SET_TIMERSLACK, 1000);   // ns; the default of 50 us would be added to every delay
  std::array<epoll_event, 64> events;
  bool busy = false;
  for (;;) {
    const int n = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), busy ? 0 : -1);
    RunFaults();   // before anybody is let in
    for (int i = 0; i < n; ++i) {
      const uint64_t key = events[i].data.u64;
      uint64_t ignored;
      if (key == kListenerKey) {
        Accept();
      } else if (key == kTimerKey) {
        [[maybe_unused]] const auto r = ::read(timer_.get(), &ignored, sizeof ignored);
      } else if (key == kWakeKey) {
        [[maybe_unused]] const auto r = ::read(wake_.get(), &ignored, sizeof ignored);
      } else {
        OnSocket(key / 2, static_cast<int>(key % 2), events[i].events);
      }
    }
    RunCalls();
    RunFaults();   // those of the very first instant
    {
      std::lock_guard lock(mutex_);
      if (stopping_) break;
    }
    if (accept_again_at_ <= RealNow()) {
      accept_again_at_ = kNever;
      Watch(listener_, kListenerKey, EPOLLIN);
    }
    busy = false;
    if (!paused_) {
      while (!opening_.empty() && opening_.front().first <= Now()) {
        const auto found = connections_.find(opening_.front().second);
        opening_.pop_front();
        if (found == connections_.end()) continue;
        for (int d : {0, 1}) WaitTurn(*found->second, d);
      }
      for (int d : {0, 1}) Deliver(d);
      for (int d : {0, 1}) busy = Admit(d) || busy;
      for (int d : {0, 1}) Deliver(d);   // without rate and delay what was admitted is due already
    }
    ArmTimer();
  }
  ResetAll();
  listener_.Close();
  std::lock_guard lock(mutex_);
  ended_ = true;
  called_.notify_all();
}

void LinkRelay::Loop::ArmTimer() {
  Instant next = kNever;
  if (!paused_) {
    if (!opening_.empty()) next = std::min(next, opening_.front().first);
    for (const Direction& d : directions_) {
      if (!d.under_way.empty()) next = std::min(next, d.under_way.front().due);
      // With too much under way it is the next delivery that makes room.
      if (!d.turns.empty() && d.under_way_bytes < kMaxUnderWay) {
        const Instant now = std::max(Now(), d.last_sent);
        next = std::min(next, d.model.RoomAt(now, SegmentBytes(d.model, now)));
      }
    }
    if (const auto fault = options_.faults.event(next_fault_); fault && begun_) next = std::min(next, fault->at);
    if (next != kNever) next = next + offset_;
  }
  next = std::min(next, accept_again_at_);
  itimerspec when{};
  if (next != kNever) {
    const int64_t nanos = std::max<int64_t>(next.since_origin.count(), 1);   // 0 would disarm
    when.it_value = {.tv_sec = nanos / 1'000'000'000, .tv_nsec = nanos % 1'000'000'000};
  }
  ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr);
}

void LinkRelay::Loop::Accept() {
  for (;;) {
    Fd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!client.valid()) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, listener_.get(), nullptr);   // or it would wake us without end
        accept_again_at_ = RealNow() + std::chrono::milliseconds(100);
      } else if (errno == ECONNABORTED || errno == EINTR) {
        continue;
      }
      return;
    }
    if (!begun_) BeginTime();
    if (down() || connections_.size() >= static_cast<size_t>(options_.max_connections)) {
      ++rejected_;
      ResetOnClose(client);
      continue;
    }
    ++accepted_;
    ++open_;
    auto owned = std::make_unique<Connection>();
    Connection& c = *owned;
    c.id = next_id_++;
    c.side[0] = std::move(client);
    SetNoDelay(c.side[0]);
    SetSendBuffer(c.side[0], kSocketBuffer);
    // The client's handshake takes a round trip; the server's side of it ends one way later.
    const Duration up = directions_[0].model.delay(), down = directions_[1].model.delay();
    c.flow[0].open_at = Now() + up + down;
    c.flow[1].open_at = c.flow[0].open_at + up;
    for (const Flow& flow : c.flow) {
      const std::pair<Instant, uint64_t> entry{flow.open_at, c.id};
      opening_.insert(std::upper_bound(opening_.begin(), opening_.end(), entry), entry);
    }
    Watch(c.side[0], 2 * c.id, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
    connections_.emplace(c.id, std::move(owned));
    ConnectNext(c);
  }
}

void LinkRelay::Loop::ConnectNext(Connection& c) {
  while (c.attempt < servers_.size()) {
    c.side[1] = BeginConnect(servers_[c.attempt++], kSocketBuffer);
    if (!c.side[1].valid()) continue;
    SetNoDelay(c.side[1]);
    SetSendBuffer(c.side[1], kSocketBuffer);
    Watch(c.side[1], 2 * c.id + 1, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
    return;
  }
  ++refused_;
  c.flow[1].ended = true;
  Depart(1, c.id, Kind::kReset, "", Now());   // the refusal travels back too
}

void LinkRelay::Loop::FinishConnect(Connection& c) {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(c.side[1].get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) {
    c.side[1].Close();
    ConnectNext(c);
    return;
  }
  c.connected = true;
  WaitTurn(c, 0);
  Flush(c, 0);
}

void LinkRelay::Loop::OnSocket(uint64_t id, int side, uint32_t events) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;   // closed by an earlier event of the same batch
  Connection& c = *found->second;
  if (side == 1 && !c.connected) {
    if ((events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) == 0) return;
    FinishConnect(c);
    if (!c.connected) return;
  }
  Flow& in = c.flow[side];
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
    in.readable = true;
    WaitTurn(c, side);
    // Whoever does not read must still learn that the other is gone.
    if ((events & EPOLLERR) != 0 && !in.ended && in.landed_bytes >= kMaxLanded) {
      in.ended = true;
      Depart(side, id, Kind::kReset, "", Now());
    }
  }
  if ((events & EPOLLOUT) != 0) Flush(c, 1 - side);
}

bool LinkRelay::Loop::Eligible(const Connection& c, int direction) const {
  const Flow& flow = c.flow[direction];
  return c.connected && flow.readable && !flow.ended && flow.landed_bytes < kMaxLanded && flow.open_at <= Now();
}

void LinkRelay::Loop::WaitTurn(Connection& c, int direction) {
  Flow& flow = c.flow[direction];
  if (flow.waiting_turn || !Eligible(c, direction)) return;
  flow.waiting_turn = true;
  flow.readable_since = Now();
  directions_[direction].turns.push_back(c.id);
}

bool LinkRelay::Loop::Admit(int direction) {
  Direction& d = directions_[direction];
  for (int turn = 0; !d.turns.empty(); ++turn) {
    if (turn == kTurnsPerPass) return true;
    const Instant now = std::max(Now(), d.last_sent);
    const uint64_t id = d.turns.front();
    const auto found = connections_.find(id);
    if (found == connections_.end() || !Eligible(*found->second, direction)) {
      if (found != connections_.end()) found->second->flow[direction].waiting_turn = false;
      d.turns.pop_front();
      continue;
    }
    const int64_t segment_bytes = SegmentBytes(d.model, now);
    if (d.model.RoomAt(now, segment_bytes) > now || d.under_way_bytes >= kMaxUnderWay) return false;
    d.turns.pop_front();
    Flow& flow = found->second->flow[direction];
    const ssize_t n = ::recv(found->second->side[direction].get(), scratch_.data(), static_cast<size_t>(segment_bytes), 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
      flow.readable = errno == EINTR;
      flow.waiting_turn = flow.readable;
      if (flow.readable) d.turns.push_back(id);
      continue;
    }
    // It may have waited for room since before this thread woke up; that this thread is late must not cost the link any time.
    const Instant room = d.model.RoomAt(d.last_sent, segment_bytes);
    const Instant at = std::clamp(std::max({room, flow.readable_since, now - kMaxBackdate}), d.last_sent, now);
    if (n > 0) {
      d.turns.push_back(id);
      Depart(direction, id, Kind::kBytes, std::string(scratch_.data(), static_cast<size_t>(n)), at);
    } else {
      flow.ended = true;
      flow.waiting_turn = false;
      Depart(direction, id, n == 0 ? Kind::kEnd : Kind::kReset, "", at);
    }
  }
  return false;
}

void LinkRelay::Loop::Depart(int direction, uint64_t id, Kind kind, std::string bytes, Instant at) {
  Direction& d = directions_[direction];
  const auto size = static_cast<int64_t>(bytes.size());
  d.last_sent = std::max(d.last_sent, at);
  if (d.last_sent - d.model.busy_since() > kSettleAfter) d.model.Settle(d.last_sent);
  const LinkModel::Passage passage = d.model.Send(d.last_sent, size);
  d.bytes_in += size;
  d.queue_peak = std::max(d.queue_peak.load(), d.model.Queued(d.last_sent));
  d.under_way_bytes += size;
  d.under_way.push_back({passage.delivered, id, kind, std::move(bytes)});
}

void LinkRelay::Loop::Deliver(int direction) {
  Direction& d = directions_[direction];
  while (!d.under_way.empty() && d.under_way.front().due <= Now()) {
    Segment segment = std::move(d.under_way.front());
    d.under_way.pop_front();
    d.under_way_bytes -= static_cast<int64_t>(segment.bytes.size());
    const auto found = connections_.find(segment.connection);
    if (found != connections_.end()) Land(*found->second, direction, std::move(segment));
  }
}

void LinkRelay::Loop::Land(Connection& c, int direction, Segment segment) {
  Flow& flow = c.flow[direction];
  if (segment.kind == Kind::kReset) {
    Reset(c.id);
    return;
  }
  if (segment.kind == Kind::kEnd) {
    flow.end_landed = true;
  } else {
    flow.landed_bytes += segment.bytes.size();
    flow.landed.push_back(std::move(segment.bytes));
  }
  Flush(c, direction);
}

void LinkRelay::Loop::Flush(Connection& c, int direction) {
  Flow& flow = c.flow[direction];
  const Fd& to = c.side[1 - direction];
  if (flow.done || (direction == 0 && !c.connected)) return;
  while (!flow.landed.empty()) {
    const std::string& front = flow.landed.front();
    const ssize_t n = ::send(to.get(), front.data() + flow.landed_offset, front.size() - flow.landed_offset, MSG_NOSIGNAL);
    if (n < 0) {
      if (errno == EAGAIN) return;
      if (errno == EINTR) continue;
      // The receiver is gone. Its sender learns of it by a reset that travels back.
      flow.landed.clear();
      flow.landed_bytes = flow.landed_offset = 0;
      flow.done = flow.ended = true;
      c.flow[1 - direction].ended = true;
      Depart(1 - direction, c.id, Kind::kReset, "", Now());
      return;
    }
    directions_[direction].bytes_out += n;
    flow.landed_bytes -= static_cast<size_t>(n);
    flow.landed_offset += static_cast<size_t>(n);
    if (flow.landed_offset == front.size()) {
      flow.landed.pop_front();
      flow.landed_offset = 0;
    }
  }
  WaitTurn(c, direction);   // it may have been held
  if (!flow.end_landed) return;
  ::shutdown(to.get(), SHUT_WR);
  flow.done = true;
  if (c.flow[1 - direction].done) {
    --open_;
    connections_.erase(c.id);
  }
}

void LinkRelay::Loop::Reset(uint64_t id) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  for (const Fd& side : found->second->side) {
    if (side.valid()) ResetOnClose(side);
  }
  --open_;
  connections_.erase(found);
}

void LinkRelay::Loop::ResetAll() {
  while (!connections_.empty()) {
    Reset(connections_.begin()->first);
    ++cut_;
  }
}

}   // namespace partway::net
