#include "edge/service/edge_server.h"

#include <grpc/support/log.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "base/status.h"
#include "edge/service/rpc_service.h"

namespace partway::edge {
namespace {

// gRPC writes to stderr on its own account what it also reports as statuses. Silent unless GRPC_VERBOSITY asks for it.
void QuietGrpc() {
  static const bool done = [] {
    if (std::getenv("GRPC_VERBOSITY") == nullptr) gpr_set_log_function([](gpr_log_func_args*) {});
    return true;
  }();
  (void)done;
}

struct HostPort {
  std::string host, port;
};

absl::StatusOr<HostPort> Divide(const std::string& address) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos || colon == 0)
    return InvalidArgument("'", address, "' is no address to listen on, expected host:port");
  std::string host = address.substr(0, colon);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  return HostPort{host, address.substr(colon + 1)};
}

// gRPC only says that it could not; the system says why.
std::string WhyNot(const HostPort& at) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  if (const int code = ::getaddrinfo(at.host.c_str(), at.port.c_str(), &hints, &found); code != 0) return ::gai_strerror(code);
  std::string why = "the system refuses it";
  for (const addrinfo* a = found; a != nullptr; a = a->ai_next) {
    const int fd = ::socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int one = 1;
    if (fd >= 0) ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (fd < 0 || ::bind(fd, a->ai_addr, a->ai_addrlen) != 0 || ::listen(fd, 1) != 0)
      why = std::generic_category().message(errno);
    if (fd >= 0) ::close(fd);
  }
  ::freeaddrinfo(found);
  return why;
}

int Milliseconds(Duration d) { return static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(d).count()); }

}   // namespace

struct EdgeServer::Impl {
  Impl(const EdgeServerOptions& options, ModelStore& store, const engine::Engine& engine, const Clock& clock)
      : core(store, engine, clock, options.core), service(store, core, clock, options.core.limits) {}

  EdgeCore core;
  RpcService service;
  std::unique_ptr<grpc::Server> server;
  std::string host;
  int port = 0;
  std::atomic<bool> drained{false};
};

EdgeServer::EdgeServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
EdgeServer::~EdgeServer() { Drain(Duration(0)); }

absl::StatusOr<std::unique_ptr<EdgeServer>> EdgeServer::Start(const EdgeServerOptions& options, ModelStore& store,
                                                              const engine::Engine& engine, const Clock& clock) {
  QuietGrpc();
  ASSIGN_OR_RETURN(const HostPort at, Divide(options.listen));
  auto impl = std::make_unique<Impl>(options, store, engine, clock);
  impl->host = at.host.find(':') == std::string::npos ? at.host : Concat("[", at.host, "]");

  grpc::ServerBuilder builder;
  builder.AddListeningPort(options.listen, grpc::InsecureServerCredentials(), &impl->port);
  builder.RegisterCallbackGenericService(&impl->service);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);   // else a second server would silently share the port
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, options.max_streams_per_connection);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, Milliseconds(options.keepalive));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, Milliseconds(options.keepalive));
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_FRAME_SIZE, 1 << 20);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, 4 << 20);
  builder.AddChannelArgument(GRPC_ARG_TCP_READ_CHUNK_SIZE, 256 << 10);   // few large reads where gRPC's own are of 8 KiB
  builder.AddChannelArgument(GRPC_ARG_TCP_MIN_READ_CHUNK_SIZE, 64 << 10);
  builder.SetMaxReceiveMessageSize(static_cast<int>(std::min<size_t>(options.core.limits.max_message_bytes, INT32_MAX)));
  builder.SetMaxSendMessageSize(-1);   // answers are as large as the model makes them
  grpc::ResourceQuota quota("partway");
  quota.Resize(options.max_rpc_bytes);
  builder.SetResourceQuota(quota);
  impl->server = builder.BuildAndStart();
  if (impl->server == nullptr || impl->port == 0) return Unavailable("cannot listen on ", options.listen, ": ", WhyNot(at));
  return std::unique_ptr<EdgeServer>(new EdgeServer(std::move(impl)));
}

int EdgeServer::port() const { return impl_->port; }
std::string EdgeServer::address() const { return Concat(impl_->host, ":", impl_->port); }
EdgeCounts EdgeServer::counts() const { return impl_->core.counts(); }
EdgeLoad EdgeServer::load() const { return impl_->core.load(); }

void EdgeServer::Drain(Duration patience) {
  if (impl_->drained.exchange(true)) return;
  impl_->core.Drain();
  impl_->server->Shutdown(std::chrono::system_clock::now() + std::chrono::duration_cast<std::chrono::microseconds>(patience));
  impl_->core.WaitUntilIdle();
  impl_->server->Wait();
}

}   // namespace partway::edge
