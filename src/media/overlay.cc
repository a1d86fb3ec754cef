#include "media/overlay.h"

#include <algorithm>
#include <cmath>

#include "base/status.h"
#include "media/decode.h"
#include "opencv2/imgproc.hpp"

namespace partway::media {
namespace {

constexpr int kLeastWidth = 320, kMostSide = 1280;
constexpr int kFont = cv::FONT_HERSHEY_SIMPLEX;
constexpr double kBandShade = 0.35;   // of the picture that shows through

int Even(double side) { return std::max(2, static_cast<int>(std::lround(side / 2)) * 2); }

std::string Ascii(const std::string& text) {
  std::string ascii;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xc0) == 0x80) continue;   // the rest of a character that is a '?' already
    ascii += byte >= 0x20 && byte < 0x7f ? c : '?';
  }
  return ascii;
}

}   // namespace

CanvasSize CanvasFor(const Picture& picture) {
  const double width = std::max(picture.width, 1), height = std::max(picture.height, 1);
  double scale = width < kLeastWidth ? kLeastWidth / width : 1;
  scale = std::min({scale, kMostSide / width, kMostSide / height});
  return {std::min(Even(width * scale), kMostSide), std::min(Even(height * scale), kMostSide)};
}

absl::StatusOr<Picture> OnCanvas(const Picture& picture, const CanvasSize& canvas) {
  if (picture.width <= 0 || picture.height <= 0 || picture.rgb.size() != size_t{3} * picture.width * picture.height)
    return InvalidArgument("'", picture.name, "' is no picture");
  QuietOpenCv();
  Picture drawn{.name = picture.name, .label = picture.label, .height = canvas.height, .width = canvas.width};
  drawn.rgb.assign(size_t{3} * canvas.width * canvas.height, 0);
  const double scale =
      std::min(static_cast<double>(canvas.width) / picture.width, static_cast<double>(canvas.height) / picture.height);
  const int width = std::clamp(static_cast<int>(std::lround(picture.width * scale)), 1, canvas.width);
  const int height = std::clamp(static_cast<int>(std::lround(picture.height * scale)), 1, canvas.height);
  const cv::Mat from(picture.height, picture.width, CV_8UC3, const_cast<uint8_t*>(picture.rgb.data()));
  cv::Mat whole(canvas.height, canvas.width, CV_8UC3, drawn.rgb.data());
  cv::Mat middle = whole(cv::Rect((canvas.width - width) / 2, (canvas.height - height) / 2, width, height));
  cv::resize(from, middle, middle.size(), 0, 0, scale < 1 ? cv::INTER_AREA : cv::INTER_LINEAR);
  return drawn;
}

void WriteOver(const std::vector<Words>& lines, Picture* picture) {
  if (lines.empty() || picture->rgb.empty()) return;
  cv::Mat whole(picture->height, picture->width, CV_8UC3, picture->rgb.data());
  const double unit = std::clamp(picture->width / 640.0, 0.5, 2.0);
  const int margin = static_cast<int>(8 * unit);
  const auto scale_of = [&](const Words& words) { return (words.large ? 0.8 : 0.5) * unit; };
  const auto height_of = [&](const Words& words) { return static_cast<int>((words.large ? 30 : 20) * unit); };
  int band = margin;
  for (const Words& words : lines) band += height_of(words);
  band = std::min(band, picture->height);
  cv::Mat lower = whole(cv::Rect(0, picture->height - band, picture->width, band));
  lower *= kBandShade;
  int baseline = picture->height - band;
  for (const Words& words : lines) {
    baseline += height_of(words);
    const int thickness = words.large ? std::max(1, static_cast<int>(std::lround(1.6 * unit))) : 1;
    cv::putText(whole, Ascii(words.text), {margin, baseline}, kFont, scale_of(words),
                {double(words.red), double(words.green), double(words.blue)}, thickness, cv::LINE_AA);
  }
}

}   // namespace partway::media
