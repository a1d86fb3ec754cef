#include "apps/cache_folder.h"

#include <cstdlib>
#include <filesystem>

#include "base/status.h"

namespace partway::apps {

absl::StatusOr<std::string> CacheFolder(const std::string& kind) {
  const auto whole_path = [](const char* variable) -> std::string {
    const char* value = std::getenv(variable);
    return value != nullptr && *value == '/' ? value : "";
  };
  std::filesystem::path folder = whole_path("XDG_CACHE_HOME");
  if (folder.empty()) {
    folder = whole_path("HOME");
    if (folder.empty())
      return FailedPrecondition("there is no place to keep what is measured: neither XDG_CACHE_HOME nor HOME is set");
    folder /= ".cache";
  }
  folder = folder / "partway" / kind;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return InternalError("cannot create the folder ", folder.string(), ": ", error.message());
  return folder.string();
}

}   // namespace partway::apps
