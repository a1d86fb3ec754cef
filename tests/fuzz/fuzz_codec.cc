// The frame decoder on arbitrary bytes, with the checksum put right so that what lies behind it is reached: an error, or values that survive being
// encoded and decoded again. The first byte chooses the codec that the values are encoded with.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "codec/codec.h"
#include "codec/frame_format.h"

namespace {

using namespace partway;

[[noreturn]] void Fail(const char* what) {
  std::fprintf(stderr, "fuzz_codec: %s\n", what);
  std::abort();
}

std::span<const std::byte> Bytes(const std::string& text) { return std::as_bytes(std::span(text.data(), text.size())); }

bool Same(const std::vector<NamedTensor>& a, const std::vector<NamedTensor>& b, bool bits) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    const Tensor &x = a[i].tensor, &y = b[i].tensor;
    if (a[i].name != b[i].name || x.dtype() != y.dtype() || x.shape() != y.shape()) return false;
    if (bits && x.byte_size() > 0 && std::memcmp(x.data(), y.data(), x.byte_size()) != 0) return false;
  }
  return true;
}

constexpr const char* kCodecs[] = {"raw",     "raw-ec",  "fp16",       "fp16-ec", "int8",
                                   "int8-ec", "int5-ch", "int4-ch-ec", "int3-ec", "int2"};

}   // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1 + codec::kFramePrefixBytes) return 0;
  std::string frame(reinterpret_cast<const char*>(data) + 1, size - 1);
  codec::EndFrame(&frame);
  codec::Decoder decoder(codec::DecodeLimits{1 << 18});
  const auto values = decoder.Decode(Bytes(frame));
  if (!values.ok()) return 0;
  const char* const name = kCodecs[data[0] % std::size(kCodecs)];
  std::string again;
  codec::Encoder encoder(*codec::ParseCodec(name));
  if (!encoder.Encode(*values, nullptr, &again).ok()) Fail("decoded values cannot be encoded");
  const auto back = decoder.Decode(Bytes(again));
  if (!back.ok()) Fail("what we encoded does not decode");
  if (!Same(*values, *back, std::strncmp(name, "raw", 3) == 0)) Fail("values change on the way");
  return 0;
}
