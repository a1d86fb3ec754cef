#include "edge/scheduler.h"

#include <algorithm>
#include <cassert>
#include <deque>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "base/status.h"

namespace partway::edge {
namespace {

constexpr Duration kFirstCost = std::chrono::milliseconds(1);   // charged until anything has been measured

struct Device {
  std::deque<Job> queue;
  int running = 0;
  Duration finish{0};   // F: virtual time up to which the device has been served
  Duration start{0};    // S of the job at the head of its queue; meaningful while something is queued
  uint64_t order = 0;   // of its last arrival in the ready set: ties go to who waited longer
  Duration last_cost{0};
};

struct Running {
  std::string device;
  Duration charged{0};
};

}   // namespace

struct Scheduler::Impl {
  using Ready = std::tuple<Duration, uint64_t, std::string>;   // S, order, device

  SchedulerLimits limits;
  std::unordered_map<std::string, Device> devices;   // with work, or idle with F ahead of virtual time
  std::set<Ready> ready;                             // devices with something queued
  std::unordered_map<JobId, std::string> queued_at;
  std::unordered_map<JobId, Running> running;
  std::vector<JobId> expired;
  size_t bytes = 0;
  Duration virtual_time{0};   // v: S of the job that was begun last
  Duration typical_cost{0};
  uint64_t next_order = 0;
  bool draining = false;

  // The device's head of queue is new: gives it its place in the ready set.
  void Enter(const std::string& name, Device& device) {
    device.start = std::max(virtual_time, device.finish);
    device.order = ++next_order;
    ready.emplace(device.start, device.order, name);
  }
  void Leave(const std::string& name, const Device& device) { ready.erase({device.start, device.order, name}); }

  void Forget(const Job& job) {
    queued_at.erase(job.id);
    bytes -= job.bytes;
  }

  // Drops an idle device that has nothing to remember.
  void Tidy(const std::string& name) {
    const auto found = devices.find(name);
    if (found == devices.end() || !found->second.queue.empty() || found->second.running > 0) return;
    if (found->second.finish <= virtual_time) devices.erase(found);
    if (queued_at.empty() && running.empty()) {   // the busy period is over; so is every claim from it
      devices.clear();
      virtual_time = Duration(0);
    }
  }

  // Room for one more device: idle ones whose claim is spent go, then the idle one with the smallest claim.
  bool MakeRoom() {
    if (devices.size() < static_cast<size_t>(limits.max_devices)) return true;
    auto smallest = devices.end();
    for (auto it = devices.begin(); it != devices.end(); ++it) {
      if (!it->second.queue.empty() || it->second.running > 0) continue;
      if (smallest == devices.end() || it->second.finish < smallest->second.finish) smallest = it;
    }
    if (smallest == devices.end()) return false;
    devices.erase(smallest);
    return true;
  }

  Duration Charge(const Job& job, const Device& device) const {
    if (job.expected_cost.count() > 0) return job.expected_cost;
    if (device.last_cost.count() > 0) return device.last_cost;
    return typical_cost.count() > 0 ? typical_cost : kFirstCost;
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
  auto found = s.devices.find(job.device);
  if (found == s.devices.end()) {
    if (!s.MakeRoom()) return ResourceExhausted("the server has work of ", s.limits.max_devices, " devices, which is its limit");
    found = s.devices.emplace(job.device, Device{.finish = s.virtual_time}).first;
  }
  Device& device = found->second;
  if (device.queue.size() >= static_cast<size_t>(s.limits.max_queued_per_device)) {
    return ResourceExhausted("the server holds ", device.queue.size(), " requests of this device, which is its limit for one");
  }
  device.queue.push_back(job);
  s.queued_at.emplace(job.id, job.device);
  s.bytes += job.bytes;
  if (device.queue.size() == 1) s.Enter(job.device, device);
  return absl::OkStatus();
}

std::optional<JobId> Scheduler::Next(Instant now) {
  Impl& s = *impl_;
  while (!s.ready.empty()) {
    const std::string name = std::get<2>(*s.ready.begin());
    Device& device = s.devices.at(name);
    const Job job = device.queue.front();
    s.Leave(name, device);
    device.queue.pop_front();
    s.Forget(job);
    if (job.deadline && *job.deadline <= now) {   // costs nothing and keeps the device's place
      s.expired.push_back(job.id);
      if (!device.queue.empty()) {
        s.ready.emplace(device.start, device.order, name);
      } else {
        s.Tidy(name);
      }
      continue;
    }
    const Duration charge = s.Charge(job, device);
    s.virtual_time = device.start;
    device.finish = device.start + charge;
    ++device.running;
    s.running.emplace(job.id, Running{name, charge});
    if (!device.queue.empty()) s.Enter(name, device);
    return job.id;
  }
  return std::nullopt;
}

std::vector<JobId> Scheduler::TakeExpired() { return std::exchange(impl_->expired, {}); }

void Scheduler::Done(Instant, JobId job, Duration cost) {
  Impl& s = *impl_;
  const auto found = s.running.find(job);
  assert(found != s.running.end());
  const Running run = std::move(found->second);
  s.running.erase(found);
  cost = std::max(cost, Duration(0));
  Device& device = s.devices.at(run.device);
  --device.running;
  if (cost.count() > 0) {
    device.last_cost = cost;
    s.typical_cost = s.typical_cost.count() == 0 ? cost : s.typical_cost + (cost - s.typical_cost) / 8;
  }
  // What was charged in advance is put right, in the place in the queue too.
  const Duration correction = cost - run.charged;
  device.finish += correction;
  if (!device.queue.empty()) {
    s.Leave(run.device, device);
    device.start = std::max(s.virtual_time, device.start + correction);
    s.ready.emplace(device.start, device.order, run.device);
  }
  s.Tidy(run.device);
}

bool Scheduler::Cancel(JobId job) {
  Impl& s = *impl_;
  const auto found = s.queued_at.find(job);
  if (found == s.queued_at.end()) return false;
  const std::string name = found->second;
  Device& device = s.devices.at(name);
  const auto at = std::find_if(device.queue.begin(), device.queue.end(), [&](const Job& j) { return j.id == job; });
  const Job gone = *at;
  device.queue.erase(at);
  s.Forget(gone);
  if (device.queue.empty()) {
    s.Leave(name, device);
    s.Tidy(name);
  }
  return true;
}

void Scheduler::Drain() { impl_->draining = true; }

int Scheduler::queued() const { return static_cast<int>(impl_->queued_at.size()); }
int Scheduler::queued(const std::string& device) const {
  const auto found = impl_->devices.find(device);
  return found == impl_->devices.end() ? 0 : static_cast<int>(found->second.queue.size());
}
int Scheduler::running() const { return static_cast<int>(impl_->running.size()); }
size_t Scheduler::queued_bytes() const { return impl_->bytes; }
bool Scheduler::draining() const { return impl_->draining; }

}   // namespace partway::edge
