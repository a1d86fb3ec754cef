#include "media/labels_csv.h"

#include <charconv>

#include "base/status.h"

namespace partway::media {

absl::StatusOr<std::map<std::string, CsvLabel, std::less<>>> ParseLabelsCsv(std::string_view text, const std::string& origin) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);   // byte order mark
  std::map<std::string, CsvLabel, std::less<>> labels;
  for (int number = 1; !text.empty(); ++number) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    if (line.empty() || (number == 1 && line == "file,label_index")) continue;

    const size_t comma = line.rfind(',');
    if (comma == 0 || comma == std::string_view::npos) {
      return InvalidArgument(origin, ":", number, ": expected file,label_index as in photo.jpg,207; got '", line.substr(0, 80),
                             "'");
    }
    const std::string_view file = line.substr(0, comma);
    std::string_view digits = line.substr(comma + 1);
    while (!digits.empty() && digits.front() == ' ') digits.remove_prefix(1);
    int index = -1;
    const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
    if (error != std::errc() || stop != digits.data() + digits.size() || index < 0 || index > 1'000'000) {
      return InvalidArgument(origin, ":", number, ": '", digits.substr(0, 40), "' is not a class index (0 to 1000000)");
    }
    const auto [at, added] = labels.emplace(file, CsvLabel{index, number});
    if (!added) return InvalidArgument(origin, ":", number, ": '", file, "' already has a label in line ", at->second.line);
  }
  return labels;
}

}   // namespace partway::media
