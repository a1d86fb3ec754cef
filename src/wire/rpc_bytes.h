// Between our pieces and the byte buffers of an RPC library. The buffer's types come in as template arguments, so that wire/ names no
// such library: Buffer and Slice are grpc::ByteBuffer and grpc::Slice to the two shells that use this.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "wire/codec.h"

namespace partway::wire {

// Borrows the pieces' memory, which the buffer then keeps alive; pieces of a few bytes are copied into the slice.
template <class Buffer, class Slice>
Buffer ToBuffer(const Pieces& pieces) {
  std::vector<Slice> slices;
  slices.reserve(pieces.size());
  for (const Piece& piece : pieces) {
    if (piece.bytes.size() <= 64) {
      slices.emplace_back(piece.bytes.data(), piece.bytes.size());
      continue;
    }
    auto* const keep = new std::shared_ptr<const void>(piece.keep_alive);
    slices.emplace_back(
        const_cast<std::byte*>(piece.bytes.data()), piece.bytes.size(),
        [](void* p) { delete static_cast<std::shared_ptr<const void>*>(p); }, keep);
  }
  return Buffer(slices.data(), slices.size());
}

template <class Buffer, class Slice>
Buffer ToBuffer(const std::string& bytes) {
  const Slice slice(bytes);
  return Buffer(&slice, 1);
}

// The buffer's pieces, as decoders take them.
template <class Slice>
class BufferSpans {
 public:
  template <class Buffer>
  explicit BufferSpans(const Buffer& buffer) {
    if (!buffer.Valid()) return;
    ok_ = buffer.Dump(&slices_).ok();
    for (const Slice& slice : slices_) spans_.emplace_back(reinterpret_cast<const std::byte*>(slice.begin()), slice.size());
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
  std::vector<Slice> slices_;
  std::vector<std::span<const std::byte>> spans_;
};

}   // namespace partway::wire
