#include "wire/proto_bytes.h"

#include "base/status.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/stubs/logging.h"

namespace partway::wire {
namespace {

void Quiet() {
  static const bool done = [] {
    google::protobuf::SetLogHandler(nullptr);
    return true;
  }();
  (void)done;
}

}   // namespace

std::string ToBytes(const google::protobuf::MessageLite& message) {
  Quiet();
  std::string bytes;
  bytes.reserve(message.ByteSizeLong());
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&coded);
  }
  return bytes;
}

absl::Status FromBytes(std::string_view bytes, std::string_view what, google::protobuf::MessageLite* message) {
  Quiet();
  if (!message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return InvalidArgument("malformed ", what);
  return absl::OkStatus();
}

}   // namespace partway::wire
