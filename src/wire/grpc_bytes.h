// Between our pieces and gRPC's byte buffers, and between our statuses and gRPC's. Header only, for the two shells that hold a gRPC
// library (edge/service, device/live); the rest of wire/ does not link it.
#pragma once

#include <grpc/support/log.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "wire/codec.h"

namespace partway::wire {

// Borrows the pieces' memory, which gRPC then keeps alive; pieces of a few bytes are copied into the slice.
inline grpc::ByteBuffer ToByteBuffer(const Pieces& pieces) {
  std::vector<grpc::Slice> slices;
  slices.reserve(pieces.size());
  for (const Piece& piece : pieces) {
    if (piece.bytes.size() <= 64) {
      slices.emplace_back(piece.bytes.data(), piece.bytes.size());
      continue;
    }
    auto* const keep = new std::shared_ptr<const void>(piece.keep_alive);
    slices.emplace_back(const_cast<std::byte*>(piece.bytes.data()), piece.bytes.size(),
                        [](void* p) { delete static_cast<std::shared_ptr<const void>*>(p); }, keep);
  }
  return grpc::ByteBuffer(slices.data(), slices.size());
}

inline grpc::ByteBuffer ToByteBuffer(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

// The buffer's pieces, as decoders take them. The buffer must outlive it.
class BufferSpans {
 public:
  explicit BufferSpans(const grpc::ByteBuffer& buffer) {
    if (!buffer.Valid()) return;
    ok_ = buffer.Dump(&slices_).ok();
    for (const grpc::Slice& slice : slices_) spans_.emplace_back(reinterpret_cast<const std::byte*>(slice.begin()), slice.size());
  }
  bool ok() const { return ok_; }   // false for a compressed message that does not unpack
  std::span<const std::span<const std::byte>> spans() const { return spans_; }
  std::string Text() const {
    std::string text;
    for (const auto& s : spans_) text.append(reinterpret_cast<const char*>(s.data()), s.size());
    return text;
  }

 private:
  bool ok_ = true;
  std::vector<grpc::Slice> slices_;
  std::vector<std::span<const std::byte>> spans_;
};

// The codes are the same numbers.
inline grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  constexpr size_t kMaxMessage = 2000;   // it travels as a header
  return grpc::Status(static_cast<grpc::StatusCode>(status.raw_code()), std::string(status.message().substr(0, kMaxMessage)));
}

inline absl::Status FromGrpcStatus(const grpc::Status& status) {
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

// gRPC writes to stderr on its own account what it also reports as statuses. Silent unless GRPC_VERBOSITY asks for it.
inline void QuietGrpc() {
  static const bool done = [] {
    if (std::getenv("GRPC_VERBOSITY") == nullptr) gpr_set_log_function([](gpr_log_func_args*) {});
    return true;
  }();
  (void)done;
}

}  // namespace partway::wire
