// How a worker answers inference requests: alone, as a trial of a batch, or as a batch (edge_core.h, batch_times.h).
#include <cstring>
#include <utility>

#include "base/status.h"
#include "edge/service/edge_core.h"
#include "engine/check.h"

namespace partway::edge {
namespace {

constexpr size_t kMaxCosts = 4096;

// Whether at least two of them have other inputs: of equal ones a batch that mixes its rows gives the right answers too.
bool Differ(const std::vector<std::shared_ptr<InferJob>>& jobs) {
  const Values& first = jobs.front()->message.inputs;
  for (const auto& job : jobs) {
    for (const NamedTensor& t : job->message.inputs) {
      for (const NamedTensor& f : first) {
        if (f.name != t.name) continue;
        if (f.tensor.byte_size() != t.tensor.byte_size() ||
            std::memcmp(f.tensor.data(), t.tensor.data(), t.tensor.byte_size()) != 0) {
          return true;
        }
      }
    }
  }
  return false;
}

bool Equal(const engine::EngineInfo& engine, const std::vector<Values>& alone, const std::vector<Values>& together) {
  for (size_t i = 0; i < alone.size(); ++i) {
    std::vector<TensorSpec> specs;
    for (const NamedTensor& t : alone[i]) specs.push_back({t.name, t.tensor.dtype(), t.tensor.shape()});
    if (!(engine::Compare(alone[i], together[i]).max_rel <= engine::DefaultTolerance(engine, specs))) return false;
  }
  return true;
}

}   // namespace

std::vector<Duration> EdgeCore::Serve(const std::vector<Queued>& work, bool pays) {
  if (work.front().task) {
    const Instant begun = clock_.Now();
    work.front().task(absl::OkStatus());
    return {clock_.Now() - begun};
  }
  if (work.size() == 1) return {RunAlone(work.front().infer.get(), nullptr).all};
  std::vector<std::shared_ptr<InferJob>> jobs;
  for (const Queued& one : work) jobs.push_back(one.infer);
  return pays ? RunBatch(jobs) : RunTrial(jobs);
}

// `queue` and `compute` add up to the time from arrival to the answer: a device takes both off the round trip to know its link.
void EdgeCore::Answer(InferJob* job, absl::StatusOr<Values> outputs, Duration queue, Duration compute) {
  absl::StatusOr<wire::InferReply> reply = outputs.ok() ? MakeReply(*job, *std::move(outputs)) : outputs.status();
  if (reply.ok() && job->message.segment) {
    reply->queue = queue;
    reply->compute = compute;
    reply->report = Report(job->arrived);
  }
  ++(reply.ok() ? answered_ : failed_);
  job->done(std::move(reply));
}

void EdgeCore::Learn(const InferJob& job, Duration cost, bool alone) {
  std::lock_guard lock(mutex_);
  if (costs_.size() >= kMaxCosts) costs_.clear();
  Duration& known = costs_[job.segment];
  known = known.count() == 0 ? cost : known + (cost - known) / 4;
  if (alone) batches_.Alone(job.kind, cost);
}

EdgeCore::Cost EdgeCore::RunAlone(InferJob* job, Values* made) {
  const Instant begun = clock_.Now();
  const absl::Status decoded = inference_.Decode(job);
  const Duration decoding = clock_.Now() - begun;
  absl::StatusOr<Values> outputs = decoded.ok() ? inference_.Run(*job) : absl::StatusOr<Values>(decoded);
  const Duration all = clock_.Now() - begun;
  if (outputs.ok()) Learn(*job, all, true);
  if (outputs.ok() && made != nullptr) *made = *outputs;
  if (made == nullptr) job->message.inputs.clear();
  Answer(job, std::move(outputs), begun - job->arrived, all);
  return {decoding, all};
}

// Everybody has an answer before the batch is run that nobody needs.
std::vector<Duration> EdgeCore::RunTrial(const std::vector<std::shared_ptr<InferJob>>& jobs) {
  std::vector<Duration> costs;
  std::vector<Values> alone(jobs.size());
  Duration one_by_one{0}, decoding{0};
  bool all = true;
  for (size_t i = 0; i < jobs.size(); ++i) {
    const Cost cost = RunAlone(jobs[i].get(), &alone[i]);
    costs.push_back(cost.all);
    one_by_one += cost.all;
    decoding += cost.decoding;
    all = all && !alone[i].empty();
  }
  if (!all || !Differ(jobs) || draining()) return costs;
  const Instant begun = clock_.Now();
  const absl::StatusOr<std::vector<Values>> rows = inference_.RunTogether(jobs);
  const Instant now = clock_.Now();
  const bool equal = rows.ok() && Equal(engine_info_, alone, *rows);
  std::lock_guard lock(mutex_);
  batches_.Tried(now, jobs.front()->kind, static_cast<int>(jobs.size()), one_by_one, now - begun + decoding, equal);
  return costs;
}

std::vector<Duration> EdgeCore::RunBatch(const std::vector<std::shared_ptr<InferJob>>& jobs) {
  std::vector<Duration> costs;
  std::vector<std::shared_ptr<InferJob>> fit;
  std::vector<size_t> index;   // of fit, in jobs
  Duration all{0};
  for (size_t i = 0; i < jobs.size(); ++i) {
    const Instant begun = clock_.Now();
    const absl::Status decoded = inference_.Decode(jobs[i].get());
    costs.push_back(clock_.Now() - begun);
    if (!decoded.ok()) {
      Answer(jobs[i].get(), decoded, begun - jobs[i]->arrived, costs.back());
      continue;
    }
    fit.push_back(jobs[i]);
    index.push_back(i);
    all += costs.back();
  }
  if (fit.empty()) return costs;
  const Instant begun = clock_.Now();
  absl::StatusOr<std::vector<Values>> rows = inference_.RunTogether(fit);
  const Instant ended = clock_.Now();
  const KindId kind = fit.front()->kind;
  const auto count = static_cast<int>(fit.size());
  if (!rows.ok()) {   // what is wrong with one of them is found out alone, and the kind is not batched again
    {
      std::lock_guard lock(mutex_);
      batches_.Tried(ended, kind, static_cast<int>(jobs.size()), all, ended - begun, false);
    }
    for (const size_t i : index) costs[i] += RunAlone(jobs[i].get(), nullptr).all;
    return costs;
  }
  {
    std::lock_guard lock(mutex_);
    batches_.Together(kind, count, all + (ended - begun));
  }
  ++batches_made_;
  batched_ += fit.size();
  for (size_t k = 0; k < fit.size(); ++k) {
    Duration& cost = costs[index[k]];
    cost += (ended - begun) / count;
    Learn(*fit[k], cost, false);
    fit[k]->message.inputs.clear();
    Answer(fit[k].get(), std::move((*rows)[k]), ended - fit[k]->arrived - cost, cost);
  }
  return costs;
}

}   // namespace partway::edge
