// Reads the fields of one JSON object and checks each against the range it must lie in: the first field that is missing, of the wrong type or
// outside is remembered with what was expected and found. On top of base/json_fields.h, for files that people may write. Not thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "base/json_fields.h"
#include "base/status.h"

namespace partway::profile {

class CheckedFields {
 public:
  using Json = Fields::Json;
  static constexpr size_t kMaxText = 4096;   // bytes

  // Borrows `object`; `name` begins every error ("table[3]"; "" for the document).
  CheckedFields(const Json& object, std::string name) : fields_(object, std::move(name)) {}

  // "expected `what` from `low` to `high`".
  template <class T>
  void Number(const char* key, std::type_identity_t<T> low, std::type_identity_t<T> high, std::string_view what, T* value) {
    if (!Present(key, Concat(what, " from ", low, " to ", high))) return;
    fields_.Get(key, value);
    if (fields_.status().ok() && !(*value >= low && *value <= high)) {
      fields_.Fail(key, Concat(what, " from ", low, " to ", high, ", found ", *value));
    }
  }
  // As Number where the key is there and not null; nullopt otherwise.
  template <class T>
  void Maybe(const char* key, std::type_identity_t<T> low, std::type_identity_t<T> high, std::string_view what,
             std::optional<T>* value) {
    value->reset();
    if (fields_.Has(key)) Number(key, low, high, what, &value->emplace());
  }
  void Text(const char* key, std::string* value) {
    if (!Present(key, "text")) return;
    fields_.Get(key, value);
    if (value->size() > kMaxText) fields_.Fail(key, Concat("text of at most ", kMaxText, " bytes"));
  }
  void Hex(const char* key, size_t digits, std::string* value) {
    Text(key, value);
    const bool good = value->size() == digits && value->find_first_not_of("0123456789abcdef") == std::string::npos;
    if (!good) Fail(key, Concat(digits, " hexadecimal digits"));
  }
  // A list of `least` to `most` entries.
  void List(const char* key, size_t least, size_t most, Json* list) {
    const std::string expected = least == most ? Concat("a list of ", least) : Concat("a list of ", least, " to ", most);
    if (!Present(key, expected) || !fields_.Array(key, list)) return;
    if (list->size() < least || list->size() > most) fields_.Fail(key, Concat(expected, ", found ", list->size()));
  }

  void Object(const char* key, Json* part) {
    if (Present(key, "an object")) fields_.Object(key, part);
  }

  bool Has(const char* key) const { return fields_.Has(key); }
  Fields& fields() { return fields_; }
  void Fail(const char* key, const std::string& expected) { fields_.Fail(key, expected); }
  bool ok() const { return fields_.status().ok(); }
  const absl::Status& status() const { return fields_.status(); }

 private:
  bool Present(const char* key, const std::string& expected) {
    if (!fields_.Has(key)) fields_.Fail(key, Concat(expected, "; it is missing"));
    return fields_.status().ok();
  }

  Fields fields_;
};

}   // namespace partway::profile
