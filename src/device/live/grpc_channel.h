// The Channel over gRPC: unary calls with raw byte buffers, so tensors go from their own memory to the socket. One connection of its own
// (no sharing with other channels to the same address), no retries by gRPC, no HTTP proxy, short reconnect pauses because the session does
// its own probing.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "device/live/channel.h"
#include "wire/codec.h"

namespace partway::device {

struct GrpcChannelOptions {
  std::string address;   // host:port
  std::string name;      // what errors call it, where a relay of our own stands before it; empty: the address
  wire::Limits limits;   // for what the server sends
  Duration reconnect_first = std::chrono::milliseconds(100);
  Duration reconnect_max = std::chrono::seconds(1);
  Duration connect_timeout = std::chrono::seconds(5);   // of one attempt: two round trips and the server's first word
  Duration keepalive = std::chrono::seconds(10);        // ping after this much silence while a call is open
};

// Connects in the background; an unreachable peer shows in the first call's error, as do one that is no gRPC server and one
// without the Partway service. Calls fail with FailedPrecondition where a web server answered, and with Unavailable where nobody did, or nobody
// who can be told from a broken link. Errors: InvalidArgument for an empty address.
absl::StatusOr<std::unique_ptr<Channel>> MakeGrpcChannel(const GrpcChannelOptions& options);

}   // namespace partway::device
