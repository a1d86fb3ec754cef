// The tree as it stands: every include points down, files stay small, and no file names a host that packages come from.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/structure/include_rules.h"

namespace partway::structure {
namespace {

namespace fs = std::filesystem;
using ::testing::IsEmpty;

constexpr int kLinesMax = 450;

const fs::path kRoot = PARTWAY_SOURCE_DIR;

std::string Read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool HasExtension(const fs::path& path, std::initializer_list<const char*> extensions) {
  return std::any_of(extensions.begin(), extensions.end(), [&](const char* e) { return path.extension() == e; });
}

// Paths relative to the root, of what belongs to the code: nothing built, fetched or hidden.
std::vector<fs::path> FilesUnder(const fs::path& folder) {
  std::vector<fs::path> files;
  if (!fs::exists(kRoot / folder)) return files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(kRoot / folder)) {
    if (entry.is_regular_file()) files.push_back(fs::relative(entry.path(), kRoot));
  }
  std::sort(files.begin(), files.end());
  return files;
}

TEST(Tree, EveryIncludePointsDown) {
  std::vector<std::string> wrong;
  int seen = 0;
  for (const fs::path& file : FilesUnder("src")) {
    if (!HasExtension(file, {".h", ".cc"})) continue;
    ++seen;
    const auto found = WrongIncludes(fs::relative(file, "src").generic_string(), Read(kRoot / file));
    wrong.insert(wrong.end(), found.begin(), found.end());
  }
  EXPECT_GT(seen, 20) << "src/ was not found under " << kRoot;
  EXPECT_THAT(wrong, IsEmpty());
}

TEST(Tree, SourceFilesStaySmall) {
  std::vector<std::string> long_files;
  for (const char* folder : {"src", "tests", "bench"}) {
    for (const fs::path& file : FilesUnder(folder)) {
      if (!HasExtension(file, {".h", ".cc"})) continue;
      const std::string text = Read(kRoot / file);
      const auto lines = std::count(text.begin(), text.end(), '\n');
      if (lines > kLinesMax) long_files.push_back(file.string() + ": " + std::to_string(lines) + " lines");
    }
  }
  EXPECT_THAT(long_files, IsEmpty()) << "more than " << kLinesMax << " lines: two jobs in one file?";
}

TEST(Tree, NoFileNamesAHostThatPackagesComeFrom) {
  // Set-up uses the machine's own configured mirrors. Written in parts, so that this file passes too.
  const std::vector<std::string> hosts = {
      std::string("deb.") + "debian.org", std::string("security.") + "debian.org", std::string("ftp.") + "debian.org",
      std::string("py") + "pi.org",       std::string("python") + "hosted",        std::string("conda.") + "anaconda",
      std::string("nuget") + ".org",      std::string("registry.") + "npmjs",      std::string("ghcr") + ".io",
      std::string("docker") + ".io",      std::string("download.") + "pytorch",    std::string("hugging") + "face.co"};
  std::vector<fs::path> files;
  for (const char* folder : {"src", "tests", "bench", "scripts", "cmake", "docs", ".ci"}) {
    const auto found = FilesUnder(folder);
    files.insert(files.end(), found.begin(), found.end());
  }
  for (const fs::directory_entry& entry : fs::directory_iterator(kRoot)) {
    if (entry.is_regular_file()) files.push_back(entry.path().filename());
  }
  std::vector<std::string> named;
  for (const fs::path& file : files) {
    if (HasExtension(file, {".onnx", ".jpg", ".png"})) continue;
    const std::string text = Read(kRoot / file);
    for (const std::string& host : hosts) {
      if (text.find(host) != std::string::npos) named.push_back(file.string() + " names " + host);
    }
  }
  EXPECT_GT(files.size(), 50u);
  EXPECT_THAT(named, IsEmpty());
}

}   // namespace
}   // namespace partway::structure
