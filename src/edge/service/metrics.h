// The server's numbers for Prometheus, over HTTP at /metrics. Taken from the server when they are asked for; nothing is counted twice.
//
//   partway_requests_total{outcome="answered|refused|failed"}   counter
//   partway_requests_queued, partway_requests_running           gauges
//   partway_queued_bytes                                        gauge, memory of the requests that wait
//   partway_batches_total, partway_batched_requests_total       counters, runs of several requests at once and those requests
//   partway_batch_size_mean                                     gauge, of those runs; 0 before the first
//   partway_models                                              gauge
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "edge/service/edge_server.h"
#include "edge/service/model_store.h"

namespace partway::edge {

// Serves until it is destroyed; must not outlive the server and the store. Owns its threads.
class MetricsEndpoint {
 public:
  // `address`: host:port, port 0 picks one. Errors: Unavailable "cannot listen for metrics on ADDR".
  static absl::StatusOr<std::unique_ptr<MetricsEndpoint>> Start(const std::string& address, const EdgeServer& server,
                                                                const ModelStore& store);
  ~MetricsEndpoint();
  int port() const;

 private:
  struct Impl;
  explicit MetricsEndpoint(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}   // namespace partway::edge
