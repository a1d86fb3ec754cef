// What the sources share of OpenCV's ways. For source*.cc only: names OpenCV.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "media/source.h"
#include "opencv2/core.hpp"

namespace partway::media {

// Once per process: OpenCV and FFmpeg write nothing to stderr and start no threads of their own. Call before using them.
void QuietOpenCv();

// An 8-bit BGR image as a Picture. Errors: InvalidArgument for another type or an empty image.
absl::StatusOr<Picture> FromBgr(const cv::Mat& bgr, std::string name);

}   // namespace partway::media
