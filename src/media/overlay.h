// Pictures on a canvas of one size, and words over them: for videos that show answers.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "media/source.h"

namespace partway::media {

struct CanvasSize {
  int width = 0, height = 0;
};

// The canvas for pictures like this one: its shape, even sides, at least 320 and at most 1280 pixels wide and at most 1280 high.
CanvasSize CanvasFor(const Picture& picture);

// `picture` as large as the canvas allows without changing its shape, in the middle of it on black. Errors: InvalidArgument for an empty picture.
absl::StatusOr<Picture> OnCanvas(const Picture& picture, const CanvasSize& canvas);

struct Words {
  std::string text;   // shown in ASCII; other characters become '?'. Cut off where it does not fit
  uint8_t red = 255, green = 255, blue = 255;
  bool large = false;
};
// Writes the lines over a dark band at the picture's lower edge.
void WriteOver(const std::vector<Words>& lines, Picture* picture);

}   // namespace partway::media
