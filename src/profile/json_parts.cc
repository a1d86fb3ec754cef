#include "profile/json_parts.h"

#include <charconv>

#include "base/quantity.h"

namespace partway::profile {
namespace {

// The whole of `text` as an edge; 0 if it is none.
int EdgeOf(std::string_view text) {
  int edge = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), edge);
  return error == std::errc() && end == text.data() + text.size() ? edge : 0;
}

}   // namespace

absl::StatusOr<CheckedFields::Json> ParseJson(std::string_view text) {
  try {
    return CheckedFields::Json::parse(text);
  } catch (const CheckedFields::Json::exception& e) {   // "[json.exception.parse_error.101] parse error at line 1, column 9: ..."
    const std::string what = e.what();
    const size_t end = what.find("] ");
    return InvalidArgument("not JSON: ", what.substr(end == std::string::npos ? 0 : end + 2, 200));
  }
}

CheckedFields::Json SizeToJson(int height, int width) {
  if (height == width) return height;
  return SizeText(height, width);
}

void ReadSize(CheckedFields* in, const CheckedFields::Json& object, const char* key, int edge_max, int* height, int* width) {
  if (!in->ok()) return;
  const auto at = object.find(key);
  *height = *width = 0;
  if (at != object.end() && at->is_number_integer()) {
    in->fields().Get(key, height);
    *width = *height;
  } else if (at != object.end() && at->is_string()) {
    const std::string& text = at->get_ref<const std::string&>();
    if (const size_t x = text.find('x'); x != std::string::npos) {
      *height = EdgeOf(std::string_view(text).substr(0, x));
      *width = EdgeOf(std::string_view(text).substr(x + 1));
    }
  }
  const bool good = *height >= 1 && *width >= 1 && *height <= edge_max && *width <= edge_max;
  if (!good) in->Fail(key, Concat("an input edge in pixels or \"HxW\", 1 to ", edge_max));
}

}   // namespace partway::profile
