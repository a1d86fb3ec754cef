// Which folder of src/ may include what (docs/architecture.md). Kept apart from CMake's link lists on purpose: an include that
// points the wrong way often links all the same.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace partway::structure {

struct Include {
  int line = 0;       // from 1
  std::string path;   // as written between the quotes or angles
};

std::vector<Include> IncludesOf(std::string_view source);

// One message for each include of the file that may not be there, each with file and line. `file` is relative to src/, with
// forward slashes: "edge/service/server.cc". Tests (`*_test.cc`) may also use what the folder's tests are linked with: gtest, and
// the model builder of graph/.
std::vector<std::string> WrongIncludes(std::string_view file, std::string_view source);

}   // namespace partway::structure
