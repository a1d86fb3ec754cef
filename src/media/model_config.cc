#include "media/model_config.h"

#include <charconv>
#include <cmath>
#include <filesystem>
#include <initializer_list>
#include <sstream>

#include "base/file.h"
#include "base/status.h"
#include "toml++/toml.h"

namespace partway::media {
namespace {

constexpr uint64_t kMaxTomlBytes = 1 << 20;
constexpr uint64_t kMaxLabelBytes = 16 << 20;
constexpr size_t kMaxLabels = 1 << 20;

// "x.toml:3: " for every complaint.
class Where {
 public:
  explicit Where(const std::string& origin) : origin_(origin) {}
  std::string At(const toml::source_region& region) const { return Concat(origin_, ":", region.begin.line, ": "); }
  std::string At(const toml::node& node) const { return At(node.source()); }

 private:
  const std::string& origin_;
};

absl::Status RefuseUnknownKeys(const toml::table& table, std::string_view section, std::initializer_list<std::string_view> known,
                               const Where& where) {
  for (const auto& [key, node] : table) {
    bool found = false;
    std::string list;
    for (std::string_view name : known) {
      found = found || key.str() == name;
      Append(&list, list.empty() ? "" : ", ", name);
    }
    if (!found)
      return InvalidArgument(where.At(key.source()), "unknown key '", key.str(), "' in ", section, " (known: ", list, ")");
  }
  return absl::OkStatus();
}

absl::StatusOr<const toml::table*> Section(const toml::table& root, std::string_view name, const Where& where) {
  const toml::node* node = root.get(name);
  if (node == nullptr) return nullptr;
  if (!node->is_table()) return InvalidArgument(where.At(*node), "'", name, "' must be a section, [", name, "]");
  return node->as_table();
}

absl::Status ReadTriple(const toml::table& table, std::string_view key, bool positive, const Where& where,
                        std::array<float, 3>* out) {
  const toml::node* node = table.get(key);
  if (node == nullptr) return absl::OkStatus();
  const std::string expected = Concat("'", key, "' must be three numbers", positive ? " above 0" : "", ", as in [127, 127, 127]");
  const toml::array* array = node->as_array();
  if (array == nullptr || array->size() != 3) return InvalidArgument(where.At(*node), expected);
  for (size_t i = 0; i < 3; ++i) {
    const toml::node& element = *array->get(i);
    if (!element.is_number()) return InvalidArgument(where.At(element), expected);
    const double value = *element.value<double>();
    // A divisor so small that it would make the input infinite is as wrong as 0.
    const bool fits = std::isfinite(value) && std::abs(value) <= 1e6 && (!positive || value >= 1e-6);
    if (!fits) return InvalidArgument(where.At(element), expected);
    (*out)[i] = static_cast<float>(value);
  }
  return absl::OkStatus();
}

absl::Status ReadInput(const toml::table& table, const Where& where, ModelConfig* config) {
  RETURN_IF_ERROR(RefuseUnknownKeys(table, "[input]", {"mean", "std", "size"}, where));
  RETURN_IF_ERROR(ReadTriple(table, "mean", false, where, &config->mean));
  RETURN_IF_ERROR(ReadTriple(table, "std", true, where, &config->std));
  if (const toml::node* node = table.get("size")) {
    const auto* size = node->as_integer();
    if (size == nullptr || size->get() < 1 || size->get() > kMaxInputEdge) {
      return InvalidArgument(where.At(*node), "'size' must be a whole number of pixels from 1 to ", kMaxInputEdge);
    }
    config->size = static_cast<int>(size->get());
  }
  return absl::OkStatus();
}

absl::Status ReadOutput(const toml::table& table, const std::string& origin, const Where& where, ModelConfig* config) {
  RETURN_IF_ERROR(RefuseUnknownKeys(table, "[output]", {"kind", "labels"}, where));
  if (const toml::node* node = table.get("kind")) {
    const auto name = node->value_exact<std::string>();
    const auto kind = name ? OutputKindFromName(*name) : std::nullopt;
    if (!kind) return InvalidArgument(where.At(*node), "'kind' must be \"logits\", \"probabilities\" or \"tensor\"");
    config->kind = *kind;
  }
  if (const toml::node* node = table.get("labels")) {
    const auto file = node->value_exact<std::string>();
    if (!file || file->empty()) return InvalidArgument(where.At(*node), "'labels' must be the name of a file");
    const auto path = std::filesystem::path(origin).parent_path() / *file;   // an absolute name stays itself
    absl::StatusOr<std::vector<std::string>> labels = ReadLabels(path.string());
    if (!labels.ok()) {
      const std::string prefix = Concat(origin, ":", node->source().begin.line, ": labels");
      return Annotate(absl::InvalidArgumentError(labels.status().message()), prefix);
    }
    config->labels_file = *file;
    config->labels = *std::move(labels);
  }
  return absl::OkStatus();
}

std::string Shortest(float value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  const std::string number(text, end);
  return number.find_first_of(".e") == std::string::npos ? number + ".0" : number;
}

std::string Triple(const std::array<float, 3>& v) {
  return Concat("[", Shortest(v[0]), ", ", Shortest(v[1]), ", ", Shortest(v[2]), "]");
}

}   // namespace

std::string_view OutputKindName(OutputKind kind) {
  switch (kind) {
    case OutputKind::kLogits: return "logits";
    case OutputKind::kProbabilities: return "probabilities";
    case OutputKind::kTensor: return "tensor";
  }
  return "tensor";
}

std::optional<OutputKind> OutputKindFromName(std::string_view name) {
  for (OutputKind kind : {OutputKind::kLogits, OutputKind::kProbabilities, OutputKind::kTensor}) {
    if (name == OutputKindName(kind)) return kind;
  }
  return std::nullopt;
}

ModelConfig DefaultModelConfig() { return {}; }

absl::StatusOr<ModelConfig> ReadModelConfig(const std::string& toml_path) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(toml_path, kMaxTomlBytes));
  return ParseModelConfig(text, toml_path);
}

absl::StatusOr<ModelConfig> ParseModelConfig(std::string_view text, const std::string& origin) {
  const Where where(origin);
  toml::table root;
  try {
    root = toml::parse(text);
  } catch (const toml::parse_error& e) {
    return InvalidArgument(where.At(e.source()), std::string(e.description()));
  }
  RETURN_IF_ERROR(RefuseUnknownKeys(root, "the file", {"input", "output"}, where));
  ModelConfig config;
  ASSIGN_OR_RETURN(const toml::table* input, Section(root, "input", where));
  if (input != nullptr) RETURN_IF_ERROR(ReadInput(*input, where, &config));
  ASSIGN_OR_RETURN(const toml::table* output, Section(root, "output", where));
  if (output != nullptr) RETURN_IF_ERROR(ReadOutput(*output, origin, where, &config));
  return config;
}

absl::StatusOr<std::vector<std::string>> ReadLabels(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kMaxLabelBytes));
  std::vector<std::string> labels;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (labels.size() == kMaxLabels) return InvalidArgument(path, ": more than ", kMaxLabels, " labels");
    labels.push_back(std::move(line));
  }
  // Blank lines at the end name no class; a blank line between others does hold a place.
  while (!labels.empty() && labels.back().empty()) labels.pop_back();
  if (labels.empty()) return InvalidArgument(path, ": holds no label; expected one name a line");
  return labels;
}

std::string ModelConfigText(const ModelConfig& config) {
  std::string text =
      Concat("[input]\nmean = ", Triple(config.mean), "   # subtracted, 0..255 scale, RGB\nstd  = ", Triple(config.std),
             "   # divided by\nsize = ", config.size, "\n[output]\nkind   = \"", OutputKindName(config.kind), "\"\n");
  if (!config.labels_file.empty()) {
    std::ostringstream quoted;
    quoted << toml::value<std::string>(config.labels_file);
    Append(&text, "labels = ", quoted.str(), "\n");
  }
  return text;
}

}   // namespace partway::media
