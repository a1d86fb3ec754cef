#include "device/live/grpc_channel.h"

#include <grpc/support/log.h>
#include <grpc/support/time.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "base/status.h"
#include "wire/rpc_bytes.h"
#include "wire/service_messages.h"

namespace partway::device {
namespace {

// gRPC writes to stderr on its own account what it also reports as statuses. Silent unless GRPC_VERBOSITY asks for it.
void QuietGrpc() {
  static const bool done = [] {
    if (std::getenv("GRPC_VERBOSITY") == nullptr) gpr_set_log_function([](gpr_log_func_args*) {});
    return true;
  }();
  (void)done;
}

using Spans = wire::BufferSpans<grpc::Slice>;

template <class Message>
grpc::ByteBuffer ToBuffer(const Message& message) {
  return wire::ToBuffer<grpc::ByteBuffer, grpc::Slice>(message);
}

int Milliseconds(Duration d) { return static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(d).count()); }

grpc::ChannelArguments Arguments(const GrpcChannelOptions& options) {
  grpc::ChannelArguments args;
  args.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  args.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  args.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  args.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, Milliseconds(options.reconnect_first));
  args.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS,
              Milliseconds(options.connect_timeout));   // gRPC's name for how long one attempt may take
  args.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, Milliseconds(options.reconnect_max));
  args.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, Milliseconds(options.keepalive));
  args.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, Milliseconds(options.keepalive));
  args.SetMaxReceiveMessageSize(static_cast<int>(std::min<size_t>(options.limits.max_message_bytes, INT32_MAX)));
  args.SetMaxSendMessageSize(-1);   // the server says what it takes
  // Large frames: a tensor is written in a few system calls instead of one for every 16 KiB.
  args.SetInt(GRPC_ARG_HTTP2_MAX_FRAME_SIZE, 1 << 20);
  args.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, 4 << 20);
  args.SetInt(GRPC_ARG_TCP_READ_CHUNK_SIZE, 256 << 10);
  args.SetInt(GRPC_ARG_TCP_MIN_READ_CHUNK_SIZE, 64 << 10);
  return args;
}

// gRPC's words for the common failures, in ours: who did not answer and why.
absl::Status Explain(const grpc::Status& status, const GrpcChannelOptions& options, bool connecting) {
  const std::string& name = options.name;
  std::string text = status.error_message();
  // gRPC knows a relay of our own only, which says nothing to users.
  for (size_t at = 0; (at = text.find(options.address, at)) != std::string::npos; at += name.size())
    text.replace(at, options.address.size(), name);
  const auto says = [&](const char* part) { return text.find(part) != std::string::npos; };
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE) {
    if (says("http1.x")) return FailedPrecondition(name, " does not speak gRPC (another kind of server listens there)");
    // A link that breaks while connecting looks the same.
    if (says("Failed parsing HTTP/2") || says("before receiving settings") || says("settings frame"))
      return Unavailable(name, " does not speak gRPC (another kind of server listens there, or the link broke)");
    if (says("Connection refused")) return Unavailable(name, " refuses connections: no server listens there");
    if (says("DNS resolution failed") || says("C-ares")) return Unavailable("cannot find the host of ", name);
    if (says("No route") || says("unreachable"))
      return Unavailable(name, " cannot be reached: ", says("No route") ? "no route to it" : "network unreachable");
    if (says("failed to connect to all addresses")) {
      const size_t last = text.rfind(": ");
      return Unavailable("cannot connect to ", name, last == std::string::npos ? "" : text.substr(last));
    }
    return Unavailable(name, ": ", text);
  }
  if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED && connecting) {
    return Unavailable(name,
                       " accepts no gRPC connection in time: it is down, far behind a slow link, or another kind of server");
  }
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), text);   // the codes are the same numbers
}

// From now on, by the clock that nobody sets.
gpr_timespec Deadline(Duration timeout) {
  const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(timeout).count();
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_micros(microseconds, GPR_TIMESPAN));
}

class GrpcChannel final : public Channel {
 public:
  explicit GrpcChannel(const GrpcChannelOptions& options)
      : options_(options),
        channel_(grpc::CreateCustomChannel(options.address, grpc::InsecureChannelCredentials(), Arguments(options))),
        stub_(channel_) {}
  ~GrpcChannel() override { Shutdown(); }

  void Attach(const wire::AttachRequest& request, Duration timeout, AttachDone done) override {
    grpc::experimental::ChannelResetConnectionBackoff(channel_.get());   // a probe is worth a connection attempt of its own
    Ask(wire::kAttach, wire::EncodeAttachRequest(request), timeout, wire::DecodeAttachReply, std::move(done));
  }

  void Probe(const wire::ProbeRequest& request, Duration timeout, ProbeDone done) override {
    Ask(wire::kProbe, wire::EncodeProbeRequest(request), timeout, wire::DecodeProbeReply, std::move(done));
  }

  void Profile(const wire::ProfileRequest& request, Duration timeout, ProfileDone done) override {
    Ask(wire::kProfile, wire::EncodeProfileRequest(request), timeout, wire::DecodeProfileReply, std::move(done));
  }

  Sent Infer(const wire::InferRequest& request, Duration timeout, InferDone done) override {
    const wire::Pieces pieces = wire::EncodeInferRequest(request);
    const uint64_t token = Start(wire::kModelInfer, ToBuffer(pieces), timeout,
                                 [this, done = std::move(done)](const grpc::Status& status, const grpc::ByteBuffer& bytes) {
                                   if (!status.ok()) return done(Explain(status, options_, Connecting()));
                                   const Spans spans(bytes);
                                   if (!spans.ok()) return done(InternalError(options_.name, ": a reply that does not unpack"));
                                   done(wire::DecodeInferReply(spans.spans(), options_.limits));
                                 });
    return {token, token == 0 ? 0 : static_cast<int64_t>(wire::TotalSize(pieces))};
  }

  void Cancel(uint64_t token) override {
    std::lock_guard lock(mutex_);
    const auto found = calls_.find(token);
    if (found != calls_.end()) found->second->context.TryCancel();
  }

  void Shutdown() override {
    std::unique_lock lock(mutex_);
    closed_ = true;
    for (auto& [token, call] : calls_) call->context.TryCancel();
    all_done_.wait(lock, [&] { return calls_.empty() && returning_ == 0; });
  }

 private:
  using Finish = std::function<void(const grpc::Status&, const grpc::ByteBuffer&)>;
  struct Call {
    grpc::ClientContext context;
    grpc::ByteBuffer request, reply;
  };

  // A call of our own service.
  template <class Reply>
  void Ask(const char* method, const std::string& request, Duration timeout,
           absl::StatusOr<Reply> (*decode)(std::string_view, const wire::Limits&),
           std::function<void(absl::StatusOr<Reply>)> done) {
    Start(method, ToBuffer(request), timeout,
          [this, method, decode, done = std::move(done)](const grpc::Status& status, const grpc::ByteBuffer& bytes) {
            if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED) {
              return done(absl::UnimplementedError(Concat(options_.name, " is a server without the call ", method + 1,
                                                          "; expected one started by 'partway serve' of this version")));
            }
            if (!status.ok()) return done(Explain(status, options_, Connecting()));
            const Spans spans(bytes);
            if (!spans.ok()) return done(InternalError(options_.name, " answered with a message that does not unpack"));
            done(decode(spans.Text(), options_.limits));
          });
  }

  bool Connecting() const { return channel_->GetState(false) != GRPC_CHANNEL_READY; }

  uint64_t Start(const char* method, grpc::ByteBuffer request, Duration timeout, Finish finish) {
    auto call = std::make_shared<Call>();
    call->request.Swap(&request);
    call->context.set_deadline(Deadline(timeout));
    uint64_t token;
    {
      std::lock_guard lock(mutex_);
      if (closed_) return 0;
      token = ++last_token_;
      calls_.emplace(token, call);
    }
    // Started outside the lock: its callback takes the lock. Until it comes, `calls_` keeps the call alive.
    stub_.UnaryCall(&call->context, method, {}, &call->request, &call->reply,
                    [this, call, token, finish = std::move(finish)](const grpc::Status& status) mutable {
                      {
                        std::lock_guard lock(mutex_);
                        calls_.erase(token);
                        ++returning_;
                      }
                      call->request.Clear();
                      finish(status, call->reply);
                      // The call's context holds the gRPC channel. Were it the last to let go, the channel would be torn down here, on a thread that its
                      // own teardown waits for.
                      finish = nullptr;
                      call.reset();
                      std::lock_guard lock(mutex_);
                      --returning_;
                      all_done_.notify_all();
                    });
    return token;
  }

  const GrpcChannelOptions options_;
  const std::shared_ptr<grpc::Channel> channel_;
  grpc::GenericStub stub_;
  std::mutex mutex_;
  std::condition_variable all_done_;
  bool closed_ = false;
  int returning_ = 0;   // callbacks under way
  uint64_t last_token_ = 0;
  std::unordered_map<uint64_t, std::shared_ptr<Call>> calls_;
};

}   // namespace

absl::StatusOr<std::unique_ptr<Channel>> MakeGrpcChannel(const GrpcChannelOptions& options) {
  if (options.address.empty()) return InvalidArgument("the edge's address is empty, expected host:port");
  QuietGrpc();
  GrpcChannelOptions named = options;
  if (named.name.empty()) named.name = named.address;
  return std::make_unique<GrpcChannel>(named);
}

}   // namespace partway::device
