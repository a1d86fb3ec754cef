// The protocol parser on arbitrary bytes, cut into arbitrary pieces: an error, or a message that survives a trip there and back.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "wire/codec.h"
#include "wire/service_messages.h"

namespace {

using namespace partway;
using Spans = std::vector<std::span<const std::byte>>;

[[noreturn]] void Fail(const char* what) {
  std::fprintf(stderr, "fuzz_wire: %s\n", what);
  std::abort();
}

std::string Flat(const wire::Pieces& pieces) {
  std::string bytes;
  for (const wire::Piece& p : pieces) bytes.append(reinterpret_cast<const char*>(p.bytes.data()), p.bytes.size());
  if (bytes.size() != wire::TotalSize(pieces)) Fail("TotalSize is not the size");
  return bytes;
}

std::span<const std::byte> Bytes(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }

// Pieces of 1, 2, 3, ... bytes times `step`.
Spans Cut(std::string_view text, size_t step) {
  Spans spans;
  for (size_t at = 0, size = step; at < text.size(); at += size, size += step) spans.push_back(Bytes(text.substr(at, size)));
  return spans;
}

const wire::Limits kLimits{.max_message_bytes = 1 << 20, .max_tensor_bytes = 1 << 20};

template <class Decode, class Encode>
void ThereAndBack(std::string_view text, size_t step, Decode decode, Encode encode) {
  const Spans whole = {Bytes(text)};
  const auto first = decode(whole, kLimits);
  if (first.ok() != decode(Cut(text, step), kLimits).ok()) Fail("the cuts between pieces change the result");
  if (!first.ok()) return;
  const std::string again = Flat(encode(*first));
  const Spans spans = {Bytes(again)};
  const auto second = decode(spans, kLimits);
  if (!second.ok()) Fail("what we encoded does not decode");
  if (Flat(encode(*second)) != again) Fail("a second trip changes the message");
}

}   // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const size_t step = 1 + data[0] % 64;   // the first byte says how the pieces are cut
  ThereAndBack(text, step, wire::DecodeInferRequest, wire::EncodeInferRequest);
  ThereAndBack(text, step, wire::DecodeInferReply, wire::EncodeInferReply);
  if (const auto attach = wire::DecodeAttachRequest(text, kLimits); attach.ok()) {
    if (!wire::DecodeAttachRequest(wire::EncodeAttachRequest(*attach), kLimits).ok())
      Fail("an Attach request does not come back");
  }
  if (const auto attached = wire::DecodeAttachReply(text, kLimits); attached.ok()) {
    if (!wire::DecodeAttachReply(wire::EncodeAttachReply(*attached), kLimits).ok()) Fail("an Attach reply does not come back");
  }
  if (const auto probe = wire::DecodeProbeRequest(text, kLimits); probe.ok()) {
    if (!wire::DecodeProbeRequest(wire::EncodeProbeRequest(*probe), kLimits).ok()) Fail("a Probe request does not come back");
  }
  if (const auto probed = wire::DecodeProbeReply(text, kLimits); probed.ok()) {
    if (!wire::DecodeProbeReply(wire::EncodeProbeReply(*probed), kLimits).ok()) Fail("a Probe reply does not come back");
  }
  (void)wire::DecodeModelQuery(text, kLimits);
  (void)wire::DecodeRepositoryIndexReadyOnly(text, kLimits);
  (void)wire::DecodeHealthService(text, kLimits);
  return 0;
}
