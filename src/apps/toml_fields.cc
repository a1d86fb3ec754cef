#include "apps/toml_fields.h"

#include <algorithm>
#include <cmath>

namespace partway::apps {

void TomlFields::Only(std::initializer_list<std::string_view> keys) {
  for (const auto& [key, node] : *table_) {
    if (std::find(keys.begin(), keys.end(), key.str()) != keys.end()) continue;
    std::string known;
    for (const std::string_view name : keys) Append(&known, known.empty() ? "" : ", ", name);
    if (ok()) {
      status_ = InvalidArgument(origin_, ":", key.source().begin.line, ": unknown key '", key.str(), "' in ", name_,
                                " (known: ", known, ")");
    }
    return;
  }
}

void TomlFields::Require(std::string_view key, std::string_view expected) {
  if (!Has(key)) Fail(key, Concat(" is missing; expected ", expected));
}

bool TomlFields::Element(const toml::node& node, std::string_view key, double low, double high, double* value) {
  const auto number = node.is_number() ? node.value<double>() : std::nullopt;
  if (!number) {
    FailAt(At(node), key, Concat(": expected a number from ", low, " to ", high));
    return false;
  }
  if (!(*number >= low && *number <= high)) {
    FailAt(At(node), key, Concat(": ", *number, "; expected a number from ", low, " to ", high));
    return false;
  }
  *value = *number;
  return true;
}

void TomlFields::Number(std::string_view key, double low, double high, double* value) {
  if (ok() && Has(key)) Element(*Node(key), key, low, high, value);
}

void TomlFields::Whole(std::string_view key, int64_t low, int64_t high, int64_t* value) {
  if (!ok() || !Has(key)) return;
  const auto* number = Node(key)->as_integer();
  if (number == nullptr || number->get() < low || number->get() > high) {
    return Fail(key, Concat(": expected a whole number from ", low, " to ", high));
  }
  *value = number->get();
}

void TomlFields::Flag(std::string_view key, bool* value) {
  if (!ok() || !Has(key)) return;
  const auto* flag = Node(key)->as_boolean();
  if (flag == nullptr) return Fail(key, ": expected true or false");
  *value = flag->get();
}

void TomlFields::Text(std::string_view key, std::string* value) {
  if (!ok() || !Has(key)) return;
  const auto* text = Node(key)->as_string();
  if (text == nullptr || text->get().empty()) return Fail(key, ": expected a text in quotes");
  *value = text->get();
}

const toml::array* TomlFields::List(const toml::node& node, std::string_view key, size_t least, size_t most,
                                    std::string_view of) {
  const toml::array* array = node.as_array();
  const std::string expected =
      least == most ? Concat("a list of ", least, " ", of) : Concat("a list of ", least, " to ", most, " ", of);
  if (array == nullptr) {
    FailAt(At(node), key, Concat(": expected ", expected));
    return nullptr;
  }
  if (array->size() < least || array->size() > most) {
    FailAt(At(node), key, Concat(": ", array->size(), " ", of, "; expected ", expected));
    return nullptr;
  }
  return array;
}

void TomlFields::Numbers(std::string_view key, double low, double high, size_t least, size_t most, std::vector<double>* values) {
  if (!ok() || !Has(key)) return;
  const toml::array* array = List(*Node(key), key, least, most, "numbers");
  if (array == nullptr) return;
  values->clear();
  for (const toml::node& element : *array) {
    double value = 0;
    if (!Element(element, key, low, high, &value)) return;
    values->push_back(value);
  }
}

void TomlFields::Rows(std::string_view key, double low, double high, size_t least, size_t most,
                      std::vector<std::vector<double>>* rows) {
  if (!ok() || !Has(key)) return;
  const toml::array* array = List(*Node(key), key, least, most, "rows");
  if (array == nullptr) return;
  rows->clear();
  for (const toml::node& line : *array) {
    const size_t width = rows->empty() ? 0 : rows->front().size();
    const toml::array* row = List(line, key, rows->empty() ? 1 : width, rows->empty() ? 1'000'000 : width, "numbers");
    if (row == nullptr) return;
    std::vector<double>& values = rows->emplace_back();
    for (const toml::node& element : *row) {
      double value = 0;
      if (!Element(element, key, low, high, &value)) return;
      values.push_back(value);
    }
  }
}

std::optional<TomlFields> TomlFields::Table(std::string_view key) {
  if (!ok() || !Has(key)) return std::nullopt;
  const toml::table* table = Node(key)->as_table();
  if (table == nullptr) {
    Fail(key, Concat(": expected a section, [", key, "]"));
    return std::nullopt;
  }
  return TomlFields(*table, Concat("[", key, "]"), origin_);
}

absl::StatusOr<toml::table> ParseToml(std::string_view text, const std::string& origin) {
  try {
    return toml::parse(text, origin);
  } catch (const toml::parse_error& e) {
    return InvalidArgument(origin, ":", e.source().begin.line, ": not TOML: ", std::string(e.description()));
  }
}

}   // namespace partway::apps
