// The edge server: the Open Inference Protocol, partway.v1.Edge and the health check over gRPC, in front of an EdgeCore.
// Loopback unless told otherwise; every limit is an option. docs/protocol.md says what each call means.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "edge/service/edge_core.h"
#include "edge/service/model_store.h"
#include "engine/engine.h"

namespace partway::edge {

struct EdgeServerOptions {
  std::string listen = "127.0.0.1:0";   // host:port; port 0 picks one
  EdgeCoreOptions core;
  int max_streams_per_connection = 64;
  size_t max_rpc_bytes = size_t{1} << 30;   // memory gRPC may hold for messages under way, over all connections
  Duration keepalive = std::chrono::seconds(20);
};

// Thread-safe.
class EdgeServer {
 public:
  // Ready to answer when it returns. Engine, store and clock must outlive it. Errors: Unavailable "cannot listen on ADDR: Address
  // already in use" and the like; ports are never shared with another server.
  static absl::StatusOr<std::unique_ptr<EdgeServer>> Start(const EdgeServerOptions& options, ModelStore& store,
                                                           const engine::Engine& engine, const Clock& clock);
  ~EdgeServer();   // Drain(0)

  int port() const;
  std::string address() const;   // with the port that was picked

  // Refuses new work, finishes what was taken, then closes the connections; what is not done after `patience` is cancelled. Once.
  void Drain(Duration patience);
  EdgeCounts counts() const;
  EdgeLoad load() const;

 private:
  struct Impl;
  explicit EdgeServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}   // namespace partway::edge
