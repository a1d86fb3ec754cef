// The calls as gRPC brings them: bytes in, bytes or a status out. One generic service for all methods, so that inference requests go from
// gRPC's buffers into tensors without a protobuf message in between. Reactors never block: computing is the EdgeCore's.
#pragma once

#include <grpcpp/generic/async_generic_service.h>

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "edge/service/edge_core.h"
#include "edge/service/model_store.h"
#include "wire/codec.h"

namespace partway::edge {

class RpcService final : public grpc::CallbackGenericService {
 public:
  RpcService(ModelStore& store, EdgeCore& core, const Clock& clock, const wire::Limits& limits);   // `clock` is the core's
  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* context) override;

 private:
  class Call;
  // A call that is answered at once.
  using Simple = std::function<absl::StatusOr<std::string>(std::string_view request)>;

  void AddSimpleCalls();

  ModelStore& store_;
  EdgeCore& core_;
  const Clock& clock_;
  const wire::Limits limits_;
  std::map<std::string, Simple> simple_;
};

}   // namespace partway::edge
