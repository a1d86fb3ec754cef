#include "edge/service/rpc_service.h"

#include <atomic>
#include <chrono>
#include <optional>
#include <utility>

#include "base/status.h"
#include "base/version.h"
#include "wire/rpc_bytes.h"
#include "wire/service_messages.h"

namespace partway::edge {
namespace {

using Spans = wire::BufferSpans<grpc::Slice>;

template <class Message>
grpc::ByteBuffer ToBuffer(const Message& message) {
  return wire::ToBuffer<grpc::ByteBuffer, grpc::Slice>(message);
}

// The codes are the same numbers.
grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  constexpr size_t kMaxMessage = 2000;   // it travels as a header
  return grpc::Status(static_cast<grpc::StatusCode>(status.raw_code()), std::string(status.message().substr(0, kMaxMessage)));
}

// How long the caller will wait; nullopt for one without a deadline.
std::optional<Duration> Within(const grpc::CallbackServerContext& context) {
  const auto left = context.deadline() - std::chrono::system_clock::now();
  if (left > std::chrono::hours(1)) return std::nullopt;
  return std::chrono::duration_cast<Duration>(left);
}

}   // namespace

// One call: reads one message, waits for its answer, writes it. Deletes itself when gRPC is done with it, which is never before Finish.
class RpcService::Call final : public grpc::ServerGenericBidiReactor {
 public:
  Call(RpcService& service, grpc::GenericCallbackServerContext* context)
      : service_(service), context_(context), id_(service.core_.NewId()) {
    StartRead(&request_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "the call carries no message"));
    arrived_ = service_.clock_.Now();
    const std::string& method = context_->method();
    if (method == wire::kModelInfer) return Infer();
    if (method == wire::kProbe) return Probe();
    if (method == wire::kAttach) return Attach();
    if (method == wire::kProfile) return Profile();
    const auto found = service_.simple_.find(method);
    if (found == service_.simple_.end())
      return Finish(grpc::Status(grpc::StatusCode::UNIMPLEMENTED, Concat("there is no method ", method, " here")));
    const Spans spans(request_);
    if (!spans.ok()) return Finish(Garbled());
    Answer(found->second(spans.Text()));
  }
  void OnWriteDone(bool) override {}
  void OnCancel() override { service_.core_.Cancel(id_); }
  void OnDone() override { delete this; }

 private:
  static grpc::Status Garbled() { return {grpc::StatusCode::INVALID_ARGUMENT, "a message that does not unpack"}; }

  void Infer() {
    absl::StatusOr<wire::InferRequest> request;
    {
      const Spans spans(request_);
      request = spans.ok() ? wire::DecodeInferRequest(spans.spans(), service_.limits_)
                           : InvalidArgument("a message that does not unpack");
    }
    request_.Clear();
    if (!request.ok()) return Finish(ToGrpcStatus(request.status()));
    service_.core_.Infer(id_, *std::move(request), arrived_, context_->peer(), Within(*context_),
                         [this](absl::StatusOr<wire::InferReply> reply) {
                           if (!reply.ok()) return Finish(ToGrpcStatus(reply.status()));
                           Write(ToBuffer(wire::EncodeInferReply(*reply)));
                         });
  }

  void Attach() {
    const Spans spans(request_);
    if (!spans.ok()) return Finish(Garbled());
    const absl::StatusOr<wire::AttachRequest> request = wire::DecodeAttachRequest(spans.Text(), service_.limits_);
    if (!request.ok()) return Finish(ToGrpcStatus(request.status()));
    service_.core_.Attach(id_, *request, context_->peer(), Within(*context_), [this](absl::StatusOr<wire::AttachReply> reply) {
      if (!reply.ok()) return Finish(ToGrpcStatus(reply.status()));
      Write(ToBuffer(wire::EncodeAttachReply(*reply)));
    });
  }

  void Probe() {
    const Spans spans(request_);
    if (!spans.ok()) return Finish(Garbled());
    const absl::Status read = wire::DecodeProbeRequest(spans.Text(), service_.limits_).status();
    if (!read.ok()) return Finish(ToGrpcStatus(read));
    Write(ToBuffer(wire::EncodeProbeReply({1, service_.core_.Report(arrived_)})));
  }

  void Profile() {
    const Spans spans(request_);
    if (!spans.ok()) return Finish(Garbled());
    const absl::StatusOr<wire::ProfileRequest> request = wire::DecodeProfileRequest(spans.Text(), service_.limits_);
    if (!request.ok()) return Finish(ToGrpcStatus(request.status()));
    service_.core_.Profile(id_, *request, [this](absl::StatusOr<wire::ProfileReply> reply) {
      if (!reply.ok()) return Finish(ToGrpcStatus(reply.status()));
      Write(ToBuffer(wire::EncodeProfileReply(*reply)));
    });
  }

  void Answer(const absl::StatusOr<std::string>& bytes) {
    if (!bytes.ok()) return Finish(ToGrpcStatus(bytes.status()));
    Write(ToBuffer(*bytes));
  }

  void Write(grpc::ByteBuffer reply) {
    reply_.Swap(&reply);
    StartWriteAndFinish(&reply_, grpc::WriteOptions(), grpc::Status::OK);
  }

  RpcService& service_;
  grpc::GenericCallbackServerContext* const context_;
  const JobId id_;
  Instant arrived_;   // the last byte of the request
  grpc::ByteBuffer request_, reply_;
};

RpcService::RpcService(ModelStore& store, EdgeCore& core, const Clock& clock, const wire::Limits& limits)
    : store_(store), core_(core), clock_(clock), limits_(limits) {
  AddSimpleCalls();
}

grpc::ServerGenericBidiReactor* RpcService::CreateReactor(grpc::GenericCallbackServerContext* context) {
  return new Call(*this, context);
}

void RpcService::AddSimpleCalls() {
  simple_[wire::kServerLive] = [](std::string_view) { return wire::EncodeServerLive(true); };
  simple_[wire::kServerReady] = [this](std::string_view) { return wire::EncodeServerReady(!core_.draining()); };
  simple_[wire::kServerMetadata] = [](std::string_view) {
    return wire::EncodeServerMetadata({"partway", kVersion, {"binary_tensor_data", "parameters"}});
  };
  simple_[wire::kModelReady] = [this](std::string_view bytes) -> absl::StatusOr<std::string> {
    ASSIGN_OR_RETURN(const wire::ModelQuery query, wire::DecodeModelQuery(bytes, limits_));
    RETURN_IF_ERROR(store_.Find(query.name, query.version, "").status());
    return wire::EncodeModelReady(!core_.draining());
  };
  simple_[wire::kModelMetadata] = [this](std::string_view bytes) -> absl::StatusOr<std::string> {
    ASSIGN_OR_RETURN(const wire::ModelQuery query, wire::DecodeModelQuery(bytes, limits_));
    ASSIGN_OR_RETURN(const auto model, store_.Find(query.name, query.version, ""));
    return wire::EncodeModelMetadata({.name = model->name,
                                      .platform = "onnx",
                                      .versions = {"1"},
                                      .inputs = model->inputs,
                                      .outputs = model->outputs,
                                      .properties = {{"sha256", model->sha256()}}});
  };
  simple_[wire::kRepositoryIndex] = [this](std::string_view bytes) -> absl::StatusOr<std::string> {
    RETURN_IF_ERROR(wire::DecodeRepositoryIndexReadyOnly(bytes, limits_).status());   // all our models are ready
    std::vector<wire::ModelIndexEntry> entries;
    for (const auto& model : store_.models()) entries.push_back({model->name, "1", "READY", ""});
    return wire::EncodeRepositoryIndex(entries);
  };
  simple_[wire::kHealthCheck] = [this](std::string_view bytes) -> absl::StatusOr<std::string> {
    ASSIGN_OR_RETURN(const std::string service, wire::DecodeHealthService(bytes, limits_));
    if (!service.empty() && service != "inference.GRPCInferenceService" && service != "partway.v1.Edge")
      return NotFound("no such service here");
    return wire::EncodeHealth(!core_.draining());
  };
}

}   // namespace partway::edge
