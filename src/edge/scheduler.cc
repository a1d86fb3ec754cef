#include "edge/scheduler.h"

#include <algorithm>
#include <cassert>
#include <deque>
#include <unordered_map>
#include <utility>

#include "base/status.h"
#include "edge/fair_turns.h"

namespace partway::edge {
namespace {

constexpr Duration kFirstCost = std::chrono::milliseconds(1);   // charged until anything has been measured

struct Device {
  std::deque<Job> queue;
  int running = 0;
  Duration last_cost{0};

  bool idle() const { return queue.empty() && running == 0; }
};

// Who sends from one place.
struct Peer {
  FairTurns turns;                                   // among its devices
  std::unordered_map<std::string, Device> devices;   // with work, or idle and served more than the others
  int queued = 0, running = 0;

  bool idle() const { return queued == 0 && running == 0; }
};

struct Place {
  std::string peer, device;
  bool operator==(const Place&) const = default;
};

struct Running {
  Place at;
  Duration charged{0};
};

// What a device, and a peer, could give to a batch.
struct Line {
  Place at;
  size_t usable = 0;   // jobs from the head of its queue that fit
  size_t taken = 0;
};
struct Group {
  const std::string* peer = nullptr;
  std::vector<Line> lines;   // in their turns
  bool blocked = false;      // a device of it waits whose next job does not fit
  size_t most = 0, taken = 0;
};

}   // namespace

struct Scheduler::Impl {
  SchedulerLimits limits;
  FairTurns turns;   // among peers
  std::unordered_map<std::string, Peer> peers;
  size_t known_devices = 0;   // of all peers
  std::unordered_map<JobId, Place> queued_at;
  std::unordered_map<JobId, Running> running;
  std::vector<JobId> expired;
  size_t bytes = 0;
  Duration typical_cost{0};
  bool draining = false;

  void Enter(const Place& at, Peer& peer) {
    peer.turns.Enter(at.device);
    if (peer.turns.turns().size() == 1) turns.Enter(at.peer);
  }
  void Leave(const Place& at, Peer& peer) {
    peer.turns.Leave(at.device);
    if (peer.turns.turns().empty()) turns.Leave(at.peer);
  }

  void Forget(const Job& job, Peer& peer) {
    queued_at.erase(job.id);
    bytes -= job.bytes;
    --peer.queued;
  }

  // Drops an idle device, and an idle peer, that has nothing to remember.
  void Tidy(const Place& at) {
    if (queued_at.empty() && running.empty()) {   // the busy period is over; so is every claim from it
      peers.clear();
      turns.Restart();
      known_devices = 0;
      return;
    }
    const auto found = peers.find(at.peer);
    if (found == peers.end()) return;
    Peer& peer = found->second;
    const auto device = peer.devices.find(at.device);
    if (device != peer.devices.end() && device->second.idle() && peer.turns.ahead(at.device) <= Duration(0)) {
      peer.turns.Forget(at.device);
      peer.devices.erase(device);
      --known_devices;
    }
    if (!peer.idle()) return;
    known_devices -= peer.devices.size();
    peer.devices.clear();
    peer.turns.Restart();
    if (turns.ahead(at.peer) > Duration(0)) return;
    turns.Forget(at.peer);
    peers.erase(found);
  }

  // Room for one more device: of the idle ones the one with the smallest claim goes.
  bool MakeRoomForDevice() {
    if (known_devices < static_cast<size_t>(limits.max_devices)) return true;
    std::optional<Place> least;
    Duration least_ahead{0};
    for (const auto& [peer_name, peer] : peers) {
      for (const auto& [name, device] : peer.devices) {
        if (!device.idle()) continue;
        const Duration ahead = peer.turns.ahead(name);
        if (least && ahead >= least_ahead) continue;
        least = Place{peer_name, name};
        least_ahead = ahead;
      }
    }
    if (!least) return false;
    Peer& peer = peers.at(least->peer);
    peer.turns.Forget(least->device);
    peer.devices.erase(least->device);
    --known_devices;
    return true;
  }
  // The same for a peer; there is an idle one when peers are as many as devices may be and one of these is free.
  void MakeRoomForPeer() {
    if (peers.size() < static_cast<size_t>(limits.max_devices)) return;
    auto least = peers.end();
    for (auto it = peers.begin(); it != peers.end(); ++it) {
      if (!it->second.idle()) continue;
      if (least == peers.end() || turns.ahead(it->first) < turns.ahead(least->first)) least = it;
    }
    if (least == peers.end()) return;
    turns.Forget(least->first);
    peers.erase(least);
  }

  Duration Charge(const Job& job, const Device& device) const {
    if (job.expected_cost.count() > 0) return job.expected_cost;
    if (device.last_cost.count() > 0) return device.last_cost;
    return typical_cost.count() > 0 ? typical_cost : kFirstCost;
  }

  // The device's first job, which begins.
  Job Begin(const Place& at) {
    Peer& peer = peers.at(at.peer);
    Device& device = peer.devices.at(at.device);
    Job job = std::move(device.queue.front());
    device.queue.pop_front();
    Forget(job, peer);
    const Duration charge = Charge(job, device);
    peer.turns.Begin(at.device, charge);
    if (!device.queue.empty()) peer.turns.Enter(at.device);
    turns.Begin(at.peer, charge);
    if (!peer.turns.turns().empty()) turns.Enter(at.peer);
    ++device.running;
    ++peer.running;
    running.emplace(job.id, Running{at, charge});
    return job;
  }

  struct Begun {
    Place at;
    Job job;
  };
  std::optional<Begun> BeginNext(Instant now) {
    while (!turns.turns().empty()) {
      Place at{turns.turns().begin()->flow, {}};
      Peer& peer = peers.at(at.peer);
      at.device = peer.turns.turns().begin()->flow;
      Device& device = peer.devices.at(at.device);
      const Job& job = device.queue.front();
      if (!job.deadline || *job.deadline > now) {
        Job begun = Begin(at);
        return Begun{std::move(at), std::move(begun)};
      }
      expired.push_back(job.id);   // costs nothing and keeps the device's place
      Forget(job, peer);
      device.queue.pop_front();
      if (!device.queue.empty()) continue;
      Leave(at, peer);
      Tidy(at);
    }
    return std::nullopt;
  }

  // Who waits and what of it fits into a batch beside `first`, which ends at `end`.
  std::vector<Group> Waiting(Instant now, const Begun& first, Instant end) const {
    std::vector<Group> groups;
    size_t blocked = 0;
    for (const FairTurns::Turn& peer_turn : turns.turns()) {
      const Peer& peer = peers.at(peer_turn.flow);
      Group& group = groups.emplace_back();
      group.peer = &peer_turn.flow;
      for (const FairTurns::Turn& turn : peer.turns.turns()) {
        const std::deque<Job>& queue = peer.devices.at(turn.flow).queue;
        const auto fits = [&](const Job& job) { return job.kind == first.job.kind && (!job.deadline || *job.deadline >= end); };
        const auto misfit = std::find_if_not(queue.begin(), queue.end(), fits);
        const bool expired_head = queue.front().deadline && *queue.front().deadline <= now;
        if (misfit == queue.begin() && !expired_head) group.blocked = true;
        if (misfit != queue.begin())
          group.lines.push_back({{peer_turn.flow, turn.flow}, static_cast<size_t>(misfit - queue.begin())});
      }
      blocked += group.blocked ? 1 : 0;
    }
    for (Group& group : groups) {
      const bool others_blocked = blocked > (group.blocked ? 1U : 0U);
      for (Line& line : group.lines) {
        const size_t gives = line.at == first.at ? 0 : 1;
        if (group.blocked || others_blocked) line.usable = std::min(line.usable, gives);
        group.most += line.usable;
      }
      const size_t gives = *group.peer == first.at.peer ? 0 : 1;
      if (others_blocked) group.most = std::min(group.most, gives);
    }
    return groups;
  }

  // In rounds, in each of which every peer gives one job: of its devices the one that gave least, then whose turn is first.
  static std::vector<Place> Pick(std::vector<Group> groups, size_t most) {
    std::vector<Place> picked;
    for (bool any = true; any && picked.size() < most;) {
      any = false;
      for (Group& group : groups) {
        if (group.taken >= group.most || picked.size() == most) continue;
        Line* next = nullptr;
        for (Line& line : group.lines) {
          if (line.taken < line.usable && (next == nullptr || line.taken < next->taken)) next = &line;
        }
        if (next == nullptr) continue;
        ++next->taken;
        ++group.taken;
        picked.push_back(next->at);
        any = true;
      }
    }
    return picked;
  }
};

Scheduler::Scheduler(const SchedulerLimits& limits) : impl_(std::make_unique<Impl>()) { impl_->limits = limits; }
Scheduler::~Scheduler() = default;

absl::Status Scheduler::Offer(Instant now, const Job& job) {
  Impl& s = *impl_;
  assert(!s.queued_at.contains(job.id) && !s.running.contains(job.id));
  if (s.draining) return Unavailable("the server is shutting down");
  if (job.deadline && *job.deadline <= now)
    return absl::DeadlineExceededError("the deadline had passed when the request arrived");
  if (s.queued_at.size() >= static_cast<size_t>(s.limits.max_queued)) {
    return ResourceExhausted("the server's queue is full (", s.limits.max_queued, " requests)");
  }
  if (job.bytes > s.limits.max_queued_bytes - s.bytes) {
    return ResourceExhausted("the server's queue is full (", s.bytes, " of ", s.limits.max_queued_bytes,
                             " bytes, the request has ", job.bytes, ")");
  }
  const auto known = s.peers.find(job.peer);
  if (known == s.peers.end() || !known->second.devices.contains(job.device)) {
    if (!s.MakeRoomForDevice())
      return ResourceExhausted("the server has work of ", s.limits.max_devices, " devices, which is its limit");
    if (known == s.peers.end()) s.MakeRoomForPeer();
    s.peers[job.peer].devices.try_emplace(job.device);
    ++s.known_devices;
  }
  Peer& peer = s.peers.at(job.peer);
  Device& device = peer.devices.at(job.device);
  if (device.queue.size() >= static_cast<size_t>(s.limits.max_queued_per_device)) {
    return ResourceExhausted("the server holds ", device.queue.size(), " requests of this device, which is its limit for one");
  }
  const int most_of_peer = std::max(s.limits.max_queued_per_device, s.limits.max_queued / 2);
  if (!job.peer.empty() && peer.queued >= most_of_peer) {
    s.Tidy({job.peer, job.device});
    return ResourceExhausted("the server holds ", most_of_peer, " requests from this address, which is its limit for one");
  }
  device.queue.push_back(job);
  ++peer.queued;
  s.queued_at.emplace(job.id, Place{job.peer, job.device});
  s.bytes += job.bytes;
  if (device.queue.size() == 1) s.Enter({job.peer, job.device}, peer);
  return absl::OkStatus();
}

std::optional<JobId> Scheduler::Next(Instant now) {
  const auto begun = impl_->BeginNext(now);
  return begun ? std::optional(begun->job.id) : std::nullopt;
}

std::vector<JobId> Scheduler::Next(Instant now, const BatchTimes& times) {
  Impl& s = *impl_;
  const auto first = s.BeginNext(now);
  if (!first) return {};
  std::vector<JobId> together{first->job.id};
  if (first->job.kind == 0 || s.queued_at.empty()) return together;
  for (const BatchSize& size : times.Sizes(now, first->job.kind)) {
    const Instant end = now + size.foreseen;
    if (first->job.deadline && *first->job.deadline < end) continue;
    const std::vector<Place> others = Impl::Pick(s.Waiting(now, *first, end), static_cast<size_t>(size.most) - 1);
    if (others.size() + 1 < static_cast<size_t>(size.least)) continue;
    for (const Place& at : others) together.push_back(s.Begin(at).id);
    break;
  }
  return together;
}

std::vector<JobId> Scheduler::TakeExpired() { return std::exchange(impl_->expired, {}); }

void Scheduler::Done(Instant, JobId job, Duration cost) {
  Impl& s = *impl_;
  const auto found = s.running.find(job);
  assert(found != s.running.end());
  const Running run = std::move(found->second);
  s.running.erase(found);
  cost = std::max(cost, Duration(0));
  Peer& peer = s.peers.at(run.at.peer);
  Device& device = peer.devices.at(run.at.device);
  --device.running;
  --peer.running;
  if (cost.count() > 0) {
    device.last_cost = cost;
    s.typical_cost = s.typical_cost.count() == 0 ? cost : s.typical_cost + (cost - s.typical_cost) / 8;
  }
  peer.turns.Correct(run.at.device, cost - run.charged);
  s.turns.Correct(run.at.peer, cost - run.charged);
  s.Tidy(run.at);
}

bool Scheduler::Cancel(JobId job) {
  Impl& s = *impl_;
  const auto found = s.queued_at.find(job);
  if (found == s.queued_at.end()) return false;
  const Place at = found->second;
  Peer& peer = s.peers.at(at.peer);
  Device& device = peer.devices.at(at.device);
  const auto gone = std::find_if(device.queue.begin(), device.queue.end(), [&](const Job& j) { return j.id == job; });
  s.Forget(*gone, peer);
  device.queue.erase(gone);
  if (device.queue.empty()) {
    s.Leave(at, peer);
    s.Tidy(at);
  }
  return true;
}

void Scheduler::Drain() { impl_->draining = true; }

int Scheduler::queued() const { return static_cast<int>(impl_->queued_at.size()); }
int Scheduler::queued(const std::string& device, const std::string& peer) const {
  const auto at = impl_->peers.find(peer);
  if (at == impl_->peers.end()) return 0;
  const auto found = at->second.devices.find(device);
  return found == at->second.devices.end() ? 0 : static_cast<int>(found->second.queue.size());
}
int Scheduler::running() const { return static_cast<int>(impl_->running.size()); }
size_t Scheduler::queued_bytes() const { return impl_->bytes; }
bool Scheduler::draining() const { return impl_->draining; }

}   // namespace partway::edge
