#include "wire/service_messages.h"

#include <algorithm>
#include <chrono>

#include "base/status.h"
#include "open_inference.pb.h"
#include "partway.pb.h"
#include "wire/cursor.h"
#include "wire/proto_bytes.h"
#include "wire/server_report.h"

namespace partway::wire {
namespace {

// Bounds what a parse can take: protobuf keeps at most a few tens of bytes for one on the wire.
absl::Status CheckSize(std::string_view bytes, const Limits& limits) {
  if (bytes.size() <= limits.max_header_bytes) return absl::OkStatus();
  return ResourceExhausted("message of ", bytes.size(), " bytes, the limit for this call is ", limits.max_header_bytes);
}

absl::Status CheckText(const std::string& text, std::string_view what, const Limits& limits) {
  if (text.size() <= limits.max_string_bytes) return absl::OkStatus();
  return ResourceExhausted(what, " is longer than the limit of ", limits.max_string_bytes, " bytes");
}

void Describe(const TensorSpec& from, inference::ModelMetadataResponse::TensorMetadata* to) {
  to->set_name(from.name);
  to->set_datatype(std::string(DTypeName(from.dtype)));
  for (const int64_t d : from.shape) to->add_shape(d);
}

}   // namespace

absl::StatusOr<ModelQuery> DecodeModelQuery(std::string_view bytes, const Limits& limits) {
  RETURN_IF_ERROR(CheckSize(bytes, limits));
  inference::ModelReadyRequest proto;
  RETURN_IF_ERROR(FromBytes(bytes, "request", &proto));
  RETURN_IF_ERROR(CheckText(proto.name(), "name", limits));
  RETURN_IF_ERROR(CheckText(proto.version(), "version", limits));
  return ModelQuery{proto.name(), proto.version()};
}

absl::StatusOr<bool> DecodeRepositoryIndexReadyOnly(std::string_view bytes, const Limits& limits) {
  RETURN_IF_ERROR(CheckSize(bytes, limits));
  inference::RepositoryIndexRequest proto;
  RETURN_IF_ERROR(FromBytes(bytes, "request", &proto));
  return proto.ready();
}

absl::StatusOr<std::string> DecodeHealthService(std::string_view bytes, const Limits& limits) {
  const std::span<const std::byte> piece = std::as_bytes(std::span(bytes.data(), bytes.size()));
  Cursor cursor(std::span(&piece, 1));
  std::string service;
  while (cursor.left() > 0) {
    Field field;
    if (!ReadField(&cursor, &field)) return InvalidArgument("malformed health request");
    if (field.number != 1 || field.type != WireType::kBytes) continue;
    if (field.body.left() > limits.max_string_bytes)
      return ResourceExhausted("service is longer than the limit of ", limits.max_string_bytes, " bytes");
    service.clear();
    field.body.AppendTo(&service);
  }
  return service;
}

std::string EncodeServerLive(bool live) {
  inference::ServerLiveResponse proto;
  proto.set_live(live);
  return ToBytes(proto);
}

std::string EncodeServerReady(bool ready) {
  inference::ServerReadyResponse proto;
  proto.set_ready(ready);
  return ToBytes(proto);
}

std::string EncodeModelReady(bool ready) {
  inference::ModelReadyResponse proto;
  proto.set_ready(ready);
  return ToBytes(proto);
}

std::string EncodeServerMetadata(const ServerMetadata& metadata) {
  inference::ServerMetadataResponse proto;
  proto.set_name(metadata.name);
  proto.set_version(metadata.version);
  for (const std::string& e : metadata.extensions) proto.add_extensions(e);
  return ToBytes(proto);
}

std::string EncodeModelMetadata(const ModelMetadata& metadata) {
  inference::ModelMetadataResponse proto;
  proto.set_name(metadata.name);
  proto.set_platform(metadata.platform);
  for (const std::string& v : metadata.versions) proto.add_versions(v);
  for (const TensorSpec& t : metadata.inputs) Describe(t, proto.add_inputs());
  for (const TensorSpec& t : metadata.outputs) Describe(t, proto.add_outputs());
  for (const auto& [key, value] : metadata.properties) (*proto.mutable_properties())[key] = value;
  return ToBytes(proto);
}

std::string EncodeRepositoryIndex(const std::vector<ModelIndexEntry>& models) {
  inference::RepositoryIndexResponse proto;
  for (const ModelIndexEntry& m : models) {
    auto* const to = proto.add_models();
    to->set_name(m.name);
    to->set_version(m.version);
    to->set_state(m.state);
    to->set_reason(m.reason);
  }
  return ToBytes(proto);
}

std::string EncodeHealth(bool serving) {   // HealthCheckResponse: enum ServingStatus status = 1, SERVING 1, NOT_SERVING 2
  std::string bytes;
  AppendTag(&bytes, 1, WireType::kVarint);
  AppendVarint(&bytes, serving ? 1 : 2);
  return bytes;
}

std::string EncodeAttachRequest(const AttachRequest& request) {
  partway::v1::AttachRequest proto;
  proto.set_protocol(request.protocol);
  proto.set_device(request.device);
  proto.set_model(request.model);
  proto.set_model_sha256(request.model_sha256);
  for (const int p : request.positions) proto.add_positions(p);
  return ToBytes(proto);
}

std::string EncodeAttachReply(const AttachReply& reply) {
  partway::v1::AttachReply proto;
  proto.set_protocol(reply.protocol);
  proto.set_server(reply.server);
  proto.set_server_version(reply.server_version);
  proto.set_engine(reply.engine);
  proto.set_engine_version(reply.engine_version);
  proto.set_grouping(reply.grouping);
  proto.set_max_message_bytes(reply.max_message_bytes);
  return ToBytes(proto);
}

absl::StatusOr<AttachRequest> DecodeAttachRequest(std::string_view bytes, const Limits& limits) {
  RETURN_IF_ERROR(CheckSize(bytes, limits));
  partway::v1::AttachRequest proto;
  RETURN_IF_ERROR(FromBytes(bytes, "Attach request", &proto));
  RETURN_IF_ERROR(CheckText(proto.device(), "device", limits));
  RETURN_IF_ERROR(CheckText(proto.model(), "model", limits));
  RETURN_IF_ERROR(CheckText(proto.model_sha256(), "model_sha256", limits));
  AttachRequest request{proto.protocol(), proto.device(), proto.model(), proto.model_sha256(), {}};
  request.positions.assign(proto.positions().begin(), proto.positions().end());
  return request;
}

absl::StatusOr<AttachReply> DecodeAttachReply(std::string_view bytes, const Limits& limits) {
  RETURN_IF_ERROR(CheckSize(bytes, limits));
  partway::v1::AttachReply proto;
  RETURN_IF_ERROR(FromBytes(bytes, "Attach reply", &proto));
  for (const std::string* text :
       {&proto.server(), &proto.server_version(), &proto.engine(), &proto.engine_version(), &proto.grouping()}) {
    RETURN_IF_ERROR(CheckText(*text, "a name in the Attach reply", limits));
  }
  return AttachReply{proto.protocol(),       proto.server(),   proto.server_version(),   proto.engine(),
                     proto.engine_version(), proto.grouping(), proto.max_message_bytes()};
}

// Padding that does not shrink under a link's compression: a fixed sequence of bytes (xorshift; G. Marsaglia, J. Stat. Softw. 8(14), 2003).
std::string EncodeProbeRequest(const ProbeRequest& request) {
  partway::v1::ProbeRequest proto;
  proto.set_protocol(request.protocol);
  proto.set_device(request.device);
  std::string* const padding = proto.mutable_padding();
  padding->resize(std::min(request.padding, kMostPadding));
  uint32_t state = 2463534242;
  for (char& c : *padding) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    c = static_cast<char>(state);
  }
  return ToBytes(proto);
}

std::string EncodeProbeReply(const ProbeReply& reply) {
  partway::v1::ProbeReply proto;
  proto.set_protocol(reply.protocol);
  proto.set_received_us(std::chrono::duration_cast<std::chrono::microseconds>(reply.report.received).count());
  proto.set_busy_us(std::chrono::duration_cast<std::chrono::microseconds>(reply.report.busy).count());
  proto.set_workers(reply.report.workers);
  return ToBytes(proto);
}

absl::StatusOr<ProbeRequest> DecodeProbeRequest(std::string_view bytes, const Limits& limits) {
  RETURN_IF_ERROR(CheckSize(bytes, limits));
  partway::v1::ProbeRequest proto;
  RETURN_IF_ERROR(FromBytes(bytes, "Probe request", &proto));
  RETURN_IF_ERROR(CheckText(proto.device(), "device", limits));
  if (proto.padding().size() > kMostPadding)
    return ResourceExhausted("padding of ", proto.padding().size(), " bytes, the limit is ", kMostPadding);
  return ProbeRequest{proto.protocol(), proto.device(), proto.padding().size()};
}

absl::StatusOr<ProbeReply> DecodeProbeReply(std::string_view bytes, const Limits& limits) {
  RETURN_IF_ERROR(CheckSize(bytes, limits));
  partway::v1::ProbeReply proto;
  RETURN_IF_ERROR(FromBytes(bytes, "Probe reply", &proto));
  ASSIGN_OR_RETURN(const ServerReport report, CheckedReport(proto.received_us(), proto.busy_us(), proto.workers()));
  return ProbeReply{proto.protocol(), report};
}

std::string EncodeProfileRequest(const ProfileRequest& request) {
  partway::v1::ProfileRequest proto;
  proto.set_protocol(request.protocol);
  proto.set_model(request.model);
  proto.set_model_sha256(request.model_sha256);
  for (const int p : request.positions) proto.add_positions(p);
  for (const PictureSize& size : request.sizes) {
    auto* const to = proto.add_sizes();
    to->set_height(size.height);
    to->set_width(size.width);
  }
  return ToBytes(proto);
}

std::string EncodeProfileReply(const ProfileReply& reply) {
  partway::v1::ProfileReply proto;
  proto.set_protocol(reply.protocol);
  proto.set_profile(reply.profile);
  return ToBytes(proto);
}

absl::StatusOr<ProfileRequest> DecodeProfileRequest(std::string_view bytes, const Limits& limits) {
  RETURN_IF_ERROR(CheckSize(bytes, limits));
  partway::v1::ProfileRequest proto;
  RETURN_IF_ERROR(FromBytes(bytes, "Profile request", &proto));
  RETURN_IF_ERROR(CheckText(proto.model(), "model", limits));
  RETURN_IF_ERROR(CheckText(proto.model_sha256(), "model_sha256", limits));
  ProfileRequest request{proto.protocol(), proto.model(), proto.model_sha256(), {}, {}};
  request.positions.assign(proto.positions().begin(), proto.positions().end());
  for (const auto& size : proto.sizes()) request.sizes.push_back({size.height(), size.width()});
  return request;
}

absl::StatusOr<ProfileReply> DecodeProfileReply(std::string_view bytes, const Limits& limits) {
  if (bytes.size() > limits.max_profile_bytes) {
    return ResourceExhausted("a profile of ", bytes.size(), " bytes, the limit is ", limits.max_profile_bytes);
  }
  partway::v1::ProfileReply proto;
  RETURN_IF_ERROR(FromBytes(bytes, "Profile reply", &proto));
  return ProfileReply{proto.protocol(), std::move(*proto.mutable_profile())};
}

}   // namespace partway::wire
