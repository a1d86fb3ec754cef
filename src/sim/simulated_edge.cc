#include "sim/simulated_edge.h"

#include <algorithm>
#include <utility>

namespace partway::sim {

SimulatedEdge::SimulatedEdge(EventQueue* events, Rng* rng, SimulatedEdgeOptions options)
    : events_(events), rng_(rng), options_(std::move(options)), scheduler_(std::make_unique<edge::Scheduler>(options_.limits)) {}

edge::JobId SimulatedEdge::Offer(const Request& request, Reply reply) {
  const Instant now = events_->now();
  const edge::JobId id = next_job_++;
  const absl::Status admitted =
      scheduler_->Offer(now, {.id = id,
                              .device = request.device,
                              .bytes = request.bytes,
                              .expected_cost = FromSeconds(options_.compute.Seconds(request.from, request.to, request.size)),
                              .deadline = request.deadline});
  if (!admitted.ok()) {
    reply(admitted, {});
    return id;
  }
  queued_max_ = std::max(queued_max_, scheduler_->queued());
  jobs_.emplace(id, Waiting{.request = request, .reply = std::move(reply), .arrived = now});
  Work();
  return id;
}

void SimulatedEdge::Work() {
  while (scheduler_->running() < options_.workers) {
    const std::optional<edge::JobId> id = scheduler_->Next(events_->now());
    Expired();
    if (!id) return;
    const Waiting& job = jobs_.at(*id);
    const Duration queue = events_->now() - job.arrived;
    const Duration compute = options_.compute.Draw(job.request.from, job.request.to, job.request.size, rng_);
    events_->After(compute, [this, id = *id, queue, compute, life = life_] {
      if (life != life_) return;
      scheduler_->Done(events_->now(), id, compute);
      const auto it = jobs_.find(id);
      if (it != jobs_.end()) {
        const Reply reply = std::move(it->second.reply);
        jobs_.erase(it);
        reply(absl::OkStatus(), {.queue = queue, .compute = compute});
      }
      Work();
    });
  }
}

void SimulatedEdge::Expired() {
  for (const edge::JobId id : scheduler_->TakeExpired()) {
    const auto it = jobs_.find(id);
    if (it == jobs_.end()) continue;
    const Reply reply = std::move(it->second.reply);
    jobs_.erase(it);
    reply(absl::DeadlineExceededError("the deadline passed in the queue"), {});
  }
}

void SimulatedEdge::Cancel(edge::JobId job) {
  scheduler_->Cancel(job);
  jobs_.erase(job);   // a running one keeps its worker until it is done
}

void SimulatedEdge::Restart(Duration away) {
  jobs_.clear();
  scheduler_ = std::make_unique<edge::Scheduler>(options_.limits);
  up_ = false;
  const uint64_t life = ++life_;
  for (const auto& listener : listeners_) listener();
  events_->After(away, [this, life] {
    if (life == life_) up_ = true;
  });
}

}   // namespace partway::sim
