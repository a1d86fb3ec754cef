#include "media/source_synthetic.h"

#include <algorithm>
#include <array>

#include "base/rng.h"
#include "base/status.h"

namespace partway::media {
namespace {

struct Box {
  int64_t x, y, dx, dy;   // start in pixels and drift in pixels a frame
  int height, width;
  std::array<uint8_t, 3> color;
};

class Synthetic final : public Source {
 public:
  explicit Synthetic(const SourceOptions& options) : height_(options.synthetic_height), width_(options.synthetic_width) {
    Rng rng(options.seed);
    for (Box& box : boxes_) {
      box = {rng.UniformInt(0, width_ - 1),
             rng.UniformInt(0, height_ - 1),
             rng.UniformInt(1, 9) - 5,
             rng.UniformInt(1, 9) - 5,
             static_cast<int>(rng.UniformInt(1, std::max(1, height_ / 3))),
             static_cast<int>(rng.UniformInt(1, std::max(1, width_ / 3))),
             {}};
      for (uint8_t& c : box.color) c = static_cast<uint8_t>(rng.UniformInt(0, 255));
    }
  }

  absl::StatusOr<std::optional<Picture>> Next() override {
    Picture picture{.name = Concat("synthetic#", count_), .height = height_, .width = width_};
    picture.rgb.resize(size_t{3} * height_ * width_);
    uint8_t* out = picture.rgb.data();
    for (int y = 0; y < height_; ++y) {
      for (int x = 0; x < width_; ++x, out += 3) {
        out[0] = static_cast<uint8_t>(x + count_);
        out[1] = static_cast<uint8_t>(y - count_);
        out[2] = static_cast<uint8_t>((x + y) / 2 + 2 * count_);
      }
    }
    for (const Box& box : boxes_) Draw(box, picture);
    ++count_;
    return std::optional<Picture>(std::move(picture));
  }

  SourceKind kind() const override { return SourceKind::kSynthetic; }
  const std::vector<Skipped>& skipped() const override { return skipped_; }

 private:
  static int64_t Wrap(int64_t value, int64_t length) { return ((value % length) + length) % length; }

  void Draw(const Box& box, Picture& picture) const {
    const int top = static_cast<int>(Wrap(box.y + box.dy * count_, height_)),
              left = static_cast<int>(Wrap(box.x + box.dx * count_, width_));
    for (int y = top; y < std::min(top + box.height, height_); ++y) {
      uint8_t* out = picture.rgb.data() + 3 * (static_cast<size_t>(y) * width_ + left);
      for (int x = left; x < std::min(left + box.width, width_); ++x, out += 3)
        std::copy(box.color.begin(), box.color.end(), out);
    }
  }

  int height_, width_;
  std::array<Box, 8> boxes_;
  int64_t count_ = 0;
  std::vector<Skipped> skipped_;
};

}   // namespace

absl::StatusOr<std::unique_ptr<Source>> OpenSynthetic(const SourceOptions& options) {
  const int64_t height = options.synthetic_height, width = options.synthetic_width;
  if (height < 1 || width < 1 || height * width > options.max_pixels) {
    return InvalidArgument("a synthetic frame of ", height, "x", width, " pixels; expected 1 to ", options.max_pixels, " pixels");
  }
  return std::make_unique<Synthetic>(options);
}

}   // namespace partway::media
