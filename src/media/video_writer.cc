#include "media/video_writer.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <iterator>
#include <vector>

#include "base/file.h"
#include "base/status.h"
#include "media/decode.h"
#include "opencv2/imgproc.hpp"
#include "opencv2/videoio.hpp"

namespace partway::media {
namespace {

namespace fs = std::filesystem;

constexpr CanvasSize kTrialSize{320, 240};
constexpr double kTrialFps = 25;
constexpr double kCountError = 2;   // frames: where a container tells its length in milliseconds

struct Encoder {
  int fourcc;
  int api;
};

// By preference: what every player knows first, then what every build has.
std::vector<Encoder> EncodersFor(const std::string& extension) {
  const auto code = [](const char* c) { return cv::VideoWriter::fourcc(c[0], c[1], c[2], c[3]); };
  if (extension == ".avi") return {{code("MJPG"), cv::CAP_OPENCV_MJPEG}, {code("MJPG"), cv::CAP_FFMPEG}};
  if (extension == ".mp4" || extension == ".mkv") return {{code("avc1"), cv::CAP_FFMPEG}, {code("mp4v"), cv::CAP_FFMPEG}};
  return {};
}

std::string ExtensionOf(const std::string& path) {
  std::string extension = fs::path(path).extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(), [](unsigned char c) { return std::tolower(c); });
  return extension;
}

bool OpenWith(cv::VideoWriter* writer, const Encoder& encoder, const std::string& path, const CanvasSize& size, double fps) {
  try {
    return writer->open(path, encoder.api, encoder.fourcc, fps, cv::Size(size.width, size.height), true);
  } catch (const cv::Exception&) {
    return false;
  }
}

class File final : public VideoWriter {
 public:
  explicit File(std::string path) : path_(std::move(path)) {
    const fs::path place(path_);
    partial_ = (place.parent_path() / Concat(place.stem().string(), ".partial", ExtensionOf(path_))).string();
  }
  ~File() override {
    writer_.release();
    std::error_code ignored;
    if (!finished_) fs::remove(partial_, ignored);
  }

  absl::Status Reserve() {
    // In its own words why it cannot be written: OpenCV would only say that it does not open.
    RETURN_IF_ERROR(WriteFileAtomically(partial_, ""));
    for (const Encoder& encoder : EncodersFor(ExtensionOf(path_))) {
      cv::VideoWriter trial;
      if (!OpenWith(&trial, encoder, partial_, kTrialSize, kTrialFps)) continue;
      encoder_ = encoder;
      return absl::OkStatus();
    }
    return absl::UnimplementedError(Concat("no encoder for ", path_, " in this machine's OpenCV"));
  }

  absl::Status Open(const CanvasSize& size, double fps) override {
    size_ = size;
    if (OpenWith(&writer_, encoder_, partial_, size, fps)) return absl::OkStatus();
    return InternalError("cannot write ", path_, ": no video of ", size.width, "x", size.height, " at ", fps, " frames a second");
  }

  bool open() const override { return writer_.isOpened(); }

  absl::Status Add(const Picture& picture) override {
    if (picture.width != size_.width || picture.height != size_.height) {
      return InvalidArgument(path_, ": a picture of ", picture.width, "x", picture.height, " in a video of ", size_.width, "x",
                             size_.height);
    }
    const cv::Mat rgb(picture.height, picture.width, CV_8UC3, const_cast<uint8_t*>(picture.rgb.data()));
    cv::cvtColor(rgb, bgr_, cv::COLOR_RGB2BGR);
    try {
      writer_.write(bgr_);
    } catch (const cv::Exception& e) {
      return InternalError(path_, ": ", e.err);
    }
    ++frames_;
    return absl::OkStatus();
  }

  absl::Status Finish() override {
    if (frames_ == 0) return InternalError(path_, ": no frame came, so there is no video");
    writer_.release();
    // Neither writing nor closing tells of a full disk; what cannot be read back is no video.
    cv::VideoCapture back;
    bool whole = false;
    try {
      cv::Mat first;
      whole = back.open(partial_, cv::CAP_FFMPEG) && back.read(first) && first.cols == size_.width &&
              first.rows == size_.height && back.get(cv::CAP_PROP_FRAME_COUNT) > static_cast<double>(frames_) - kCountError;
    } catch (const cv::Exception&) {
      whole = false;
    }
    if (!whole) return InternalError(path_, ": what was written cannot be read back (is the disk full?)");
    std::error_code error;
    fs::rename(partial_, path_, error);
    if (error) return InternalError("cannot write ", path_, ": ", error.message());
    finished_ = true;
    return absl::OkStatus();
  }

 private:
  const std::string path_;
  std::string partial_;
  Encoder encoder_{};
  cv::VideoWriter writer_;
  cv::Mat bgr_;
  CanvasSize size_;
  int64_t frames_ = 0;
  bool finished_ = false;
};

}   // namespace

absl::StatusOr<std::unique_ptr<VideoWriter>> MakeVideoWriter(const std::string& path) {
  if (EncodersFor(ExtensionOf(path)).empty()) return InvalidArgument(path, ": a video ends in ", kVideoExtensions);
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) return InvalidArgument(path, ": is a folder");
  QuietOpenCv();
  auto file = std::make_unique<File>(path);
  RETURN_IF_ERROR(file->Reserve());
  return file;
}

}   // namespace partway::media
