#include "media/source.h"

#include <charconv>
#include <filesystem>

#include "base/status.h"
#include "media/interruptible.h"
#include "media/source_folder.h"
#include "media/source_synthetic.h"
#include "media/source_video.h"

namespace partway::media {

absl::StatusOr<std::unique_ptr<Source>> OpenSource(const std::string& spec, const SourceOptions& options) {
  if (spec == "synthetic") return OpenSynthetic(options);
  if (spec.starts_with("camera:")) {
    const char* first = spec.data() + 7;
    const char* last = spec.data() + spec.size();
    int index = -1;
    const auto [stop, error] = std::from_chars(first, last, index);
    if (error != std::errc() || stop != last || index < 0 || index > 99) {
      return InvalidArgument("source '", spec, "': expected camera:N with N from 0 to 99");
    }
    ASSIGN_OR_RETURN(std::unique_ptr<Source> camera, OpenCamera(index, options));
    return Interruptible(std::move(camera));
  }
  std::error_code error;
  const auto status = std::filesystem::status(spec, error);
  if (std::filesystem::is_directory(status)) return OpenFolder(spec, options);
  if (std::filesystem::is_regular_file(status)) {
    return HasPictureExtension(spec) ? OpenOnePicture(spec, options) : OpenVideo(spec, options);
  }
  if (status.type() == std::filesystem::file_type::none)   // there may be something, which we may not see
    return InvalidArgument("source '", spec, "' cannot be looked at: ", error.message());
  if (std::filesystem::exists(status)) return InvalidArgument("source '", spec, "' is neither a folder nor a file");
  return NotFound("source '", spec, "' not found; expected a folder of pictures, a video file, camera:N or synthetic");
}

}   // namespace partway::media
