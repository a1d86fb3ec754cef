// partway serve: the edge server.

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <iostream>
#include <memory>
#include <system_error>
#include <thread>

#include "apps/load_model.h"
#include "apps/options.h"
#include "apps/request_memory.h"
#include "apps/stop_signal.h"
#include "apps/verb.h"
#include "base/status.h"
#include "edge/service/edge_server.h"
#include "edge/service/metrics.h"
#include "engine/ort_engine.h"
#include "net/address.h"
#include "nlohmann/json.hpp"

namespace partway::apps {
namespace {

constexpr Duration kDrainDefault = std::chrono::seconds(10);

struct ServeFlags {
  std::string listen = "127.0.0.1:8001", folder, provider = "cpu", metrics, cache, batch = "auto";
  std::vector<std::string> models;
  int threads = 1, engine_threads = 1;
  int max_queue = 256, max_queue_per_device = 32, max_chains = 8;
  std::optional<Bytes> max_message, max_queue_bytes;
  std::optional<Duration> drain;
};

absl::Status LoadModels(const ServeFlags& flags, edge::ModelStore* store) {
  if (!flags.folder.empty()) RETURN_IF_ERROR(edge::AddFolder(flags.folder, store));
  std::vector<std::string> named = flags.models;
  if (flags.folder.empty() && named.empty()) named.push_back("efficientnet_lite0");
  for (const std::string& name : named) {
    ASSIGN_OR_RETURN(LoadedModel loaded, LoadModelArgument(name));
    RETURN_IF_ERROR(store->Add(loaded.model));
  }
  return absl::OkStatus();
}

// How many requests a batch may have; 1 for none.
absl::StatusOr<int> MostInBatch(const std::string& text) {
  constexpr int kMost = 64;
  if (text == "auto") return edge::BatchOptions{}.most;
  if (text == "off") return 1;
  int most = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), most);
  if (error != std::errc() || end != text.data() + text.size() || most < 2 || most > kMost) {
    return UsageError(Concat("--batch ", text, ": expected auto, off, or how many requests at most, 2 to ", kMost));
  }
  return most;
}

absl::StatusOr<edge::EdgeServerOptions> ServerOptions(const ServeFlags& flags) {
  edge::EdgeServerOptions options;
  const absl::StatusOr<net::Address> address = net::ParseAddress(flags.listen);
  if (!address.ok()) return UsageError(Concat("--listen: ", address.status().message()));
  options.listen = net::AddressString(*address);
  options.core.threads = flags.threads;
  ASSIGN_OR_RETURN(options.core.batches.most, MostInBatch(flags.batch));
  options.core.queue.max_queued = flags.max_queue;
  options.core.queue.max_queued_per_device = flags.max_queue_per_device;
  if (flags.max_queue_bytes) options.core.queue.max_queued_bytes = static_cast<size_t>(flags.max_queue_bytes->value());
  if (!flags.cache.empty()) {
    std::error_code error;
    std::filesystem::create_directories(flags.cache, error);
    if (error || !std::filesystem::is_directory(flags.cache)) {
      return UsageError(Concat("--cache ", flags.cache, ": ", error ? error.message() : std::string("not a folder")));
    }
    options.core.profiles.folder = flags.cache;
  }
  if (flags.max_message) {
    constexpr double kMost = 2.0e9;   // gRPC counts in an int
    if (flags.max_message->value() < 1024 || flags.max_message->value() > kMost)
      return UsageError("--max-message must be from 1kB to 2GB");
    options.core.limits.max_message_bytes = options.core.limits.max_tensor_bytes =
        static_cast<size_t>(flags.max_message->value());
    options.max_rpc_bytes = std::max(options.max_rpc_bytes, 4 * options.core.limits.max_message_bytes);
  }
  return options;
}

absl::StatusOr<int> Serve(const ServeFlags& flags, const Globals& globals) {
  KeepTensorMemory();
  ASSIGN_OR_RETURN(const edge::EdgeServerOptions options, ServerOptions(flags));
  const std::atomic<bool>& stop = StopSignal();
  absl::StatusOr<std::unique_ptr<engine::Engine>> engine =
      engine::MakeOrtEngine({.provider = flags.provider, .threads = flags.engine_threads});
  if (absl::IsInvalidArgument(engine.status())) return UsageError(Concat("--provider: ", engine.status().message()));
  if (!engine.ok()) return engine.status();
  edge::ModelStore store(**engine, {.max_chains = flags.max_chains});
  RETURN_IF_ERROR(LoadModels(flags, &store));
  const SteadyClock clock;
  ASSIGN_OR_RETURN(const std::unique_ptr<edge::EdgeServer> server, edge::EdgeServer::Start(options, store, **engine, clock));
  std::unique_ptr<edge::MetricsEndpoint> metrics;
  if (!flags.metrics.empty()) {
    const absl::StatusOr<net::Address> address = net::ParseAddress(flags.metrics);
    if (!address.ok()) return UsageError(Concat("--metrics: ", std::string(address.status().message())));
    ASSIGN_OR_RETURN(metrics, edge::MetricsEndpoint::Start(net::AddressString(*address), *server, store));
  }
  (globals.json ? std::cerr : std::cout) << "listening on " << server->address() << std::endl;
  if (!globals.quiet) {
    if (metrics) std::cerr << "metrics on port " << metrics->port() << "\n";
    std::cerr << "serving";
    for (const auto& model : store.models()) std::cerr << " " << model->name << " (" << model->sha256().substr(0, 12) << ")";
    std::cerr << " on " << flags.threads << (flags.threads == 1 ? " thread\n" : " threads\n");
  }
  while (!stop.load()) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  server->Drain(flags.drain.value_or(kDrainDefault));
  const edge::EdgeCounts counts = server->counts();
  if (globals.json) {
    std::cout << nlohmann::json{{"listen", server->address()},
                                {"requests",
                                 {{"answered", counts.answered}, {"refused", counts.refused}, {"failed", counts.failed}}},
                                {"batches", counts.batches},
                                {"batched_requests", counts.batched}}
              << "\n";
  } else if (!globals.quiet) {
    std::cerr << "answered " << counts.answered << ", refused " << counts.refused << ", failed " << counts.failed;
    if (counts.batches > 0) std::cerr << "; " << counts.batched << " of them in " << counts.batches << " batches";
    std::cerr << "\n";
  }
  return kExitDone;
}

}   // namespace

VerbBody MakeServe(CLI::App& command) {
  auto flags = std::make_shared<ServeFlags>();
  command.add_option("MODEL", flags->models,
                     "models to serve beside those of --models: ONNX files or zoo names (default: efficientnet_lite0)");
  command.add_option("--listen", flags->listen, "where to listen: host:port or :port (loopback); port 0 picks one")
      ->capture_default_str();
  command.add_option("--models", flags->folder, "a folder whose *.onnx files are served");
  command.add_option("--threads", flags->threads, "requests computed at once")->check(CLI::Range(1, 1024))->capture_default_str();
  command.add_option("--engine-threads", flags->engine_threads, "threads that one computation uses; 0: one per core")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  command
      .add_option("--batch", flags->batch,
                  "run equal requests of several devices together where that was measured to be faster: auto (8 at most), off, "
                  "or how many at most")
      ->capture_default_str();
  command.add_option("--provider", flags->provider, "the engine's execution provider")->capture_default_str();
  command.add_option("--max-queue", flags->max_queue, "requests waiting, over all devices")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  command.add_option("--max-queue-per-device", flags->max_queue_per_device, "requests of one device waiting")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  command.add_option("--max-chains", flags->max_chains, "groupings kept built")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  command.add_option("--cache", flags->cache, "a folder to keep what the server measures of itself; default: in memory only");
  command.add_option("--metrics", flags->metrics, "where to answer Prometheus: host:port or :port (loopback); default: nowhere");
  AddBytes(command, "--max-queue-bytes", &flags->max_queue_bytes, "memory of the requests waiting (default 512MiB)");
  AddBytes(command, "--max-message", &flags->max_message, "largest request (default 64MiB)");
  AddDuration(command, "--drain", &flags->drain, "how long requests under way may take after SIGTERM (default 10s)");
  return [flags](const Globals& globals) { return Serve(*flags, globals); };
}

}   // namespace partway::apps
