// partway zoo: lists the models that come with the product and writes them as ONNX files.
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "apps/load_model.h"
#include "apps/verb.h"
#include "base/file.h"
#include "base/quantity.h"
#include "base/status.h"
#include "media/model_config.h"
#include "nlohmann/json.hpp"
#include "zoo/zoo.h"

namespace partway::apps {
namespace {

namespace fs = std::filesystem;

constexpr char kEnding[] = ".onnx";
constexpr uint64_t kMaxShippedBytes = uint64_t{1} << 30;

int List(bool json) {
  if (json) {
    nlohmann::json list = nlohmann::json::array();
    for (const zoo::Entry& e : zoo::Entries()) {
      list.push_back({{"name", e.name},
                      {"description", e.description},
                      {"params", e.params},
                      {"macs", e.macs},
                      {"input_size", e.input_size},
                      {"groups", e.groups}});
    }
    std::cout << list.dump(2) << "\n";
    return kExitDone;
  }
  const auto print = [](const std::string& name, const std::string& params, const std::string& macs, const std::string& size,
                        const std::string& groups, const std::string& description) {
    std::cout << std::left << std::setw(20) << name << std::right << std::setw(12) << params << std::setw(10) << macs
              << std::setw(6) << size << std::setw(8) << groups << "  " << description << "\n";
  };
  print("name", "parameters", "MACs", "size", "groups", "description");
  for (const zoo::Entry& e : zoo::Entries()) {
    print(e.name, std::to_string(e.params), FormatCount(static_cast<double>(e.macs)), std::to_string(e.input_size),
          e.groups.empty() ? "-" : std::to_string(e.groups.size()), e.description);
  }
  return kExitDone;
}

absl::StatusOr<std::string> ModelBytes(const zoo::Entry& entry, uint64_t seed) {
  if (entry.shipped) return ReadFile(Concat(ShareDir(), "/", entry.name, "/", entry.name, kEnding), kMaxShippedBytes);
  ASSIGN_OR_RETURN(const onnx::ModelProto proto, zoo::BuildModel(entry.name, seed));
  std::string bytes;
  if (!proto.SerializeToString(&bytes)) return InternalError("model '", entry.name, "' cannot be serialised");
  return bytes;
}

// Writes the model, its labels and its .toml; removes what it wrote if a later file fails.
absl::Status Build(const zoo::Entry& entry, uint64_t seed, const std::string& path) {
  const std::string stem = path.substr(0, path.size() - (sizeof kEnding - 1));
  media::ModelConfig config = media::DefaultModelConfig();
  config.size = entry.input_size;
  if (entry.shipped) {
    ASSIGN_OR_RETURN(config, media::ReadModelConfig(Concat(ShareDir(), "/", entry.name, "/", entry.name, ".toml")));
  }
  std::string labels;
  for (const std::string& label : config.labels) Append(&labels, label, "\n");
  const std::string labels_path = stem + ".labels.txt";
  if (!config.labels.empty()) config.labels_file = fs::path(labels_path).filename().string();

  std::vector<std::string> written;
  const auto write = [&](const std::string& file, std::string_view content) {
    absl::Status status = WriteFileAtomically(file, content);
    if (status.ok()) written.push_back(file);
    return status;
  };
  ASSIGN_OR_RETURN(const std::string bytes, ModelBytes(entry, seed));
  absl::Status status = write(path, bytes);   // the largest first: a full disk shows before anything is written
  if (status.ok() && !labels.empty()) status = write(labels_path, labels);
  if (status.ok()) status = write(stem + ".toml", media::ModelConfigText(config));
  if (!status.ok()) {
    std::error_code ignored;
    for (const std::string& file : written) fs::remove(file, ignored);
  }
  return status;
}

}   // namespace

VerbBody MakeZoo(CLI::App& command) {
  struct Options {
    std::string name, output;
    uint64_t seed = zoo::kDefaultSeed;
  };
  auto options = std::make_shared<Options>();
  command.require_subcommand(0, 1);
  command.fallthrough();
  CLI::App* list = command.add_subcommand("list", "the models, with exact parameter counts");
  CLI::App* build = command.add_subcommand("build", "write a model as an ONNX file, with its .toml beside it");
  build->add_option("NAME", options->name, "a model of `zoo list`")->required();
  build->add_option("-o,--output", options->output, "the file, ending in .onnx")->required();
  build->add_option("--seed", options->seed, "of the weights; the same seed gives the same file")->capture_default_str();
  return [list, build, options](const Globals& globals) -> absl::StatusOr<int> {
    if (list->parsed()) return List(globals.json);
    if (!build->parsed()) return UsageError("zoo: what to do is missing: list or build (see partway zoo --help)");
    const zoo::Entry* entry = zoo::FindEntry(options->name);
    if (entry == nullptr) return UsageError(Concat("no model '", options->name, "' in the zoo, which has ", zoo::EntryNames()));
    const std::string& path = options->output;
    const std::string file = fs::path(path).filename().string();
    if (file.size() < sizeof kEnding || !file.ends_with(kEnding)) {
      return UsageError(Concat("-o '", path, "': the file's name must end in .onnx"));
    }
    RETURN_IF_ERROR(Build(*entry, options->seed, path));
    if (globals.json) {
      std::cout << nlohmann::json{{"name", entry->name}, {"file", path}, {"params", entry->params}, {"macs", entry->macs}}.dump(2)
                << "\n";
    } else if (!globals.quiet) {
      std::cout << "wrote " << path << " (" << FormatBytes(static_cast<double>(fs::file_size(path))) << ") and its .toml\n";
    }
    return kExitDone;
  };
}

}   // namespace partway::apps
