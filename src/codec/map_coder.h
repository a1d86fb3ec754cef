// Quantised feature maps ⇄ an entropy-coded stream (map_model.h says what is expected, rans.h turns that into bits).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "codec/channels.h"

namespace partway::codec {

// Keeps its working memory; one per thread.
class MapCoder {
 public:
  // `vectors` false: not the code for this processor's vector instructions; the results are the same.
  explicit MapCoder(bool vectors = true);
  ~MapCoder();

  // Appends to `*bytes`. `symbols`: batch * channels maps, one after the other, each symbol below 2^bits; bits 2..8.
  void Encode(std::span<const uint8_t> symbols, const ChannelLayout& layout, int bits, std::string* bytes);
  // False unless `bytes`, all of them, code exactly symbols.size() symbols. Any bytes are safe.
  bool Decode(std::span<const std::byte> bytes, const ChannelLayout& layout, int bits, std::span<uint8_t> symbols);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}   // namespace partway::codec
