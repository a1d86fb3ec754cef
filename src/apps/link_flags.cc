#include "apps/link_flags.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <utility>

#include "apps/load_model.h"
#include "apps/options.h"
#include "apps/verb.h"
#include "base/quantity.h"
#include "base/status.h"
#include "net/trace.h"
#include "net/trace_generator.h"

namespace partway::apps {
namespace {

std::vector<std::string> Parts(const std::string& text) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == ',') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

bool Ships(const std::string& text) {
  return std::find(std::begin(net::kTraceKinds), std::end(net::kTraceKinds), text) != std::end(net::kTraceKinds);
}

bool IsFile(const std::string& text) {
  std::error_code error;
  return !text.empty() && std::filesystem::exists(text, error);
}

std::string ShippedNames() {
  std::string names;
  for (const char* kind : net::kTraceKinds) Append(&names, names.empty() ? "" : ", ", kind);
  return names;
}

std::string WayText(const net::DirectionOptions& way) {
  std::string text;
  if (way.profile != nullptr) {
    text = Concat("trace ", way.profile_name, " (", FormatBitRate(way.profile->Typical().value()), " on average)");
  } else {
    text = way.rate.value() > 0 ? FormatBitRate(way.rate.value()) : "no rate limit";
  }
  return Concat(text, ", ", FormatSeconds(ToSeconds(way.delay)));
}

absl::StatusOr<net::LinkFault> ParseFault(const char* flag, net::LinkFault::Kind kind, const std::string& text) {
  const bool reset = kind == net::LinkFault::Kind::kReset;
  const std::vector<std::string> parts = Parts(text);
  const absl::StatusOr<Duration> at = ParseDuration(parts[0]);
  absl::StatusOr<Duration> length = Duration(0);
  if (!reset && parts.size() > 1) length = ParseDuration(parts[1]);
  if (!at.ok() || !length.ok() || parts.size() != (reset ? 1u : 2u)) {
    return UsageError(Concat(flag, " '", text, "': expected ", reset ? "AT, for example 12s" : "AT,LENGTH, for example 5s,2s"));
  }
  return net::LinkFault{kind, *at, *length};
}

}   // namespace

absl::Status SetTrace(const std::string& flag, const std::string& text, net::DirectionOptions* way) {
  std::string path = text;
  way->profile_name = std::filesystem::path(text).filename().string();
  if (Ships(text)) {
    way->profile_name = Concat("generated-", text);
    path = Concat(ShareDir(), "/traces/", way->profile_name, ".csv");
  } else if (!IsFile(text)) {
    return UsageError(Concat(flag, ": no trace '", text, "': not a file, and those that ship are ", ShippedNames()));
  }
  ASSIGN_OR_RETURN(way->profile, net::ReadTrace(path));
  way->rate = way->profile->Typical();
  return absl::OkStatus();
}

absl::StatusOr<net::LinkOptions> ParseLink(const std::string& text) {
  const std::vector<std::string> parts = Parts(text);
  const auto refuse = [&](std::string_view why) {
    return UsageError(Concat("--link '", text, "': ", why,
                             ", expected RATE[,DELAY[,QUEUE]] or TRACE[,DELAY[,QUEUE]], for example 20Mbps,10ms"));
  };
  if (parts.size() > 3) return refuse("too many parts");
  net::LinkOptions link;
  const absl::StatusOr<BitsPerSecond> rate = ParseBitRate(parts[0]);
  if (rate.ok()) {
    if (rate->value() <= 0) return refuse("a link of no rate carries nothing");
    link.up.rate = *rate;
  } else if (!Ships(parts[0]) && !IsFile(parts[0])) {
    return refuse(Concat("'", parts[0], "' is not a rate, no file and none of the traces that ship (", ShippedNames(), ")"));
  } else {
    RETURN_IF_ERROR(SetTrace("--link", parts[0], &link.up));
  }
  if (parts.size() > 1) {
    const absl::StatusOr<Duration> delay = ParseDuration(parts[1]);
    if (!delay.ok()) return refuse(Concat("'", parts[1], "' is not a delay"));
    link.up.delay = *delay;
  }
  if (parts.size() > 2) {
    const absl::StatusOr<Bytes> queue = ParseBytes(parts[2]);
    if (!queue.ok()) return refuse(Concat("'", parts[2], "' is not a queue size"));
    link.up.queue_bytes = static_cast<int64_t>(queue->value());
  }
  link.down = link.up;
  return link;
}

std::string LinkText(const std::optional<net::LinkOptions>& link) {
  if (!link) return "none";
  const std::string up = WayText(link->up), down = WayText(link->down), faults = net::FaultText(link->faults);
  return Concat(up == down ? Concat(up, " each way") : Concat(up, " up; ", down, " down"), faults.empty() ? "" : "; ", faults,
                " (relay on this machine)");
}

void AddFaultFlags(CLI::App& command, FaultFlags* flags) {
  const auto add = [&](const char* name, std::vector<std::string>* values, const char* help, const char* type) {
    command.add_option(name, *values, help)->allow_extra_args(false)->type_name(type);
  };
  add("--stall", &flags->stalls,
      "from AT after the first connection nothing moves for LENGTH, connections stay; as often as wanted", "AT,LENGTH");
  add("--reset", &flags->resets, "at AT all connections are reset, new ones are welcome; as often as wanted", "AT");
  add("--outage", &flags->outages, "from AT, for LENGTH, all connections are reset and so are new ones; as often as wanted",
      "AT,LENGTH");
  AddDuration(command, "--repeat-faults", &flags->repeat, "all these again every so often; default: once");
}

absl::StatusOr<net::FaultSchedule> ParseFaults(const FaultFlags& flags) {
  std::vector<net::LinkFault> faults;
  const auto add = [&](const char* flag, net::LinkFault::Kind kind, const std::vector<std::string>& values) -> absl::Status {
    for (const std::string& text : values) {
      ASSIGN_OR_RETURN(const net::LinkFault fault, ParseFault(flag, kind, text));
      faults.push_back(fault);
    }
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(add("--stall", net::LinkFault::Kind::kStall, flags.stalls));
  RETURN_IF_ERROR(add("--reset", net::LinkFault::Kind::kReset, flags.resets));
  RETURN_IF_ERROR(add("--outage", net::LinkFault::Kind::kOutage, flags.outages));
  if (flags.repeat && *flags.repeat == Duration(0)) return UsageError("--repeat-faults: expected more than 0 s, for example 60s");
  absl::StatusOr<net::FaultSchedule> schedule = net::FaultSchedule::Make(std::move(faults), flags.repeat.value_or(Duration(0)));
  if (!schedule.ok()) return UsageError(std::string(schedule.status().message()));
  return schedule;
}

}   // namespace partway::apps
