#include "codec/codec_spec.h"

#include <charconv>

#include "base/status.h"
#include "base/text.h"

namespace partway::codec {
namespace {

// Takes `suffix` off the end of `*name`.
bool TakeSuffix(std::string_view* name, std::string_view suffix) {
  if (!name->ends_with(suffix)) return false;
  name->remove_suffix(suffix.size());
  return true;
}

// What follows `prefix` as a whole number of at most three digits without a leading zero; -1 otherwise.
int NumberAfter(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix)) return -1;
  name.remove_prefix(prefix.size());
  int value = -1;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), value);
  const bool whole = error == std::errc() && end == name.data() + name.size();
  return whole && name.size() <= 3 && name.front() >= '1' && name.front() <= '9' ? value : -1;
}

}   // namespace

absl::StatusOr<CodecSpec> ParseCodec(std::string_view name) {
  using Kind = CodecSpec::Kind;
  CodecSpec spec;
  std::string_view rest = name;
  spec.entropy = TakeSuffix(&rest, "-ec");
  spec.per_channel = TakeSuffix(&rest, "-ch");
  const int bits = NumberAfter(rest, "int"), quality = NumberAfter(rest, "jpeg:");
  bool known = true;
  if (rest == "raw") {
    spec.kind = Kind::kRaw;
  } else if (rest == "fp16") {
    spec.kind = Kind::kFp16;
  } else if (rest == "raw8") {
    spec.kind = Kind::kRaw8;
  } else if (bits >= 2 && bits <= 8) {
    spec.kind = Kind::kInt;
    spec.bits = bits;
  } else if (quality >= 1 && quality <= 100) {
    spec.kind = Kind::kJpeg;
    spec.quality = quality;
  } else {
    known = false;
  }
  known = known && (!spec.per_channel || spec.kind == Kind::kInt) && (!spec.entropy || spec.kind != Kind::kJpeg);
  if (!known) {
    return InvalidArgument("codec '", name.substr(0, 40),
                           "' is not known; expected raw, fp16, int8 ... int2 (-ch: per channel), raw8, each also with -ec "
                           "(entropy-coded), or jpeg:1 ... jpeg:100");
  }
  return spec;
}

std::string CodecName(const CodecSpec& spec) {
  using Kind = CodecSpec::Kind;
  std::string name;
  switch (spec.kind) {
    case Kind::kRaw: name = "raw"; break;
    case Kind::kFp16: name = "fp16"; break;
    case Kind::kInt: name = Concat("int", spec.bits); break;
    case Kind::kRaw8: name = "raw8"; break;
    case Kind::kJpeg: name = Concat("jpeg:", spec.quality); break;
  }
  if (spec.per_channel) name += "-ch";
  if (spec.entropy) name += "-ec";
  return name;
}

}   // namespace partway::codec
