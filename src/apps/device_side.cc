#include "apps/device_side.h"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <future>
#include <utility>

#include "apps/stop_signal.h"
#include "apps/verb.h"
#include "base/status.h"
#include "engine/ort_engine.h"
#include "net/address.h"

namespace partway::apps {
namespace {

constexpr auto kStopCheck = std::chrono::milliseconds(50);   // how soon a signal is seen

std::string DeviceName() {
  char host[256] = "device";
  ::gethostname(host, sizeof host - 1);
  return Concat(std::string(host), "-", ::getpid());
}

}   // namespace

absl::StatusOr<DeviceSide> MakeDeviceSide(const DeviceOptions& options) {
  DeviceSide side;
  ASSIGN_OR_RETURN(side.prepared, PrepareModel(options.model, options.size, options.groups));
  const PreparedModel& prepared = side.prepared;
  if (prepared.graph->inputs.size() != 1) {
    return InvalidArgument(prepared.loaded.model->name, " has ", prepared.graph->inputs.size(),
                           " inputs; pictures can be run through a model with one image input");
  }
  const auto& [dtype, shape] = prepared.types.at(prepared.graph->values[prepared.graph->inputs.front()].name);
  if (dtype != DType::kFloat32 || shape.size() != 4 || shape[0] != 1 || shape[1] != 3) {
    return InvalidArgument(prepared.loaded.model->name, " takes ", std::string(DTypeName(dtype)), " ", ShapeString(shape),
                           "; pictures can be run through a model that takes FP32 1x3xHxW (RGB)");
  }
  if (shape[2] != shape[3]) {
    return UsageError(Concat("--size: pictures are squared, and ", prepared.loaded.model->name, " takes ", ShapeString(shape)));
  }
  side.input_edge = static_cast<int>(shape[2]);
  absl::StatusOr<std::unique_ptr<engine::Engine>> engine =
      engine::MakeOrtEngine({.provider = options.provider, .threads = options.threads});
  if (absl::IsInvalidArgument(engine.status())) return UsageError(Concat("--provider: ", engine.status().message()));
  ASSIGN_OR_RETURN(side.engine, std::move(engine));
  ASSIGN_OR_RETURN(side.chain, engine::GroupChain::Build(*side.engine, prepared.grouping, prepared.types));
  side.attach.device = DeviceName();
  side.attach.model = prepared.loaded.model->name;
  side.attach.model_sha256 = prepared.loaded.model->sha256;
  side.attach.positions = prepared.grouping->positions;
  return side;
}

absl::StatusOr<EdgeLink> ConnectEdge(const DeviceSide& device, const std::string& address, std::optional<net::LinkOptions> link,
                                     Duration timeout, Attach attach) {
  EdgeLink edge;
  ASSIGN_OR_RETURN(const net::Address asked, net::ParseAddress(address));
  net::Address target = asked;
  if (link) {
    link->to = target;
    ASSIGN_OR_RETURN(edge.relay, net::LinkRelay::Start(*link));
    target = edge.relay->address();
  }
  ASSIGN_OR_RETURN(edge.channel,
                   device::MakeGrpcChannel({.address = net::AddressString(target), .name = net::AddressString(asked)}));
  auto answered = std::make_shared<std::promise<absl::StatusOr<wire::AttachReply>>>();
  std::future<absl::StatusOr<wire::AttachReply>> answer = answered->get_future();
  edge.channel->Attach(device.attach, timeout,
                       [answered](absl::StatusOr<wire::AttachReply> reply) { answered->set_value(std::move(reply)); });
  const std::atomic<bool>& stop = StopSignal();
  while (answer.wait_for(kStopCheck) != std::future_status::ready) {
    if (!stop.load()) continue;
    edge.channel->Shutdown();
    return absl::CancelledError(Concat("stopped while waiting for edge ", address));
  }
  absl::StatusOr<wire::AttachReply> reply = answer.get();
  if (!reply.ok()) {
    edge.attached = Annotate(reply.status(), Concat("edge ", address));
    if (attach == Attach::kMayFail && absl::IsUnavailable(edge.attached)) return edge;
    return edge.attached;
  }
  if (reply->grouping != device.prepared.grouping->fingerprint) {
    return FailedPrecondition("edge ", address, ": groups this model differently (", reply->grouping, ", here ",
                              device.prepared.grouping->fingerprint, ")");
  }
  edge.server = *std::move(reply);
  if (edge.relay) edge.relay->Rewind();   // its trace and faults are for the frames, not for building the model
  return edge;
}

}   // namespace partway::apps
