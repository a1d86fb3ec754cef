#include "sim/simulated_edge.h"

#include <algorithm>
#include <utility>

namespace partway::sim {

SimulatedEdge::SimulatedEdge(EventQueue* events, Rng* rng, SimulatedEdgeOptions options)
    : events_(events), rng_(rng), options_(std::move(options)), scheduler_(std::make_unique<edge::Scheduler>(options_.limits)) {}

void SimulatedEdge::Suffer(const Faults& faults) {
  faults_ = faults;
  Schedule(Fault::kServerRestart, faults.server_restarts_per_s, faults.until, &SimulatedEdge::StrikeRestart);
  Schedule(Fault::kServerSlow, faults.server_slow_per_s, faults.until, &SimulatedEdge::StrikeSlow);
}

void SimulatedEdge::Schedule(Fault fault, double per_s, Instant until, void (SimulatedEdge::*strike)()) {
  const std::optional<Duration> gap = DrawGap(per_s, rng_);
  if (!gap || events_->now() + *gap >= until) return;
  events_->After(*gap, [this, fault, per_s, until, strike] {
    ++fault_counts_[static_cast<size_t>(fault)];
    (this->*strike)();
    Schedule(fault, per_s, until, strike);
  });
}

void SimulatedEdge::StrikeSlow() {
  const Duration length = FromSeconds(rng_->Uniform(0.001, ToSeconds(faults_.slow_max)));
  slowness_ = rng_->Uniform(1, faults_.slow_factor_max);
  slow_until_ = std::min(events_->now() + length, faults_.until);
}

edge::JobId SimulatedEdge::Offer(Client* client, const std::string& device, const Request& request) {
  const Instant now = events_->now();
  const edge::JobId id = next_job_++;
  const absl::Status admitted = scheduler_->Offer(now, {.id = id,
                                                        .device = device,
                                                        .bytes = static_cast<size_t>(request.bytes),
                                                        .expected_cost = FromSeconds(request.seconds),
                                                        .deadline = request.deadline});
  if (!admitted.ok()) {
    client->Answered(request.origin, admitted, {});
    return id;
  }
  jobs_.Put(id, {.client = client, .request = request, .arrived = now});
  queued_max_ = std::max(queued_max_, scheduler_->queued());
  Work();
  return id;
}

void SimulatedEdge::Work() {
  while (scheduler_->running() < options_.workers) {
    const Instant now = events_->now();
    const std::optional<edge::JobId> id = scheduler_->Next(now);
    Expired();
    if (!id) return;
    const Waiting& job = *jobs_.Find(*id);
    const Duration queue = now - job.arrived;
    const double jitter = options_.compute.jitter;
    double seconds = job.request.seconds * (jitter > 0 ? rng_->Uniform(1 - jitter, 1 + jitter) : 1);
    if (now < slow_until_) seconds *= slowness_;
    busy_s_ += seconds;
    job.client->given_s_ += seconds;
    const Duration compute = std::max(Duration(0), FromSeconds(seconds));
    events_->After(compute, [this, id = *id, queue, compute, life = life_] {
      if (life != life_) return;
      scheduler_->Done(events_->now(), id, compute);
      if (const Waiting* done = jobs_.Find(id)) {
        Client* client = done->client;
        const Origin origin = done->request.origin;
        jobs_.Erase(id);
        client->Answered(origin, absl::OkStatus(), {.queue = queue, .compute = compute});
      }
      Work();
    });
  }
}

void SimulatedEdge::Expired() {
  for (const edge::JobId id : scheduler_->TakeExpired()) {
    const Waiting* job = jobs_.Find(id);
    if (job == nullptr) continue;
    Client* client = job->client;
    const Origin origin = job->request.origin;
    jobs_.Erase(id);
    client->Answered(origin, absl::DeadlineExceededError("the deadline passed in the queue"), {});
  }
}

void SimulatedEdge::Cancel(edge::JobId job) {
  scheduler_->Cancel(job);
  jobs_.Erase(job);   // a running one keeps its worker until it is done
}

void SimulatedEdge::Restart(Duration away) {
  jobs_.Clear();
  scheduler_ = std::make_unique<edge::Scheduler>(options_.limits);
  up_ = false;
  const uint64_t life = ++life_;
  for (Client* client : clients_) client->ServerWentAway();
  events_->After(away, [this, life] {
    if (life == life_) up_ = true;
  });
}

}   // namespace partway::sim
