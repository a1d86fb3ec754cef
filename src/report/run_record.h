// The run record: what a run did, as JSON lines, written while it happens (docs/formats.md, "Run record").
//
// The first line is the header, then one line for each frame, slot and event as it ends, last the summary. A record whose
// run was interrupted has no summary and stays readable. Times are in seconds, sizes in bytes; `captured_s` and the `_at_s` keys
// are on the run's own clock.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/machine.h"
#include "device/frame_record.h"
#include "report/summary.h"

namespace partway::report {

struct EngineInfo {
  std::string name, version, provider;   // "onnxruntime", "1.31.1", "cpu"
  int threads = 0;
};

// What a simulated run was held to. Its slots are those of one policy after another (SlotRow::policy).
struct SimulationInfo {
  std::string scenario;
  double slot_s = 0, max_latency_s = 0, min_accuracy = 0;
  std::optional<double> bound_k,
      mixed_bound_k;   // best mean k of any policy: one option a slot, several; nullopt: not known, or none is feasible
  int devices = 0;     // on one edge, played frame by frame, their slots one device after another; 0: the slot model
};

// What a live run was held to whose slots a policy decided.
struct ControlInfo {
  double slot_s = 0, max_latency_s = 0, min_accuracy = 0;
};

// An option as the policy of a live run had it (cost/option_table.h), per frame.
struct ReplayOption {
  int cut = 0, size = 0;     // size: input edge in pixels
  std::string codec;         // "" for one that sends nothing
  double device_s = 0;       // head and encoding, by the profile
  double encode_s = 0;       // of it
  double upload_bytes = 0;   // without what a request holds beside
  double edge_s = 0, reply_bytes = 0;
  double accuracy = 0;   // share in 0..1; NaN: not known
};

// One way of the emulated link. Its rates hold for `step_s` each, from the link's beginning on; a single one always.
struct ReplayWay {
  double delay_s = 0, step_s = 1;
  std::vector<double> rates_bps;   // 0: carries nothing, but as the only one: no limit
};

struct ReplayLink {
  double at_s = 0;   // when its time began, on the run's clock
  ReplayWay up, down;
};

// What a simulator needs to play a live run again that a policy decided (docs/replay.md).
struct ReplayInfo {
  static constexpr size_t kMostOptions = 4096, kMostRates = 8192;
  std::string policy;
  std::map<std::string, double> numbers;   // its parameters
  std::map<std::string, std::string> texts;
  double policy_slot_s = 0;   // the slot that it is told of
  std::optional<double> deadline_s, fps;
  double reply_timeout_s = 0;
  bool drop_oldest = false, connected = true;   // at the start
  int encode_slots = 0;
  int64_t request_bytes = 0;   // of a request beside the values
  std::vector<ReplayOption> options;
  std::optional<ReplayLink> link;   // nullopt: the network as it was
};

struct RunHeader {
  std::string command;           // as typed
  std::string version, commit;   // of the program; RecordWriter fills them in where they are empty
  uint64_t seed = 0;
  std::string started;   // UTC, "2026-11-21T07:00:00Z"; RecordWriter fills it in where it is empty
  MachineInfo machine;   // RecordWriter fills it in where `cores` is 0
  EngineInfo engine;
  std::string model_name, model_sha256;
  int groups = 0;                             // N, so that cut N means all on the device
  std::string link;                           // in words: "20.0 Mbps, 10 ms each way, emulated"; "" for the network as it is
  std::string policy;                         // "fixed cut 3"
  std::string source, edge;                   // as on the command line
  double slowdown = 1;                        // device compute stretched X-fold; every page that shows it says "emulated"
  std::optional<SimulationInfo> simulation;   // of `simulate`
  std::optional<ControlInfo> control;         // of `run` with a policy
  std::optional<ReplayInfo> replay;           // the same
};

// A frame's row. Implicitly made from what the session reports; the rest is what only the run's owner knows.
struct FrameRow : device::FrameRecord {
  FrameRow() = default;
  FrameRow(device::FrameRecord frame) : device::FrameRecord(std::move(frame)) {}   // NOLINT(google-explicit-constructor)

  std::string picture;          // the source's name for it, "snail.jpg"; may be empty
  std::optional<bool> agrees;   // top1 is what the whole model says about the same picture at the same size
};

struct SlotChoice {
  int cut = 0, size = 0;
  std::string codec;
  double frames = 0;
};

// One time slot of a controlled run: `a` frames arrived, `b` were processed, k = b / a.
struct SlotRow {
  int64_t t = 0;
  std::string policy;   // "" where the record holds one alone
  double a = 0, b = 0, k = 0;
  std::vector<SlotChoice> choice;
  double uplink_bps = 0;
  std::map<std::string, double> queues;   // the controller's, by name
  std::map<std::string, double> state;    // what else was measured of link, device and edge, by name with its unit; of live runs
  double predicted_latency_s = 0, latency_s = 0;
  double accuracy = 0;   // share in 0..1; 0 without a choice; NaN (null in the file) where it is not known
};

// Something that happened to the run as a whole: connected, lost, reattached, built, skipped ...
struct EventRow {
  double at_s = 0;
  std::string kind, detail;
  std::map<std::string, double> values;   // written as keys beside `at_s` and `kind`; each key ends in its unit
};

struct RunRecord {
  std::string path;   // as read
  RunHeader header;
  std::vector<FrameRow> frames;
  std::vector<SlotRow> slots;
  std::vector<EventRow> events;
  std::optional<RunSummary> summary;   // nullopt: the run was interrupted
  bool last_line_cut = false;          // the file ended inside a line, which was left out
};

// What a policy was held to; nullopt where none decided.
inline std::optional<SummaryLimits> LimitsOf(const RunRecord& run) {
  if (!run.header.control) return std::nullopt;
  return SummaryLimits{run.header.control->max_latency_s, run.header.control->min_accuracy};
}

struct ReadLimits {
  size_t line_bytes = size_t{1} << 20;
  size_t rows = 5'000'000;
};

// Unknown keys and unknown kinds of line are skipped, so that records of later versions stay readable; a key of the wrong type is
// an error. Every error names file and line. Errors: NotFound, PermissionDenied, InvalidArgument (not a record, a line garbled or
// too long), ResourceExhausted (more rows than allowed). Thread-safe.
absl::StatusOr<RunRecord> ReadRecord(const std::string& path, const ReadLimits& limits = {});

}   // namespace partway::report
