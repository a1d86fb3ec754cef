// A frame under way in a live run. Used by live_run.cc alone.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/tensor.h"
#include "device/session.h"
#include "media/source.h"

namespace partway::device {

// What the run keeps of a frame until its outcome. One stage at a time touches it: the session never has two of them on one frame.
struct FrameData {
  std::shared_ptr<media::Picture> picture;
  Instant captured;
  std::vector<NamedTensor> values;        // model inputs, and what the groups run so far have made
  std::shared_ptr<std::string> encoded;   // for the upload, where the plan's codec is not raw
  uint32_t attempt = 0;                   // of the request under way, if any
  uint64_t token = 0;                     // the channel's name for it
  Plan plan;                              // of that request
  bool sent = false;
  int32_t row = -1;       // of the controller's options
  uint64_t message = 0;   // the control loop's name for the request under way

  void Put(std::vector<NamedTensor> made) {
    for (NamedTensor& value : made) {
      const auto known = std::find_if(values.begin(), values.end(), [&](const NamedTensor& v) { return v.name == value.name; });
      if (known == values.end()) {
        values.push_back(std::move(value));
      } else {
        known->tensor = std::move(value.tensor);
      }
    }
  }
  const Tensor* Find(const std::string& name) const {
    const auto found = std::find_if(values.begin(), values.end(), [&](const NamedTensor& v) { return v.name == name; });
    return found == values.end() ? nullptr : &found->tensor;
  }
};

// Without what a message adds to them, some hundred.
inline int64_t BytesOf(const std::vector<NamedTensor>& values) {
  int64_t bytes = 0;
  for (const NamedTensor& value : values) bytes += static_cast<int64_t>(value.tensor.bytes().size());
  return bytes;
}

}   // namespace partway::device
