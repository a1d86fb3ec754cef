// Writes a video file. It grows beside its place as NAME.partial.EXTENSION and is renamed at the end, so that there is a whole video of that name or
// none.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "media/overlay.h"
#include "media/source.h"

namespace partway::media {

// Of what video files may be called, for help and errors.
inline constexpr char kVideoExtensions[] = ".mp4, .mkv or .avi";

// Not thread-safe.
class VideoWriter {
 public:
  virtual ~VideoWriter() = default;   // without Finish nothing is left
  // Opens the file for frames of one size. Once, before Add. Errors: Internal.
  virtual absl::Status Open(const CanvasSize& size, double fps) = 0;
  virtual bool open() const = 0;
  // A picture of that size. Errors: InvalidArgument for one of another size.
  virtual absl::Status Add(const Picture& picture) = 0;
  // Ends the file and gives it its name. Errors: Internal when what was written cannot be read back as a video (a full disk, for example).
  virtual absl::Status Finish() = 0;
};

// Checks the name and that the file can be made, and keeps its place. `path` may exist; it is replaced by Finish. Errors: InvalidArgument for an
// extension that is none of kVideoExtensions, or a folder; NotFound, PermissionDenied for a place that cannot be written to; Unimplemented without an
// encoder for it.
absl::StatusOr<std::unique_ptr<VideoWriter>> MakeVideoWriter(const std::string& path);

}   // namespace partway::media
