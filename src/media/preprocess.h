// From a picture to a model's input: antialiased bilinear resize to the asked size (the aspect ratio is not kept: "squared"),
// then (x - mean) / std, RGB, NCHW, float32.
//
// The resize is the one that training pipelines use (Pillow's BILINEAR, torchvision's antialias=True): a separable triangle
// filter whose support is stretched by the reduction factor, horizontal pass first, each pass rounded to 8 bits.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/tensor.h"
#include "media/model_config.h"
#include "media/source.h"

namespace partway::media {

// For one target length: which source samples make each target sample, and with what weight.
struct FilterTaps {
  struct Window {
    int first, count;
  };
  int taps = 0;   // widest window; weights holds `taps` entries per target sample
  std::vector<Window> windows;
  std::vector<int32_t> weights;   // fixed point, kWeightBits fraction bits; each window sums to one but for rounding
};
inline constexpr int kWeightBits = 22;
FilterTaps TriangleTaps(int source_length, int target_length);

// Resizes and normalises. Keeps the weights of the last size pair and its working memory, so one per thread.
class Preprocessor {
 public:
  explicit Preprocessor(const ModelConfig& config) : config_(config) {}
  // 1x3xHxW float32. Errors: InvalidArgument for an empty picture or a size outside 1..kMaxInputEdge.
  absl::StatusOr<Tensor> ToInput(const Picture& picture, int height, int width);
  // The same into memory of the caller: 3 * height * width floats.
  absl::Status ToInput(const Picture& picture, int height, int width, std::span<float> out);
  // Only the resize, 8-bit RGB out (what a JPEG at cut 0 is made of).
  absl::StatusOr<Picture> Resize(const Picture& picture, int height, int width);

 private:
  absl::Status ResizeTo(const Picture& picture, int height, int width);   // into resized_

  ModelConfig config_;
  int from_height_ = 0, from_width_ = 0, to_height_ = 0, to_width_ = 0;
  FilterTaps columns_, rows_;
  std::vector<uint8_t> narrowed_;   // after the horizontal pass
  std::vector<uint8_t> resized_;
  std::vector<int32_t> sums_;   // one row, before rounding
};

// One-off forms. Thread-safe.
absl::StatusOr<Tensor> ToInput(const Picture& picture, int height, int width, const ModelConfig& config);
absl::StatusOr<Picture> Resize(const Picture& picture, int height, int width);

}   // namespace partway::media
