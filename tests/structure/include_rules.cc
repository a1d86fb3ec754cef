#include "tests/structure/include_rules.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace partway::structure {
namespace {

using Names = std::set<std::string, std::less<>>;

// Lowest first. A folder may always include itself.
const std::map<std::string, Names, std::less<>>& FolderRules() {
  static const std::map<std::string, Names, std::less<>> rules = {
      {"base", {}},
      {"graph", {"base"}},
      {"zoo", {"base", "graph"}},
      {"engine", {"base", "graph"}},
      {"media", {"base"}},
      {"codec", {"base", "media"}},
      {"net", {"base"}},
      {"profile", {"base"}},
      {"profile/measure", {"base", "graph", "engine", "codec", "media", "profile"}},
      {"cost", {"base", "profile"}},
      {"policy", {"base", "cost"}},
      {"wire", {"base"}},
      {"edge", {"base"}},
      {"device", {"base"}},
      {"control", {"base", "cost", "policy", "device"}},
      {"edge/service", {"base", "graph", "engine", "codec", "media", "profile", "profile/measure", "wire", "edge"}},
      {"device/live", {"base", "graph", "engine", "codec", "media", "net", "wire", "cost", "policy", "device", "control"}},
      {"sim", {"base", "net", "cost", "policy", "device", "control", "edge"}},
      {"report", {"base", "device"}},
      {"apps",
       {"base", "graph", "zoo", "engine", "codec", "media", "net", "profile", "profile/measure", "cost", "policy", "wire", "edge",
        "device", "control", "edge/service", "device/live", "report", "sim"}},
  };
  return rules;
}

// A library, how its headers begin, and the only files that may name them.
struct Library {
  const char* name;
  std::vector<std::string> prefixes;
  std::vector<std::string> allowed;   // files, or how their paths begin
};

const std::vector<Library>& Libraries() {
  static const std::vector<Library> libraries = {
      {"ONNX Runtime", {"onnxruntime"}, {"engine/ort_", "engine/shape_probe.cc"}},
      {"gRPC", {"grpc/", "grpcpp/", "grpc++/"}, {"edge/service/", "device/live/"}},
      {"our protocol's generated code", {"open_inference.", "partway."}, {"wire/", "edge/service/", "device/live/"}},
      {"protobuf", {"google/protobuf/"}, {"graph/", "wire/", "edge/service/", "device/live/"}},
      {"ONNX", {"onnx/"}, {"graph/", "zoo/", "engine/"}},
      {"OpenCV", {"opencv2/"}, {"media/", "codec/"}},
      {"CLI11", {"CLI/"}, {"apps/"}},
      {"toml++", {"toml++/"}, {"media/", "graph/", "apps/"}},
      {"OpenSSL", {"openssl/"}, {"base/"}},
  };
  return libraries;
}

bool StartsWith(std::string_view text, std::string_view prefix) { return text.substr(0, prefix.size()) == prefix; }

// "edge/service/x.h" -> "edge/service" where that is a folder of the rules, else its first part; "" if it is none of ours.
std::string FolderOf(std::string_view path) {
  for (size_t end = path.rfind('/'); end != std::string_view::npos && end > 0; end = path.rfind('/', end - 1)) {
    const std::string_view folder = path.substr(0, end);
    if (FolderRules().count(folder) > 0) return std::string(folder);
  }
  return "";
}

std::string Where(std::string_view file, int line) { return std::string(file) + ":" + std::to_string(line) + ": "; }

}   // namespace

std::vector<Include> IncludesOf(std::string_view source) {
  std::vector<Include> includes;
  int line = 0;
  while (!source.empty()) {
    ++line;
    const size_t end = std::min(source.find('\n'), source.size());
    std::string_view text = source.substr(0, end);
    source.remove_prefix(std::min(end + 1, source.size()));
    const auto skip_blanks = [&] {
      while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    };
    skip_blanks();
    if (!StartsWith(text, "#")) continue;
    text.remove_prefix(1);
    skip_blanks();
    if (!StartsWith(text, "include")) continue;
    const size_t open = text.find_first_of("\"<");
    if (open == std::string_view::npos) continue;
    const size_t close = text.find(text[open] == '<' ? '>' : '"', open + 1);
    if (close == std::string_view::npos) continue;
    includes.push_back({line, std::string(text.substr(open + 1, close - open - 1))});
  }
  return includes;
}

std::vector<std::string> WrongIncludes(std::string_view file, std::string_view source) {
  std::vector<std::string> wrong;
  const std::string folder = FolderOf(file);
  if (folder.empty()) return {std::string(file) + ": its folder is not in the order of folders; add it to the rules"};
  Names allowed = FolderRules().at(folder);
  allowed.insert(folder);
  const bool is_test = file.size() > 8 && file.substr(file.size() - 8) == "_test.cc";
  for (const Include& include : IncludesOf(source)) {
    const std::string target = FolderOf(include.path);
    const bool test_model = is_test && include.path == "graph/model_builder.h" && allowed.count("graph") > 0;
    if (!target.empty() && allowed.count(target) == 0 && !test_model) {
      std::string line = Where(file, include.line);
      line.append(folder).append("/ may not include ").append(target).append("/ (").append(include.path).append(")");
      wrong.push_back(std::move(line));
    }
    for (const Library& library : Libraries()) {
      const auto begins = [&](const std::string& prefix) { return StartsWith(include.path, prefix); };
      if (std::none_of(library.prefixes.begin(), library.prefixes.end(), begins)) continue;
      const auto permits = [&](const std::string& place) {
        return place.back() == '/' || place.back() == '_' ? StartsWith(file, place) : file == place;
      };
      // A test of graph/ or engine/ may hold ONNX messages, which is how it makes its models.
      if (is_test && std::string_view(library.name) == "ONNX" && allowed.count("graph") > 0) continue;
      if (std::none_of(library.allowed.begin(), library.allowed.end(), permits)) {
        wrong.push_back(Where(file, include.line) + "only the folders behind its seam name " + library.name + " (" +
                        include.path + ")");
      }
    }
  }
  return wrong;
}

}   // namespace partway::structure
