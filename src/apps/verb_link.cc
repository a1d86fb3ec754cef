// partway link: a TCP relay that behaves as a slow and distant link, as a trace says, with faults on a schedule.
#include <iostream>
#include <memory>
#include <thread>

#include "apps/link_flags.h"
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
  std::optional<std::string> trace;
  std::optional<Duration> delay;
  std::optional<Bytes> queue;
};

struct LinkFlags {
  std::string listen = "127.0.0.1:0", to;
  WayFlags both, down;
  FaultFlags faults;
};

// `prefix` is that of the flags: "--" or "--down-".
absl::StatusOr<net::DirectionOptions> Way(const std::string& prefix, const WayFlags& flags,
                                          const net::DirectionOptions& otherwise) {
  net::DirectionOptions options = otherwise;
  if (flags.rate) {
    if (flags.rate->value() <= 0) {
      return UsageError(Concat(
          prefix,
          "rate: a link of no rate carries nothing; without the flag there is no limit, and --stall stops it for a while"));
    }
    options.rate = *flags.rate;
    options.profile = nullptr;
  }
  if (flags.trace) RETURN_IF_ERROR(SetTrace(prefix + "trace", *flags.trace, &options));
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
  ASSIGN_OR_RETURN(options.faults, ParseFaults(flags.faults));
  ASSIGN_OR_RETURN(options.up, Way("--", flags.both, {}));
  ASSIGN_OR_RETURN(options.down, Way("--down-", flags.down, options.up));

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
                                {"link", LinkText(options)},
                                {"connections",
                                 {{"accepted", counters.accepted},
                                  {"refused", counters.refused},
                                  {"rejected", counters.rejected},
                                  {"cut", counters.cut}}},
                                {"faults",
                                 {{"stalls", counters.stalls}, {"resets", counters.resets}, {"outages", counters.outages}}},
                                {"up", WayJson(counters.up)},
                                {"down", WayJson(counters.down)}}
              << "\n";
  } else if (!globals.quiet) {
    std::cerr << "carried " << FormatBytes(static_cast<double>(counters.up.bytes_out)) << " up and "
              << FormatBytes(static_cast<double>(counters.down.bytes_out)) << " down over " << counters.accepted
              << " connections, " << counters.refused << " refused by the server\n";
    if (!options.faults.empty()) {
      std::cerr << "faults: " << counters.stalls << " stalls, " << counters.resets << " resets, " << counters.outages
                << " outages; " << counters.cut << " connections cut, " << counters.rejected << " turned away\n";
    }
  }
  return kExitDone;
}

}   // namespace

VerbBody MakeLink(CLI::App& command) {
  auto flags = std::make_shared<LinkFlags>();
  command.add_option("--listen", flags->listen, "where to listen: host:port or :port (loopback); port 0 picks one")
      ->capture_default_str();
  command.add_option("--to", flags->to, "the server behind the link, host:port")->required();
  const std::string traces = "a trace by its file (CSV of rates, or Mahimahi) or by the name of one that ships";
  CLI::Option* rate = AddBitRate(command, "--rate", &flags->both.rate, "rate each way, for example 20Mbps; default: no limit");
  command.add_option("--trace", flags->both.trace, "instead, " + traces + ": lte-walk, 5g-drive, busy-wifi")
      ->type_name("TRACE")
      ->excludes(rate);
  AddDuration(command, "--delay", &flags->both.delay, "delay each way, for example 10ms; default: none");
  AddBytes(command, "--queue", &flags->both.queue,
           "queue each way, for example 64KiB; default: 40 ms at the rate or the trace's mean, at least 64 KiB");
  CLI::Option* down_rate = AddBitRate(command, "--down-rate", &flags->down.rate, "another rate on the way back");
  command.add_option("--down-trace", flags->down.trace, "on the way back, " + traces)->type_name("TRACE")->excludes(down_rate);
  AddDuration(command, "--down-delay", &flags->down.delay, "another delay on the way back");
  AddBytes(command, "--down-queue", &flags->down.queue, "another queue on the way back");
  AddFaultFlags(command, &flags->faults);
  return [flags](const Globals& globals) { return Link(*flags, globals); };
}

}   // namespace partway::apps
