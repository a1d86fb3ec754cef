#include "edge/service/edge_core.h"

#include <algorithm>
#include <utility>

#include "base/status.h"
#include "base/version.h"
#include "codec/codec.h"

namespace partway::edge {
namespace {

constexpr size_t kMaxCosts = 4096;
const std::string kOnlyVersion = "1";

std::string Names(std::span<const NamedTensor> tensors) {
  std::string text;
  for (const NamedTensor& t : tensors) Append(&text, text.empty() ? "'" : ", '", t.name, "'");
  return text;
}

// The outputs asked for, in the order asked; all if none are named.
absl::StatusOr<std::vector<NamedTensor>> Select(std::vector<NamedTensor> all, const std::vector<wire::RequestedOutput>& asked) {
  if (asked.empty()) return all;
  std::vector<NamedTensor> chosen;
  for (const wire::RequestedOutput& output : asked) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const NamedTensor& t) { return t.name == output.name; });
    if (found == all.end()) return InvalidArgument("there is no output '", output.name, "'; there are ", Names(all));
    chosen.push_back(*found);
  }
  return chosen;
}

std::string CostKey(const wire::InferRequest& request, const ServedModel& model) {
  if (!request.segment) return model.sha256();
  return Concat(model.sha256(), " ", request.segment->grouping, " ", request.segment->from, " ", request.segment->to);
}

}   // namespace

struct EdgeCore::Request {
  wire::InferRequest message;
  std::shared_ptr<const ServedModel> model;
  std::string cost_key;
  bool encoded = false;   // the inputs are one encoded frame
  InferDone done;
  Instant arrived;
};

EdgeCore::EdgeCore(ModelStore& store, const engine::Engine& engine, const Clock& clock, const EdgeCoreOptions& options)
    : store_(store),
      engine_info_(engine.info()),
      clock_(clock),
      options_(options),
      scheduler_(options.queue),
      profiler_(store, engine_info_, clock, options.profiles) {
  for (int i = 0; i < std::max(1, options.threads); ++i) workers_.emplace_back([this] { Work(); });
}

EdgeCore::~EdgeCore() {
  std::vector<Task> left;
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    scheduler_.Drain();
    for (auto& [id, task] : tasks_) {
      scheduler_.Cancel(id);
      left.push_back(std::move(task));
    }
    tasks_.clear();
  }
  work_.notify_all();
  profiler_.Stop();
  for (const Task& task : left) task(Unavailable("the server is shutting down"));
  for (std::thread& worker : workers_) worker.join();
}

// What can be said against a request before it waits for its turn.
absl::Status EdgeCore::Check(Request* request) const {
  const wire::InferRequest& message = request->message;
  for (const auto& [name, value] : message.parameters) {
    if (name.rfind("triton_", 0) == 0) return InvalidArgument("parameter '", name.substr(0, 80), "' is not supported here");
  }
  for (const wire::RequestedOutput& output : message.outputs) {
    if (output.parameters.contains("classification"))
      return InvalidArgument("output '", output.name, "': classification is not offered here");
  }
  const auto& segment = message.segment;
  ASSIGN_OR_RETURN(request->model, store_.Find(message.model, message.version, segment ? segment->model_sha256 : ""));
  const ServedModel& model = *request->model;
  if (!segment) {
    RETURN_IF_ERROR(CheckInputs(model, message.inputs, options_.max_dimension));
    for (const wire::RequestedOutput& output : message.outputs) {
      const bool known =
          std::any_of(model.outputs.begin(), model.outputs.end(), [&](const TensorSpec& s) { return s.name == output.name; });
      if (known) continue;
      std::string names;
      for (const TensorSpec& s : model.outputs) Append(&names, names.empty() ? "'" : ", '", s.name, "'");
      return InvalidArgument("model ", model.name, " has no output '", output.name, "'; expected ", names);
    }
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const codec::CodecSpec codec, codec::ParseCodec(segment->codec));
  ASSIGN_OR_RETURN(const int groups, store_.GroupCount(model, segment->grouping));
  if (segment->from < 0 || segment->from >= segment->to || segment->to > groups) {
    return InvalidArgument("groups [", segment->from, ", ", segment->to, ") of model ", model.name, ", which has ", groups,
                           " in this grouping");
  }
  request->encoded = codec != codec::CodecSpec{};
  if (!request->encoded) return CheckValues(*request);
  if (message.inputs.size() != 1 || message.inputs.front().name != wire::kEncodedInput ||
      message.inputs.front().tensor.dtype() != DType::kUint8 || message.inputs.front().tensor.shape().size() != 1) {
    return InvalidArgument("codec '", segment->codec, "': expected one input '", wire::kEncodedInput,
                           "' of type UINT8 and one dimension");
  }
  return absl::OkStatus();
}

absl::Status EdgeCore::CheckValues(const Request& request) const {
  return request.message.segment->from == 0 ? CheckInputs(*request.model, request.message.inputs, options_.max_dimension)
                                            : CheckDimensions(request.message.inputs, options_.max_dimension);
}

// In place of the encoded bytes the values that they stand for.
absl::Status EdgeCore::Decode(Request* request) const {
  std::vector<NamedTensor>& inputs = request->message.inputs;
  codec::Decoder decoder({.bytes = options_.limits.max_tensor_bytes});
  absl::StatusOr<std::vector<NamedTensor>> values = decoder.Decode(inputs.front().tensor.bytes());
  if (!values.ok()) return Annotate(values.status(), wire::kEncodedInput);
  inputs = *std::move(values);
  return CheckValues(*request);
}

absl::StatusOr<wire::InferReply> EdgeCore::Run(Request& request) {
  wire::InferRequest& message = request.message;
  const ServedModel& model = *request.model;
  const Instant begun = clock_.Now();
  std::vector<NamedTensor> made;
  if (request.encoded) RETURN_IF_ERROR(Decode(&request));
  if (message.segment) {
    ASSIGN_OR_RETURN(const std::shared_ptr<engine::GroupChain> chain, store_.Chain(model, message.segment->grouping));
    RETURN_IF_ERROR(chain->Run(message.segment->from, message.segment->to, message.inputs, made));
  } else {
    ASSIGN_OR_RETURN(const std::shared_ptr<engine::GroupChain> chain, store_.Whole(model));
    std::vector<NamedTensor> values;
    RETURN_IF_ERROR(chain->Run(0, chain->size(), message.inputs, values));
    for (const TensorSpec& output : model.outputs) {   // in the model's order; one may be an input passed through
      for (const auto* from : {&values, &message.inputs}) {
        const auto found = std::find_if(from->begin(), from->end(), [&](const NamedTensor& t) { return t.name == output.name; });
        if (found == from->end()) continue;
        made.push_back(*found);
        break;
      }
    }
  }
  wire::InferReply reply;
  ASSIGN_OR_RETURN(reply.outputs, Select(std::move(made), message.outputs));
  reply.model = model.name;
  reply.version = kOnlyVersion;
  reply.id = message.id;
  if (message.segment) {
    reply.queue = begun - request.arrived;
    reply.compute = clock_.Now() - begun;
    reply.report = Report(request.arrived);
  }
  return reply;
}

void EdgeCore::Infer(JobId id, wire::InferRequest message, Instant arrived, const std::string& peer,
                     std::optional<Duration> within, InferDone done) {
  auto request = std::make_shared<Request>();
  request->message = std::move(message);
  request->done = std::move(done);
  request->arrived = arrived;
  if (absl::Status status = Check(request.get()); !status.ok()) {
    ++refused_;
    return request->done(std::move(status));
  }
  request->cost_key = CostKey(request->message, *request->model);
  Job job{.id = id, .device = request->message.device.empty() ? peer : request->message.device};
  for (const NamedTensor& t : request->message.inputs) job.bytes += t.tensor.byte_size();
  if (request->message.deadline) job.deadline = request->arrived + *request->message.deadline;
  if (within && (!job.deadline || request->arrived + *within < *job.deadline)) job.deadline = request->arrived + *within;
  {
    std::lock_guard lock(mutex_);
    const auto known = costs_.find(request->cost_key);
    if (known != costs_.end()) job.expected_cost = known->second;
  }
  Offer(job, [this, request](const absl::Status& status) {
    if (!status.ok()) {
      ++refused_;
      return request->done(status);
    }
    const Instant begun = clock_.Now();
    absl::StatusOr<wire::InferReply> reply = Run(*request);
    const Duration cost = clock_.Now() - begun;
    ++(reply.ok() ? answered_ : failed_);
    if (reply.ok()) {
      std::lock_guard lock(mutex_);
      if (costs_.size() >= kMaxCosts) costs_.clear();
      Duration& known = costs_[request->cost_key];
      known = known.count() == 0 ? cost : known + (cost - known) / 4;
    }
    request->message.inputs.clear();
    request->done(std::move(reply));
  });
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
  Job job{.id = id, .device = request.device.empty() ? peer : request.device, .bytes = request.positions.size() * sizeof(int)};
  if (within) job.deadline = now + *within;
  Offer(job,
        [this, model = *std::move(model), positions = request.positions, done = std::move(done)](const absl::Status& status) {
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
        });
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

void EdgeCore::Offer(const Job& job, Task task) {
  std::unique_lock lock(mutex_);
  const absl::Status status = scheduler_.Offer(clock_.Now(), job);
  if (!status.ok()) {
    lock.unlock();
    task(status);
    return;
  }
  tasks_.emplace(job.id, std::move(task));
  lock.unlock();
  work_.notify_one();
}

void EdgeCore::Cancel(JobId id) {
  profiler_.Cancel(id);
  Task task;
  {
    std::lock_guard lock(mutex_);
    if (!scheduler_.Cancel(id)) return;
    const auto found = tasks_.find(id);
    task = std::move(found->second);
    tasks_.erase(found);
    idle_.notify_all();
  }
  task(absl::CancelledError("cancelled by the caller"));
}

// Unlocks while it answers.
void EdgeCore::AnswerExpired(std::unique_lock<std::mutex>& lock) {
  std::vector<Task> late;
  for (const JobId id : scheduler_.TakeExpired()) {
    const auto found = tasks_.find(id);
    late.push_back(std::move(found->second));
    tasks_.erase(found);
  }
  if (late.empty()) return;
  lock.unlock();
  for (const Task& task : late) task(absl::DeadlineExceededError("the deadline passed before the request's turn came"));
  lock.lock();
}

void EdgeCore::Work() {
  std::unique_lock lock(mutex_);
  while (true) {
    const std::optional<JobId> next = scheduler_.Next(clock_.Now());
    // Taken out before the lock is let go: what runs is no longer among the queued.
    Task task;
    if (next) {
      const auto found = tasks_.find(*next);
      task = std::move(found->second);
      tasks_.erase(found);
    }
    AnswerExpired(lock);
    if (!next) {
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
    if (to_measure_ && !measuring_) work_.notify_one();   // another worker may be idle
    lock.unlock();
    const Instant begun = clock_.Now();
    task(absl::OkStatus());
    task = nullptr;   // whatever it holds goes without the lock
    lock.lock();
    const Duration cost = clock_.Now() - begun;
    busy_ += cost;
    scheduler_.Done(clock_.Now(), *next, cost);
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

EdgeCounts EdgeCore::counts() const { return {answered_.load(), refused_.load(), failed_.load()}; }

}   // namespace partway::edge
