#include "media/decode.h"

#include <cstdlib>
#include <mutex>

#include "base/file.h"
#include "base/status.h"
#include "media/picture_header.h"
#include "opencv2/core/utils/logger.hpp"
#include "opencv2/imgcodecs.hpp"
#include "opencv2/imgproc.hpp"

namespace partway::media {
namespace {

constexpr uint64_t kMaxPictureBytes = 256 << 20;

absl::StatusOr<Picture> Decode(std::string_view bytes, const std::string& name, int64_t max_pixels) {
  QuietOpenCv();
  ASSIGN_OR_RETURN(const PictureHeader header, ReadPictureHeader(bytes));
  if (header.width > max_pixels / header.height) {
    return InvalidArgument("its header asks for ", header.width, "x", header.height, " pixels; at most ", max_pixels,
                           " are allowed");
  }
  if (!header.complete) return InvalidArgument("the ", header.format, " file is cut off");
  try {
    const cv::Mat packed(1, static_cast<int>(bytes.size()), CV_8UC1, const_cast<char*>(bytes.data()));
    const cv::Mat bgr = cv::imdecode(packed, cv::IMREAD_COLOR);   // applies EXIF orientation
    if (bgr.empty()) return InvalidArgument("the ", header.format, " data is damaged");
    return FromBgr(bgr, name);
  } catch (const cv::Exception& e) {
    return InvalidArgument("the ", header.format, " data is damaged (", e.err, ")");
  } catch (const std::bad_alloc&) {
    return ResourceExhausted("no memory for ", header.width, "x", header.height, " pixels");
  }
}

}   // namespace

void QuietOpenCv() {
  static std::once_flag once;
  std::call_once(once, [] {
    cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
    ::setenv("OPENCV_FFMPEG_LOGLEVEL", "-8", /*overwrite=*/0);   // AV_LOG_QUIET; read when FFmpeg is first used
    cv::setNumThreads(1);   // its pool would compete with the engine for the cores being measured
  });
}

absl::StatusOr<Picture> FromBgr(const cv::Mat& bgr, std::string name) {
  if (bgr.empty() || bgr.type() != CV_8UC3) return InvalidArgument("'", name, "' did not decode to 8-bit colour");
  Picture picture{.name = std::move(name), .height = bgr.rows, .width = bgr.cols};
  picture.rgb.resize(size_t{3} * bgr.rows * bgr.cols);
  cv::Mat rgb(bgr.rows, bgr.cols, CV_8UC3, picture.rgb.data());
  cv::cvtColor(bgr, rgb, cv::COLOR_BGR2RGB);
  return picture;
}

absl::StatusOr<Picture> DecodePicture(std::string_view bytes, const std::string& name, int64_t max_pixels) {
  if (bytes.size() > kMaxPictureBytes)
    return InvalidArgument(name, ": ", bytes.size(), " bytes; at most ", kMaxPictureBytes, " are allowed");
  absl::StatusOr<Picture> picture = Decode(bytes, name, max_pixels);
  if (!picture.ok()) return Annotate(picture.status(), name);
  return picture;
}

absl::StatusOr<Picture> ReadPicture(const std::string& path, int64_t max_pixels) {
  ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path, kMaxPictureBytes));
  ASSIGN_OR_RETURN(Picture picture, DecodePicture(bytes, path, max_pixels));
  picture.name = path.substr(path.find_last_of('/') + 1);
  return picture;
}

}   // namespace partway::media
