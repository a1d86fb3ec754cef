#include "apps/edge_profile.h"

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <utility>

#include "apps/stop_signal.h"
#include "base/status.h"
#include "device/live/grpc_channel.h"
#include "profile/profile_check.h"
#include "profile/profile_json.h"

namespace partway::apps {
namespace {
constexpr auto kStopCheck = std::chrono::milliseconds(50);   // how soon a signal is seen
}

absl::StatusOr<profile::Profile> FetchEdgeProfile(const std::string& address, const graph::Grouping& grouping,
                                                  const std::vector<engine::ProbeSize>& sizes, Duration timeout) {
  const graph::Model& model = *grouping.graph->model;
  wire::ProfileRequest request{.model = model.name, .model_sha256 = model.sha256, .positions = grouping.positions};
  for (const engine::ProbeSize& size : sizes) request.sizes.push_back({size.height, size.width});
  ASSIGN_OR_RETURN(const std::unique_ptr<device::Channel> channel, device::MakeGrpcChannel({.address = address}));
  // Shared, since the callback may still be inside set_value when the answer is here.
  const auto promise = std::make_shared<std::promise<absl::StatusOr<wire::ProfileReply>>>();
  std::future<absl::StatusOr<wire::ProfileReply>> future = promise->get_future();
  channel->Profile(request, timeout,
                   [promise](absl::StatusOr<wire::ProfileReply> reply) { promise->set_value(std::move(reply)); });
  const std::atomic<bool>& stop = StopSignal();
  while (future.wait_for(kStopCheck) != std::future_status::ready) {
    if (!stop.load()) continue;
    channel->Shutdown();
    return absl::CancelledError(Concat("stopped while the edge at ", address, " measured itself"));
  }
  const absl::StatusOr<wire::ProfileReply> reply = future.get();
  const std::string name = Concat("the profile of the edge at ", address);
  if (!reply.ok()) return Annotate(reply.status(), name);
  absl::StatusOr<profile::Profile> read = profile::ProfileFromJson(reply->profile);
  if (!read.ok()) return Annotate(read.status(), name);
  RETURN_IF_ERROR(profile::CheckBelongs(
      *read, name,
      {.model = model.name, .model_sha256 = model.sha256, .grouping = grouping.fingerprint, .groups = grouping.size()}));
  return read;
}

}   // namespace partway::apps
