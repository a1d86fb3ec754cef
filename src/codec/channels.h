// How a tensor falls into channels: axis 1 of anything with two axes or more, else one channel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace partway::codec {

// Element (n, c, i) lies at (n * channels + c) * inner + i.
struct ChannelLayout {
  size_t batch = 1, channels = 1, inner = 1;   // their product is the number of elements
  size_t width = 1;                            // of a row: the last axis where there are three or more, else inner
};

// For a fully known, non-empty shape.
inline ChannelLayout LayoutOf(std::span<const int64_t> shape) {
  ChannelLayout layout;
  if (shape.size() < 2) {
    if (!shape.empty()) layout.inner = static_cast<size_t>(shape[0]);
    layout.width = layout.inner;
    return layout;
  }
  layout.batch = static_cast<size_t>(shape[0]);
  layout.channels = static_cast<size_t>(shape[1]);
  for (size_t i = 2; i < shape.size(); ++i) layout.inner *= static_cast<size_t>(shape[i]);
  layout.width = shape.size() > 2 ? static_cast<size_t>(shape.back()) : 1;
  return layout;
}

}   // namespace partway::codec
