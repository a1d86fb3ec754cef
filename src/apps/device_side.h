// The device's side of a run, as `run` and `demo` set it up: a grouped model, its chain of segments, and a channel to the edge.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "apps/link_flags.h"
#include "apps/prepared_model.h"
#include "base/clock.h"
#include "device/live/grpc_channel.h"
#include "engine/engine.h"
#include "engine/group_chain.h"
#include "net/link_relay.h"
#include "wire/messages.h"

namespace partway::apps {

struct DeviceOptions {
  std::string model;
  engine::ProbeSize size;
  std::string groups = "auto";
  std::string provider = "cpu";
  int threads = 1;
};

struct DeviceSide {
  PreparedModel prepared;
  std::unique_ptr<engine::Engine> engine;
  std::unique_ptr<engine::GroupChain> chain;
  wire::AttachRequest attach;   // who we are and what we run
  int input_edge = 0;           // pixels
};

// Loads, groups and builds the model. Errors: of the steps; a usage error for a size that is not square.
absl::StatusOr<DeviceSide> MakeDeviceSide(const DeviceOptions& options);

struct EdgeLink {
  std::unique_ptr<net::LinkRelay> relay;   // where one was asked for
  std::unique_ptr<device::Channel> channel;
  wire::AttachReply server;
};

// Connects to the edge at `address` (through a relay of our own with `link`'s directions and faults, if given) and attaches. The link's time begins
// when that is done. Errors: what the server says against it: unreachable, no gRPC, no such model, another version of it, another grouping.
absl::StatusOr<EdgeLink> ConnectEdge(const DeviceSide& device, const std::string& address, std::optional<net::LinkOptions> link,
                                     Duration timeout);

}   // namespace partway::apps
