// Messages to bytes and back. Tensor contents are never copied on the way out: a message is a list of pieces, some of which
// borrow the tensors' memory. On the way in each tensor is copied once, from the received pieces into aligned memory.
// Everything received is hostile: counts, lengths, types and shapes are checked against `Limits` before memory is taken.
// Thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "wire/messages.h"

namespace partway::wire {

struct Limits {
  size_t max_message_bytes = size_t{64} << 20;
  size_t max_tensor_bytes = size_t{64} << 20;
  int max_tensors = 64;
  int max_rank = 8;
  int max_parameters = 64;
  size_t max_string_bytes = 4096;
  size_t max_header_bytes = size_t{256} << 10;   // a message without its tensors' contents
  size_t max_profile_bytes = size_t{16} << 20;   // what an edge answers about itself
};

struct Piece {
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> keep_alive;   // owns `bytes`
};
using Pieces = std::vector<Piece>;
size_t TotalSize(const Pieces& pieces);

Pieces EncodeInferRequest(const InferRequest& request);
Pieces EncodeInferReply(const InferReply& reply);

// `received` may be cut anywhere. Errors: InvalidArgument with the field and what was expected, ResourceExhausted over a limit.
absl::StatusOr<InferRequest> DecodeInferRequest(std::span<const std::span<const std::byte>> received, const Limits& limits);
absl::StatusOr<InferReply> DecodeInferReply(std::span<const std::span<const std::byte>> received, const Limits& limits);

}   // namespace partway::wire
