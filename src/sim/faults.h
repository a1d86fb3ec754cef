// What may go wrong in a simulated run, by name. Probabilities are per message, frame or probe; rates are per second of virtual time;
// all draws come from the run's seed. After `until` nothing goes wrong any more, so that a run can show its recovery.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/rng.h"

namespace partway::sim {

enum class Fault : uint8_t {
  kReplyLost,         // the reply never comes
  kReplyLate,         // it comes up to `late_max` later
  kReplyDuplicated,   // it comes twice
  kReplyReordered,    // it comes after the next one
  kServerFull,        // refused with ResourceExhausted
  kEdgeError,         // the server fails to compute it
  kModelForgotten,    // answered with NotFound: the server no longer has the model
  kPrepareError,
  kComputeError,   // on the device
  kProbeLost,
  kServerRestart,   // calls under way fail with Unavailable; connections are refused until it is up
  kLinkStall,       // nothing passes either way for a while, then everything that waited does
  kLinkReset,       // the connection breaks: calls under way fail, the owner is told
  kServerSlow,      // what it begins meanwhile takes longer by a factor
};
inline constexpr int kFaultCount = 14;

constexpr std::string_view FaultName(Fault f) {
  constexpr std::array<std::string_view, kFaultCount> kNames = {
      "reply lost",    "reply late",    "reply duplicated", "reply reordered", "server full", "edge error", "model forgotten",
      "prepare error", "compute error", "probe lost",       "server restart",  "link stall",  "link reset", "server slow"};
  return kNames[static_cast<size_t>(f)];
}

struct Faults {
  double reply_lost = 0, reply_late = 0, reply_duplicated = 0, reply_reordered = 0;
  double server_full = 0, edge_error = 0, model_forgotten = 0;
  double prepare_error = 0, compute_error = 0, probe_lost = 0;
  double server_restarts_per_s = 0, link_stalls_per_s = 0, link_resets_per_s = 0, server_slow_per_s = 0;
  Duration late_max = std::chrono::seconds(1);
  Duration restart_max = std::chrono::seconds(1);   // how long the server is away
  Duration stall_max = std::chrono::seconds(1);
  Duration slow_max = std::chrono::seconds(1);   // how long it is slow
  double slow_factor_max = 10;                   // at least 1
  Instant until{Duration(INT64_MAX)};
};

// How often each happened.
using FaultCounts = std::array<int64_t, kFaultCount>;

// Each kind in one run of three, so that they meet in all combinations and some runs are mild.
Faults DrawFaults(Rng* rng);

// To the next of faults that strike `per_s` times a second; none for 0. Uniform up to twice the mean: without a logarithm, whose last
// digit differs from machine to machine.
inline std::optional<Duration> DrawGap(double per_s, Rng* rng) {
  if (per_s <= 0) return std::nullopt;
  return FromSeconds(rng->Uniform(0, 2 / per_s));
}

}   // namespace partway::sim
