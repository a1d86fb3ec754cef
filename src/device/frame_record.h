// What became of one frame: the row that every run, live or simulated, writes for it (docs/formats.md, "Run record").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace partway::device {

enum class Outcome : uint8_t { kEdge, kLocal, kDropped };
constexpr std::string_view OutcomeName(Outcome o) {
  return o == Outcome::kEdge ? "edge" : o == Outcome::kLocal ? "local" : "dropped";
}

// All times in seconds; `captured_s` on the run's clock, the rest are lengths. A part that did not happen is 0.
// prepare + head + encode + wait + upload + edge_queue + edge + reply + tail is the latency, for every frame.
struct FrameRecord {
  uint64_t id = 0;
  double captured_s = 0;
  double arrived_at_s = -1;   // when the session was offered it, later than that by what decoding took; -1: not known
  int cut = 0;                // groups run on the device before the upload; N for an all-local frame
  int size = 0;               // input edge in pixels
  std::string codec;          // "raw"; empty for a frame that never was to leave the device
  double prepare_s = 0;       // decode, resize, normalise
  double head_s = 0;          // for an all-local frame the whole model
  double encode_s = 0;        // the values at the cut into what is sent; 0 for codec raw
  double wait_s = 0;          // the rest: between stages on the device, and before the first
  // From hand-over to the channel until the server had the last byte, link delay included. For a frame that the edge did not answer:
  // until it was given up. What the network took there and back is measured, its division is not: see reply_s.
  double upload_s = 0;
  double edge_queue_s = 0;
  double edge_s = 0;          // decoding what was encoded, and computing
  double reply_s = 0;         // the reply's way back: half of the least round trip seen so far, 0 before any was
  double tail_s = 0;          // device work after the edge's answer, or in its place
  double latency_s = 0;       // captured to outcome
  int64_t upload_bytes = 0;   // as handed to the channel
  Outcome outcome = Outcome::kDropped;
  std::string reason;   // why local although an upload was planned, or why dropped; else empty
  bool deadline_missed = false;
  std::optional<int> top1;   // class index
  std::optional<bool> correct;
  // When each stage began, seconds on the run's clock, for the timeline; -1 if it did not.
  double prepare_at_s = -1, head_at_s = -1, encode_at_s = -1, upload_at_s = -1, edge_at_s = -1, tail_at_s = -1;
};

}   // namespace partway::device
