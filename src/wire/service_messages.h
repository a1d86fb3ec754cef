// The calls beside inference, as plain structs and their bytes: what the server answers about itself and its models, and our
// own Attach. Small messages, copied whole. Thread-safe.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/tensor.h"
#include "wire/codec.h"
#include "wire/messages.h"

namespace partway::wire {

// Full names of the calls, as gRPC carries them.
inline constexpr char kServerLive[] = "/inference.GRPCInferenceService/ServerLive";
inline constexpr char kServerReady[] = "/inference.GRPCInferenceService/ServerReady";
inline constexpr char kModelReady[] = "/inference.GRPCInferenceService/ModelReady";
inline constexpr char kServerMetadata[] = "/inference.GRPCInferenceService/ServerMetadata";
inline constexpr char kModelMetadata[] = "/inference.GRPCInferenceService/ModelMetadata";
inline constexpr char kModelInfer[] = "/inference.GRPCInferenceService/ModelInfer";
inline constexpr char kRepositoryIndex[] = "/inference.GRPCInferenceService/RepositoryIndex";
inline constexpr char kAttach[] = "/partway.v1.Edge/Attach";
inline constexpr char kProbe[] = "/partway.v1.Edge/Probe";
inline constexpr char kProfile[] = "/partway.v1.Edge/Profile";
inline constexpr char kHealthCheck[] = "/grpc.health.v1.Health/Check";

// ModelReady and ModelMetadata ask with the same message.
struct ModelQuery {
  std::string name, version;
};
struct ServerMetadata {
  std::string name, version;
  std::vector<std::string> extensions;
};
struct ModelMetadata {
  std::string name, platform;
  std::vector<std::string> versions;
  std::vector<TensorSpec> inputs, outputs;   // -1: free
  std::map<std::string, std::string> properties;
};
struct ModelIndexEntry {
  std::string name, version, state, reason;
};

// Errors of all decoders: InvalidArgument for malformed bytes, ResourceExhausted over a limit.
absl::StatusOr<ModelQuery> DecodeModelQuery(std::string_view bytes, const Limits& limits);
absl::StatusOr<bool> DecodeRepositoryIndexReadyOnly(std::string_view bytes, const Limits& limits);
absl::StatusOr<std::string> DecodeHealthService(std::string_view bytes, const Limits& limits);

std::string EncodeServerLive(bool live);
std::string EncodeServerReady(bool ready);
std::string EncodeModelReady(bool ready);
std::string EncodeServerMetadata(const ServerMetadata& metadata);
std::string EncodeModelMetadata(const ModelMetadata& metadata);
std::string EncodeRepositoryIndex(const std::vector<ModelIndexEntry>& models);
std::string EncodeHealth(bool serving);

std::string EncodeAttachRequest(const AttachRequest& request);
std::string EncodeAttachReply(const AttachReply& reply);
absl::StatusOr<AttachRequest> DecodeAttachRequest(std::string_view bytes, const Limits& limits);
absl::StatusOr<AttachReply> DecodeAttachReply(std::string_view bytes, const Limits& limits);

std::string EncodeProbeRequest(const ProbeRequest& request);
std::string EncodeProbeReply(const ProbeReply& reply);
absl::StatusOr<ProbeRequest> DecodeProbeRequest(std::string_view bytes, const Limits& limits);
absl::StatusOr<ProbeReply> DecodeProbeReply(std::string_view bytes, const Limits& limits);

std::string EncodeProfileRequest(const ProfileRequest& request);
std::string EncodeProfileReply(const ProfileReply& reply);
absl::StatusOr<ProfileRequest> DecodeProfileRequest(std::string_view bytes, const Limits& limits);
// The profile itself may have limits.max_profile_bytes.
absl::StatusOr<ProfileReply> DecodeProfileReply(std::string_view bytes, const Limits& limits);

}   // namespace partway::wire
