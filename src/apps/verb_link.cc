// partway link: a TCP relay that behaves as a slow and distant link.
#include <iostream>
#include <memory>
#include <thread>

#include "apps/options.h"
#include "apps/stop_signal.h"
#include "apps/verb.h"
#include "base/status.h"
#include "net/link_relay.h"
#include "nlohmann/json.hpp"

namespace partway::apps {
namespace {

struct WayFlags {
  std::optional<BitsPerSecond> rate;
  std::optional<Duration> delay;
  std::optional<Bytes> queue;
};

struct LinkFlags {
  std::string listen = "127.0.0.1:0", to;
  WayFlags both, down;
};

net::DirectionOptions Way(const WayFlags& flags, const net::DirectionOptions& otherwise) {
  net::DirectionOptions options = otherwise;
  if (flags.rate) options.rate = *flags.rate;
  if (flags.delay) options.delay = *flags.delay;
  if (flags.queue) options.queue_bytes = static_cast<int64_t>(flags.queue->value());
  return options;
}

absl::StatusOr<net::Address> AddressFlag(const char* flag, const std::string& text) {
  absl::StatusOr<net::Address> address = net::ParseAddress(text);
  if (!address.ok()) return UsageError(Concat(flag, ": ", address.status().message()));
  return address;
}

nlohmann::json WayJson(const net::DirectionCounters& c) {
  return {{"in_bytes", c.bytes_in}, {"out_bytes", c.bytes_out}, {"queue_peak_bytes", c.queue_peak_bytes}};
}

absl::StatusOr<int> Link(const LinkFlags& flags, const Globals& globals) {
  net::LinkOptions options;
  ASSIGN_OR_RETURN(options.listen, AddressFlag("--listen", flags.listen));
  ASSIGN_OR_RETURN(options.to, AddressFlag("--to", flags.to));
  options.up = Way(flags.both, {});
  options.down = Way(flags.down, options.up);

  const std::atomic<bool>& stop = StopSignal();
  absl::StatusOr<std::unique_ptr<net::LinkRelay>> relay = net::LinkRelay::Start(options);
  if (!relay.ok()) {
    if (relay.status().code() == absl::StatusCode::kInvalidArgument) return UsageError(std::string(relay.status().message()));
    return relay.status();
  }
  const std::string listening = net::AddressString((*relay)->address());
  // With --json stdout holds the one document at the end and nothing else.
  (globals.json ? std::cerr : std::cout) << "listening on " << listening << std::endl;
  while (!stop.load()) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  (*relay)->Stop();

  const net::LinkCounters counters = (*relay)->counters();
  if (globals.json) {
    std::cout << nlohmann::json{{"listen", listening},
                                {"to", net::AddressString(options.to)},
                                {"connections",
                                 {{"accepted", counters.accepted},
                                  {"refused", counters.refused},
                                  {"rejected", counters.rejected},
                                  {"cut", counters.cut}}},
                                {"up", WayJson(counters.up)},
                                {"down", WayJson(counters.down)}}
              << "\n";
  } else if (!globals.quiet) {
    std::cerr << "carried " << FormatBytes(static_cast<double>(counters.up.bytes_out)) << " up and "
              << FormatBytes(static_cast<double>(counters.down.bytes_out)) << " down over " << counters.accepted
              << " connections, " << counters.refused << " refused by the server\n";
  }
  return kExitDone;
}

}   // namespace

VerbBody MakeLink(CLI::App& command) {
  auto flags = std::make_shared<LinkFlags>();
  command.add_option("--listen", flags->listen, "where to listen: host:port or :port (loopback); port 0 picks one")
      ->capture_default_str();
  command.add_option("--to", flags->to, "the server behind the link, host:port")->required();
  AddBitRate(command, "--rate", &flags->both.rate, "rate each way, for example 20Mbps; default: no limit");
  AddDuration(command, "--delay", &flags->both.delay, "delay each way, for example 10ms; default: none");
  AddBytes(command, "--queue", &flags->both.queue,
           "queue each way, for example 64KiB; default: 40 ms at the rate, at least 64 KiB");
  AddBitRate(command, "--down-rate", &flags->down.rate, "another rate on the way back");
  AddDuration(command, "--down-delay", &flags->down.delay, "another delay on the way back");
  AddBytes(command, "--down-queue", &flags->down.queue, "another queue on the way back");
  return [flags](const Globals& globals) { return Link(*flags, globals); };
}

}   // namespace partway::apps
