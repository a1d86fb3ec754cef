// ./dev soak [MINUTES]: prints a line a minute and a verdict. Exit code 0 when every claim holds, 3 when one does not, 1 when it could not run, 2 for a wrong
// command line.
#include <stdlib.h>

#include <charconv>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <string>

#include "tests/soak/soak.h"

namespace partway::soak {
namespace {

constexpr double kLeastMinutes = 0.25, kMostMinutes = 60 * 24 * 7;

template <class T>
bool Number(const char* text, T* value) {
  const char* end = text + std::strlen(text);
  const auto [stop, error] = std::from_chars(text, end, *value);
  return error == std::errc() && stop == end;
}

int Main(int argc, char** argv) {
  double minutes = 60;
  SoakOptions options;
  options.source = std::string(PARTWAY_SOURCE_DIR) + "/assets/photos";
  for (int i = 1; i < argc; ++i) {
    const bool seed = std::strcmp(argv[i], "--seed") == 0 && i + 1 < argc;
    if (seed ? Number(argv[++i], &options.seed)
             : Number(argv[i], &minutes) && minutes >= kLeastMinutes && minutes <= kMostMinutes)
      continue;
    std::fprintf(stderr, "soak: '%s' is not understood; expected [MINUTES] [--seed N], MINUTES from %g to %g\n", argv[i],
                 kLeastMinutes, kMostMinutes);
    return 2;
  }
  options.seconds = minutes * 60;
  std::string folder = (std::filesystem::temp_directory_path() / "partway-soak-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) {
    std::fprintf(stderr, "soak: cannot make the folder %s\n", folder.c_str());
    return 1;
  }
  options.folder = folder;
  std::printf("soak: %g minutes, seed %llu, records in %s\n", minutes, static_cast<unsigned long long>(options.seed),
              folder.c_str());
  try {
    const Verdict verdict = RunSoak(options, [](const std::string& line) {
      std::printf("soak: %s\n", line.c_str());
      std::fflush(stdout);
    });
    for (const Claim& claim : verdict.claims)
      std::printf("%-7s %s: %s\n", claim.holds ? "holds" : "FAILS", claim.claim.c_str(), claim.found.c_str());
    std::printf("soak: %s\n", verdict.holds() ? "every claim holds" : "a claim does not hold");
    if (!verdict.holds()) return 3;
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "soak: %s\n", e.what());
    return 1;
  }
}

}   // namespace
}   // namespace partway::soak

int main(int argc, char** argv) { return partway::soak::Main(argc, argv); }
