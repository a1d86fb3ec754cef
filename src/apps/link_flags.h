// Links as the command line names them: rates or traces, and faults.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "net/link_relay.h"

namespace partway::apps {

// "RATE|TRACE[,DELAY[,QUEUE]]", both ways alike: "20Mbps,10ms", "lte-walk,10ms". Errors: a usage error for what cannot be read; those of
// net::ReadTrace for a trace's file.
absl::StatusOr<net::LinkOptions> ParseLink(const std::string& text);

// A trace by the name of one that ships (net::kTraceKinds) or by its file. Its mean becomes `way->rate`, for those who need one number. Errors: a usage
// error that names `flag` if there is no such trace; those of net::ReadTrace.
absl::Status SetTrace(const std::string& flag, const std::string& text, net::DirectionOptions* way);

// "20.0 Mbps, 10.0 ms each way (relay on this machine)"; a trace by its name and mean, then the faults if there are any; "none" without a relay.
std::string LinkText(const std::optional<net::LinkOptions>& link);

// --stall AT,LENGTH --reset AT --outage AT,LENGTH, each as often as wanted, and --repeat-faults PERIOD.
struct FaultFlags {
  std::vector<std::string> stalls, resets, outages;
  std::optional<Duration> repeat;
};
void AddFaultFlags(CLI::App& command, FaultFlags* flags);
// A usage error for what is no fault, or no schedule.
absl::StatusOr<net::FaultSchedule> ParseFaults(const FaultFlags& flags);

}   // namespace partway::apps
