// Where frames come from: a folder of pictures, a video file, a camera or a made-up moving pattern. Decoding only; turning a
// picture into a model's input is preprocess.h's.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace partway::media {

// 8-bit RGB, rows top to bottom, 3 bytes a pixel, no padding. Upright: an orientation in the file's EXIF was applied.
struct Picture {
  std::string name;           // file name; "cup.mp4#17"; "camera:0#17"; "synthetic#17"
  std::optional<int> label;   // class index, where labels.csv tells it
  int height = 0, width = 0;
  std::vector<uint8_t> rgb;   // height * width * 3
};

// A file that was passed over.
struct Skipped {
  std::string name, reason;
};

enum class SourceKind { kFolder, kVideo, kCamera, kSynthetic };

// Not thread-safe but for Interrupt: one thread calls Next().
class Source {
 public:
  virtual ~Source() = default;
  // The next picture; nullopt at the end (a camera and `synthetic` have none unless limited). Blocks while it decodes or, for a
  // camera, until the next frame. A picture of a folder that cannot be read is passed over and noted in skipped(). Errors:
  // Unavailable when a camera stops delivering, InvalidArgument when no picture of a folder could be read.
  virtual absl::StatusOr<std::optional<Picture>> Next() = 0;
  // Any thread: a Next() that waits for a frame returns at once, and it and all later ones tell of the end. Where Next() only decodes, which does not take long, nothing happens.
  virtual void Interrupt() {}
  virtual SourceKind kind() const = 0;
  // Frames come by themselves, whether asked for or not: who is late drops the oldest. True for cameras only.
  virtual bool live() const { return kind() == SourceKind::kCamera; }
  // As stored in a video or told by a camera; nullopt otherwise.
  virtual std::optional<double> native_fps() const { return std::nullopt; }
  // Pictures of one pass; nullopt where that is not known before.
  virtual std::optional<int64_t> pass_length() const { return std::nullopt; }
  // True when labels.csv gave a label to at least one picture.
  virtual bool labelled() const { return false; }
  // What was passed over so far, once per file however often the folder is repeated.
  virtual const std::vector<Skipped>& skipped() const = 0;
};

struct SourceOptions {
  bool repeat = false;               // begin again at the end of a folder or video
  std::string labels_csv;            // instead of the folder's labels.csv; empty: that one, if there
  int64_t max_pixels = 64'000'000;   // per picture; a file whose header asks for more is skipped without decoding it
  uint64_t seed = 1;                 // of the synthetic pattern
  int synthetic_height = 480, synthetic_width = 640;
};

// `spec`: a folder, a video file, one picture, "camera:N" or "synthetic". Errors: NotFound when there is nothing of that name;
// InvalidArgument for a folder without pictures, a file that is not a video, or a bad line in labels.csv ("file:line: ").
absl::StatusOr<std::unique_ptr<Source>> OpenSource(const std::string& spec, const SourceOptions& options = {});

// One picture file. Errors: NotFound; InvalidArgument with the reason (not a picture, too many pixels, damaged). Thread-safe.
absl::StatusOr<Picture> ReadPicture(const std::string& path, int64_t max_pixels = SourceOptions{}.max_pixels);
// The same from the bytes of a file.
absl::StatusOr<Picture> DecodePicture(std::string_view bytes, const std::string& name,
                                      int64_t max_pixels = SourceOptions{}.max_pixels);

}   // namespace partway::media
