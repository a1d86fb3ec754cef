#include "edge/service/edge_core.h"

#include <algorithm>
#include <utility>

#include "base/status.h"
#include "base/version.h"

namespace partway::edge {
namespace {

// The address without its port, so that one machine's connections count together: "ipv4:10.0.0.7:5123" gives "ipv4:10.0.0.7".
std::string HostOf(const std::string& peer) {
  const bool address = peer.rfind("ipv4:", 0) == 0 || peer.rfind("ipv6:", 0) == 0;
  return address ? peer.substr(0, peer.rfind(':')) : peer;
}

Job JobOf(JobId id, const std::string& device, const std::string& peer) {
  return {.id = id, .device = device.empty() ? peer : device, .peer = HostOf(peer)};
}

}   // namespace

EdgeCore::EdgeCore(ModelStore& store, const engine::Engine& engine, const Clock& clock, const EdgeCoreOptions& options)
    : store_(store),
      engine_info_(engine.info()),
      clock_(clock),
      options_(options),
      inference_(store, options.limits, options.max_dimension),
      scheduler_(options.queue),
      batches_(options.batches),
      profiler_(store, engine_info_, clock, options.profiles) {
  for (int i = 0; i < std::max(1, options.threads); ++i) workers_.emplace_back([this] { Work(); });
}

EdgeCore::~EdgeCore() {
  std::vector<Queued> left;
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    scheduler_.Drain();
    for (auto& [id, work] : queued_) {
      scheduler_.Cancel(id);
      left.push_back(std::move(work));
    }
    queued_.clear();
  }
  work_.notify_all();
  profiler_.Stop();
  for (const Queued& work : left) Refuse(work, Unavailable("the server is shutting down"));
  for (std::thread& worker : workers_) worker.join();
}

void EdgeCore::Refuse(const Queued& work, const absl::Status& why) {
  if (work.task) return work.task(why);
  ++refused_;
  work.infer->done(why);
}

void EdgeCore::Infer(JobId id, wire::InferRequest message, Instant arrived, const std::string& peer,
                     std::optional<Duration> within, InferDone done) {
  const auto infer = std::make_shared<InferJob>();
  infer->message = std::move(message);
  infer->done = std::move(done);
  infer->arrived = arrived;
  if (const absl::Status status = inference_.Check(infer.get()); !status.ok()) return Refuse({infer, {}}, status);
  Job job = JobOf(id, infer->message.device, peer);
  for (const NamedTensor& t : infer->message.inputs) job.bytes += t.tensor.byte_size();
  if (infer->message.deadline) job.deadline = arrived + *infer->message.deadline;
  if (within && (!job.deadline || arrived + *within < *job.deadline)) job.deadline = arrived + *within;
  {
    std::lock_guard lock(mutex_);
    const auto known = costs_.find(infer->segment);
    if (known != costs_.end()) job.expected_cost = known->second;
    if (!infer->alike.empty()) job.kind = infer->kind = batches_.KindOf(infer->alike);
  }
  Offer(job, {infer, {}});
}

void EdgeCore::Attach(JobId id, const wire::AttachRequest& request, const std::string& peer, std::optional<Duration> within,
                      AttachDone done) {
  const auto refuse = [&](absl::Status status) {
    ++refused_;
    done(std::move(status));
  };
  if (request.protocol != 1)
    return refuse(FailedPrecondition("the device speaks protocol ", request.protocol, ", this server 1"));
  if (request.positions.size() > static_cast<size_t>(options_.max_groups) + 1) {
    return refuse(InvalidArgument(request.positions.size() - 1, " groups; this server takes at most ", options_.max_groups));
  }
  absl::StatusOr<std::shared_ptr<const ServedModel>> model = store_.Find(request.model, "", request.model_sha256);
  if (!model.ok()) return refuse(model.status());
  const Instant now = clock_.Now();
  Job job = JobOf(id, request.device, peer);
  job.bytes = request.positions.size() * sizeof(int);
  if (within) job.deadline = now + *within;
  Offer(job, {nullptr, [this, model = *std::move(model), positions = request.positions,
                        done = std::move(done)](const absl::Status& status) {
                if (!status.ok()) {
                  ++refused_;
                  return done(status);
                }
                wire::AttachReply reply{.protocol = 1,
                                        .server = "partway",
                                        .server_version = kVersion,
                                        .engine = engine_info_.name,
                                        .engine_version = engine_info_.version,
                                        .grouping = {},
                                        .max_message_bytes = static_cast<int64_t>(options_.limits.max_message_bytes)};
                if (!positions.empty()) {
                  absl::StatusOr<std::string> fingerprint = store_.Attach(*model, positions);
                  if (!fingerprint.ok()) {
                    ++failed_;
                    return done(fingerprint.status());
                  }
                  reply.grouping = *std::move(fingerprint);
                }
                ++answered_;
                done(std::move(reply));
              }});
}

void EdgeCore::Profile(JobId id, const wire::ProfileRequest& request, ProfileDone done) {
  const bool measure = profiler_.Ask(id, request, [this, done = std::move(done)](absl::StatusOr<wire::ProfileReply> reply) {
    ++(reply.ok() ? answered_ : refused_);
    done(std::move(reply));
  });
  if (!measure) return;
  {
    std::lock_guard lock(mutex_);
    to_measure_ = true;
  }
  work_.notify_one();
}

void EdgeCore::Offer(const Job& job, Queued work) {
  std::unique_lock lock(mutex_);
  const absl::Status status = scheduler_.Offer(clock_.Now(), job);
  if (!status.ok()) {
    lock.unlock();
    Refuse(work, status);
    return;
  }
  queued_.emplace(job.id, std::move(work));
  lock.unlock();
  work_.notify_one();
}

// Those of queued_ with these ids: what runs, or is answered, is no longer among the queued.
std::vector<EdgeCore::Queued> EdgeCore::Take(const std::vector<JobId>& ids) {
  std::vector<Queued> taken;
  for (const JobId id : ids) {
    const auto found = queued_.find(id);
    taken.push_back(std::move(found->second));
    queued_.erase(found);
  }
  return taken;
}

void EdgeCore::Cancel(JobId id) {
  profiler_.Cancel(id);
  std::vector<Queued> cancelled;
  {
    std::lock_guard lock(mutex_);
    if (!scheduler_.Cancel(id)) return;
    cancelled = Take({id});
    idle_.notify_all();
  }
  Refuse(cancelled.front(), absl::CancelledError("cancelled by the caller"));
}

// Unlocks while it answers.
void EdgeCore::AnswerExpired(std::unique_lock<std::mutex>& lock) {
  const std::vector<Queued> late = Take(scheduler_.TakeExpired());
  if (late.empty()) return;
  lock.unlock();
  for (const Queued& work : late) Refuse(work, absl::DeadlineExceededError("the deadline passed before the request's turn came"));
  lock.lock();
}

void EdgeCore::Work() {
  std::unique_lock lock(mutex_);
  while (true) {
    const std::vector<JobId> next = scheduler_.Next(clock_.Now(), batches_);
    std::vector<Queued> work = Take(next);
    AnswerExpired(lock);
    if (next.empty()) {
      if (scheduler_.queued() == 0 && scheduler_.running() == 0) idle_.notify_all();
      if (scheduler_.queued() > 0) continue;   // came while the late ones were answered
      if (stopped_) return;
      if (to_measure_ && !measuring_) {
        MeasureOnce(lock);
      } else {
        work_.wait(lock);
      }
      continue;
    }
    const bool pays = next.size() > 1 && batches_.pays(work.front().infer->kind, static_cast<int>(next.size()));
    if (to_measure_ && !measuring_) work_.notify_one();   // another worker may be idle
    lock.unlock();
    const Instant begun = clock_.Now();
    const std::vector<Duration> costs = Serve(work, pays);
    work.clear();   // whatever it holds goes without the lock
    lock.lock();
    const Duration took = clock_.Now() - begun;
    busy_ += took;
    batches_.Worked(took);
    for (size_t i = 0; i < next.size(); ++i) scheduler_.Done(clock_.Now(), next[i], next.size() == 1 ? took : costs[i]);
    if (!to_measure_) continue;
    lock.unlock();
    profiler_.Expire();
    lock.lock();
  }
}

// Unlocks while it measures.
void EdgeCore::MeasureOnce(std::unique_lock<std::mutex>& lock) {
  measuring_ = true;
  to_measure_ = false;
  lock.unlock();
  profiler_.Expire();
  const bool more = profiler_.Step();
  lock.lock();
  measuring_ = false;
  to_measure_ = to_measure_ || more;
}

void EdgeCore::Drain() {
  {
    std::lock_guard lock(mutex_);
    scheduler_.Drain();
  }
  profiler_.Stop();
}

void EdgeCore::WaitUntilIdle() {
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [&] { return scheduler_.queued() == 0 && scheduler_.running() == 0; });
}

bool EdgeCore::draining() const {
  std::lock_guard lock(mutex_);
  return scheduler_.draining();
}

wire::ServerReport EdgeCore::Report(Instant received) const {
  std::lock_guard lock(mutex_);
  return {received - Instant{}, busy_, static_cast<int>(workers_.size())};
}

EdgeLoad EdgeCore::load() const {
  std::lock_guard lock(mutex_);
  return {scheduler_.queued(), scheduler_.running(), scheduler_.queued_bytes()};
}

EdgeCounts EdgeCore::counts() const {
  return {answered_.load(), refused_.load(), failed_.load(), batches_made_.load(), batched_.load()};
}

}   // namespace partway::edge
