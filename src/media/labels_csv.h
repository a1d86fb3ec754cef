// labels.csv of a folder of pictures: `file,label_index` a line, without quotes; a first line of just these words is a heading.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace partway::media {

struct CsvLabel {
  int index = 0;
  int line = 0;   // where it stands, for complaints
};

// Errors: InvalidArgument "origin:line: ..." for a line that is not a name, a comma and a class index from 0 to 1,000,000, and for
// a file named twice. Thread-safe.
absl::StatusOr<std::map<std::string, CsvLabel, std::less<>>> ParseLabelsCsv(std::string_view text, const std::string& origin);

}   // namespace partway::media
