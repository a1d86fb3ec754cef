#include "media/preprocess.h"

#include <algorithm>
#include <cmath>

#include "base/status.h"

namespace partway::media {
namespace {

constexpr int32_t kHalf = 1 << (kWeightBits - 1);

uint8_t ToByte(int32_t sum) { return static_cast<uint8_t>(std::clamp(sum >> kWeightBits, 0, 255)); }

// One row of RGB pixels, shortened or stretched to `taps.windows.size()` pixels.
void ResizeRow(const uint8_t* in, const FilterTaps& taps, uint8_t* out) {
  const int32_t* weights = taps.weights.data();
  for (const FilterTaps::Window& window : taps.windows) {
    const uint8_t* pixel = in + 3 * window.first;
    int32_t r = kHalf, g = kHalf, b = kHalf;
    for (int i = 0; i < window.count; ++i, pixel += 3) {
      r += weights[i] * pixel[0];
      g += weights[i] * pixel[1];
      b += weights[i] * pixel[2];
    }
    out[0] = ToByte(r), out[1] = ToByte(g), out[2] = ToByte(b);
    out += 3;
    weights += taps.taps;
  }
}

// One output row as the weighted sum of `window.count` rows of `bytes` bytes.
void BlendRows(const uint8_t* in, size_t bytes, FilterTaps::Window window, const int32_t* weights, std::vector<int32_t>& sums,
               uint8_t* out) {
  std::fill(sums.begin(), sums.end(), kHalf);
  for (int i = 0; i < window.count; ++i) {
    const uint8_t* row = in + static_cast<size_t>(window.first + i) * bytes;
    const int32_t weight = weights[i];
    int32_t* sum = sums.data();
    for (size_t x = 0; x < bytes; ++x) sum[x] += weight * row[x];
  }
  for (size_t x = 0; x < bytes; ++x) out[x] = ToByte(sums[x]);
}

absl::Status CheckPicture(const Picture& picture) {
  if (picture.height < 1 || picture.width < 1 || picture.rgb.size() != size_t{3} * picture.height * picture.width) {
    return InvalidArgument("picture '", picture.name, "' holds ", picture.rgb.size(), " bytes for ", picture.height, "x",
                           picture.width, " pixels");
  }
  return absl::OkStatus();
}

}   // namespace

FilterTaps TriangleTaps(int source_length, int target_length) {
  const double scale = static_cast<double>(source_length) / target_length;
  const double support = std::max(scale, 1.0);   // half the triangle's base, in source samples
  FilterTaps taps;
  taps.taps = static_cast<int>(std::ceil(support)) * 2 + 1;
  taps.windows.resize(target_length);
  taps.weights.assign(static_cast<size_t>(target_length) * taps.taps, 0);
  std::vector<double> row(taps.taps);
  for (int x = 0; x < target_length; ++x) {
    const double center = (x + 0.5) * scale;
    const int first = std::max(0, static_cast<int>(center - support + 0.5));
    const int count = std::min(source_length, static_cast<int>(center + support + 0.5)) - first;
    double sum = 0;
    for (int i = 0; i < count; ++i) {
      row[i] = std::max(0.0, 1 - std::abs((first + i + 0.5 - center) / support));
      sum += row[i];
    }
    taps.windows[x] = {first, count};
    int32_t* weights = taps.weights.data() + static_cast<size_t>(x) * taps.taps;
    for (int i = 0; i < count; ++i) weights[i] = static_cast<int32_t>(row[i] / sum * (1 << kWeightBits) + 0.5);
  }
  return taps;
}

absl::Status Preprocessor::ResizeTo(const Picture& picture, int height, int width) {
  RETURN_IF_ERROR(CheckPicture(picture));
  if (height < 1 || width < 1 || height > kMaxInputEdge || width > kMaxInputEdge) {
    return InvalidArgument("cannot resize to ", height, "x", width, "; each edge must be 1 to ", kMaxInputEdge, " pixels");
  }
  if (from_height_ != picture.height || from_width_ != picture.width || to_height_ != height || to_width_ != width) {
    rows_ = TriangleTaps(picture.height, height);
    columns_ = TriangleTaps(picture.width, width);
    from_height_ = picture.height, from_width_ = picture.width, to_height_ = height, to_width_ = width;
  }
  const size_t in_row = size_t{3} * picture.width, out_row = size_t{3} * width;
  const uint8_t* narrowed = picture.rgb.data();
  if (picture.width != width) {
    narrowed_.resize(out_row * picture.height);
    for (int y = 0; y < picture.height; ++y) ResizeRow(picture.rgb.data() + y * in_row, columns_, narrowed_.data() + y * out_row);
    narrowed = narrowed_.data();
  }
  resized_.resize(out_row * height);
  if (picture.height == height) {
    std::copy(narrowed, narrowed + resized_.size(), resized_.begin());
    return absl::OkStatus();
  }
  sums_.resize(out_row);
  for (int y = 0; y < height; ++y) {
    BlendRows(narrowed, out_row, rows_.windows[y], rows_.weights.data() + static_cast<size_t>(y) * rows_.taps, sums_,
              resized_.data() + y * out_row);
  }
  return absl::OkStatus();
}

absl::Status Preprocessor::ToInput(const Picture& picture, int height, int width, std::span<float> out) {
  RETURN_IF_ERROR(ResizeTo(picture, height, width));
  const size_t plane = static_cast<size_t>(height) * width;
  if (out.size() != 3 * plane)
    return InvalidArgument("room for ", out.size(), " floats; a ", height, "x", width, " input needs ", 3 * plane);
  for (size_t c = 0; c < 3; ++c) {
    std::array<float, 256> value;   // every byte's normalised value: exact and without a division a pixel
    for (int v = 0; v < 256; ++v) value[v] = (static_cast<float>(v) - config_.mean[c]) / config_.std[c];
    const uint8_t* pixel = resized_.data() + c;
    float* to = out.data() + c * plane;
    for (size_t i = 0; i < plane; ++i) to[i] = value[pixel[3 * i]];
  }
  return absl::OkStatus();
}

absl::StatusOr<Tensor> Preprocessor::ToInput(const Picture& picture, int height, int width) {
  if (height < 1 || width < 1 || height > kMaxInputEdge || width > kMaxInputEdge) {
    return InvalidArgument("cannot resize to ", height, "x", width, "; each edge must be 1 to ", kMaxInputEdge, " pixels");
  }
  ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(DType::kFloat32, {1, 3, height, width}));
  RETURN_IF_ERROR(ToInput(picture, height, width, tensor.mutable_floats()));
  return tensor;
}

absl::StatusOr<Picture> Preprocessor::Resize(const Picture& picture, int height, int width) {
  RETURN_IF_ERROR(ResizeTo(picture, height, width));
  return Picture{.name = picture.name, .label = picture.label, .height = height, .width = width, .rgb = resized_};
}

absl::StatusOr<Tensor> ToInput(const Picture& picture, int height, int width, const ModelConfig& config) {
  return Preprocessor(config).ToInput(picture, height, width);
}

absl::StatusOr<Picture> Resize(const Picture& picture, int height, int width) {
  return Preprocessor(ModelConfig{}).Resize(picture, height, width);
}

}   // namespace partway::media
