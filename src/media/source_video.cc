#include "media/source_video.h"

#include <cmath>
#include <filesystem>

#include "base/status.h"
#include "media/decode.h"
#include "opencv2/videoio.hpp"

namespace partway::media {
namespace {

class Capture final : public Source {
 public:
  Capture(SourceKind kind, std::string name, std::string path, const SourceOptions& options)
      : kind_(kind),
        name_(std::move(name)),
        path_(std::move(path)),
        repeat_(options.repeat && kind == SourceKind::kVideo),
        max_pixels_(options.max_pixels) {}

  absl::Status Open(int camera) {
    QuietOpenCv();
    try {
      const bool open = kind_ == SourceKind::kCamera ? capture_.open(camera, cv::CAP_V4L2) : capture_.open(path_, cv::CAP_FFMPEG);
      if (!open && kind_ == SourceKind::kCamera)
        return Unavailable("cannot open ", name_, " (is /dev/video", camera, " there, and not in use?)");
      if (!open) return InvalidArgument(path_, ": neither a picture nor a video that can be decoded");
      if (kind_ == SourceKind::kCamera) capture_.set(cv::CAP_PROP_BUFFERSIZE, 1);   // the newest frame, not one from a queue
      const double height = capture_.get(cv::CAP_PROP_FRAME_HEIGHT), width = capture_.get(cv::CAP_PROP_FRAME_WIDTH);
      if (!(height * width <= static_cast<double>(max_pixels_))) {
        return InvalidArgument(name_, ": frames of ", width, "x", height, " pixels; at most ", max_pixels_, " are allowed");
      }
      fps_ = capture_.get(cv::CAP_PROP_FPS);
    } catch (const cv::Exception& e) {
      return InvalidArgument(name_, ": ", e.err);
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::optional<Picture>> Next() override {
    try {
      if (capture_.read(frame_)) return Take();
      if (kind_ == SourceKind::kCamera) return Unavailable(name_, " stopped delivering frames after ", count_);
      if (count_ == 0) return InvalidArgument(path_, ": holds no frame that can be decoded");
      if (!repeat_) return std::nullopt;
      // Opening anew is exact; seeking to frame 0 is not in every container.
      capture_.release();
      RETURN_IF_ERROR(Open(0));
      if (capture_.read(frame_)) return Take();
      return Unavailable(path_, ": can no longer be read");
    } catch (const cv::Exception& e) {
      return InvalidArgument(name_, ": frame ", count_, ": ", e.err);
    }
  }

  SourceKind kind() const override { return kind_; }
  std::optional<double> native_fps() const override {
    if (std::isfinite(fps_) && fps_ > 0 && fps_ <= 1000) return fps_;
    return std::nullopt;
  }
  const std::vector<Skipped>& skipped() const override { return skipped_; }

 private:
  absl::StatusOr<std::optional<Picture>> Take() {
    ASSIGN_OR_RETURN(Picture picture, FromBgr(frame_, Concat(name_, "#", count_)));
    ++count_;
    return std::optional<Picture>(std::move(picture));
  }

  SourceKind kind_;
  std::string name_, path_;
  bool repeat_;
  int64_t max_pixels_;
  cv::VideoCapture capture_;
  cv::Mat frame_;
  double fps_ = 0;
  int64_t count_ = 0;
  std::vector<Skipped> skipped_;
};

absl::StatusOr<std::unique_ptr<Source>> Opened(std::unique_ptr<Capture> capture, int camera) {
  RETURN_IF_ERROR(capture->Open(camera));
  return capture;
}

}   // namespace

absl::StatusOr<std::unique_ptr<Source>> OpenVideo(const std::string& path, const SourceOptions& options) {
  return Opened(std::make_unique<Capture>(SourceKind::kVideo, std::filesystem::path(path).filename().string(), path, options), 0);
}

absl::StatusOr<std::unique_ptr<Source>> OpenCamera(int index, const SourceOptions& options) {
  return Opened(std::make_unique<Capture>(SourceKind::kCamera, Concat("camera:", index), "", options), index);
}

}   // namespace partway::media
