#include "apps/load_model.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include "apps/verb.h"
#include "base/status.h"
#include "base/text.h"
#include "zoo/zoo.h"

namespace partway::apps {
namespace {

namespace fs = std::filesystem;

absl::StatusOr<LoadedModel> LoadFile(const std::string& path) {
  LoadedModel loaded;
  ASSIGN_OR_RETURN(loaded.model, graph::LoadModel(path));
  const std::string toml = fs::path(path).replace_extension(".toml").string();
  absl::StatusOr<media::ModelConfig> config = media::ReadModelConfig(toml);
  std::error_code error;
  // Only a missing .toml means the defaults; a .toml that names missing labels is an error.
  if (!config.ok() && fs::exists(toml, error)) return config.status();
  loaded.config_assumed = !config.ok();
  loaded.config = config.ok() ? *std::move(config) : media::DefaultModelConfig();
  return loaded;
}

absl::StatusOr<LoadedModel> LoadFromZoo(const zoo::Entry& entry) {
  if (entry.shipped) {
    const std::string path = Concat(ShareDir(), "/", entry.name, "/", entry.name, ".onnx");
    absl::StatusOr<LoadedModel> loaded = LoadFile(path);
    if (absl::IsNotFound(loaded.status())) {
      return NotFound("the files that ship with the product are not at ", ShareDir(), " (",
                      std::string(loaded.status().message()), "); PARTWAY_SHARE may name their folder");
    }
    return loaded;
  }
  LoadedModel loaded;
  ASSIGN_OR_RETURN(onnx::ModelProto proto, zoo::BuildModel(entry.name));
  ASSIGN_OR_RETURN(loaded.model, graph::ModelFromProto(std::move(proto), entry.name));
  loaded.config = media::DefaultModelConfig();
  loaded.config.size = entry.input_size;
  return loaded;
}

}   // namespace

std::string ShareDir() {
  if (const char* share = std::getenv("PARTWAY_SHARE"); share != nullptr && *share != '\0') return share;
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (!error) {
    const fs::path installed = program.parent_path().parent_path() / "share" / "partway";
    if (fs::is_directory(installed, error)) return installed.string();
  }
  return PARTWAY_ASSETS_DIR;
}

absl::StatusOr<LoadedModel> LoadModelArgument(const std::string& argument) {
  if (const zoo::Entry* entry = zoo::FindEntry(argument)) return LoadFromZoo(*entry);
  std::error_code error;
  if (!argument.empty() && fs::exists(argument, error)) return LoadFile(argument);
  return UsageError(Concat("no model '", argument, "': not a file, and the zoo has ", zoo::EntryNames()));
}

}   // namespace partway::apps
