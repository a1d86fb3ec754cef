// What device and edge say to each other, as plain structs. codec.h turns them into bytes and back; nothing outside wire/ names
// protobuf. Inference is the Open Inference Protocol (KServe v2); `partway_` parameters carry what is ours.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/tensor.h"

namespace partway::wire {

using Parameter = std::variant<bool, int64_t, std::string, double, uint64_t>;
using Parameters = std::map<std::string, Parameter>;

// The name of the input that carries an encoded frame: UINT8, one dimension (docs/formats.md, "Encoded frame").
inline constexpr char kEncodedInput[] = "partway.frame";

struct RequestedOutput {
  std::string name;
  Parameters parameters;
};

struct InferRequest {
  std::string model, version, id;
  // Ours: groups [from, to) of the grouping with this fingerprint. Absent (a stock client): the whole model.
  struct Segment {
    int from = 0, to = 0;
    std::string grouping;
    std::string model_sha256;
    // "raw": `inputs` are the values themselves. Anything else: `inputs` is the one tensor kEncodedInput.
    std::string codec = "raw";
  };
  std::optional<Segment> segment;
  std::string device;                 // fairness is by device; empty: the connection's peer
  std::optional<Duration> deadline;   // from arrival: work not begun by then is refused
  Parameters parameters;              // all others, as they came
  std::vector<NamedTensor> inputs;
  std::vector<RequestedOutput> outputs;   // empty: all
};

// What the server tells a device with each answer, so that it knows the link and the server's load from its own traffic. Times are the
// server's steady clock, whose zero means nothing: only differences count.
struct ServerReport {
  Duration received{0};   // when the last byte of the request was there
  Duration busy{0};       // what the workers have been at work for since the server began, for all devices, ended work only
  int workers = 0;        // requests that run at once
};

struct InferReply {
  std::string model, version, id;
  Duration queue{0}, compute{0};        // partway_queue_us, partway_compute_us; sent only to a request with a segment
  std::optional<ServerReport> report;   // partway_received_us, partway_busy_us, partway_workers; the same
  std::vector<NamedTensor> outputs;
};

// Our own service. Attach: the device names its model by hash and says how it is grouped; the server answers when it can run it.
struct AttachRequest {
  int protocol = 1;
  std::string device;
  std::string model, model_sha256;
  std::vector<int> positions;   // the grouping; empty: only asks for the model
};
struct AttachReply {
  int protocol = 1;
  std::string server, server_version, engine, engine_version;
  std::string grouping;   // fingerprint, equal to the device's own if both read the model alike
  int64_t max_message_bytes = 0;
};

// Probe: answered at once, whatever is queued. Its padding makes it a measurement of the link, without padding it is a heartbeat.
inline constexpr size_t kMostPadding = size_t{128} << 10;
struct ProbeRequest {
  int protocol = 1;
  std::string device;
  size_t padding = 0;   // bytes, at most kMostPadding
};
struct ProbeReply {
  int protocol = 1;
  ServerReport report;
};

// Profile: what each group of that grouping takes on the server, at these input sizes.
struct PictureSize {
  int height = 0, width = 0;
  bool operator==(const PictureSize&) const = default;
};
struct ProfileRequest {
  int protocol = 1;
  std::string model, model_sha256;
  std::vector<int> positions;
  std::vector<PictureSize> sizes;
};
struct ProfileReply {
  int protocol = 1;
  std::string profile;   // a profile file, not checked here
};

}   // namespace partway::wire
