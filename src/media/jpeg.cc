#include "media/jpeg.h"

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "base/status.h"

namespace partway::media {

absl::StatusOr<std::string> EncodeJpeg(const Picture& picture, int quality) {
  if (quality < 1 || quality > 100) return InvalidArgument("JPEG quality ", quality, " is not in 1..100");
  if (picture.height < 1 || picture.width < 1) return InvalidArgument("picture ", picture.name, " is empty");
  try {
    const cv::Mat rgb(picture.height, picture.width, CV_8UC3, const_cast<uint8_t*>(picture.rgb.data()));
    cv::Mat bgr;
    cv::cvtColor(rgb, bgr, cv::COLOR_RGB2BGR);
    std::vector<uint8_t> bytes;
    if (!cv::imencode(".jpg", bgr, bytes, {cv::IMWRITE_JPEG_QUALITY, quality}))
      return InternalError("cannot encode ", picture.name, " as JPEG");
    return std::string(bytes.begin(), bytes.end());
  } catch (const cv::Exception& e) {
    return InternalError("cannot encode ", picture.name, " as JPEG: ", e.err);
  }
}

}   // namespace partway::media
