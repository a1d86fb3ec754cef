// Reads the fields of one JSON object whose content is not trusted. A key that is absent or null leaves the value as it was; a
// key of the wrong type or outside the range of its variable is remembered as the first error, which names it. Not thread-safe.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "base/status.h"
#include "nlohmann/json.hpp"

namespace partway {

class Fields {
 public:
  using Json = nlohmann::ordered_json;

  // Borrows `object`.
  Fields(const Json& object, std::string name) : object_(object), name_(std::move(name)) {
    if (!object_.is_object()) Fail("", "an object");
  }

  bool Has(const char* key) const { return Find(key) != nullptr; }

  template <class T>
  void Get(const char* key, T* value) {
    const Json* field = Find(key);
    if (field == nullptr) return;
    if constexpr (std::is_same_v<T, bool>) {
      if (!field->is_boolean()) return Fail(key, "true or false");
      *value = field->get<bool>();
    } else if constexpr (std::is_same_v<T, std::string>) {
      if (!field->is_string()) return Fail(key, "text");
      *value = field->get_ref<const std::string&>();
    } else if constexpr (std::is_floating_point_v<T>) {
      if (!field->is_number() || !std::isfinite(field->get<double>())) return Fail(key, "a number");
      *value = field->get<T>();
    } else {
      static_assert(std::is_integral_v<T>);
      if (!field->is_number_integer()) return Fail(key, "a whole number");
      const bool above = field->is_number_unsigned() && field->get<uint64_t>() > uint64_t(std::numeric_limits<T>::max());
      const bool below =
          !field->is_number_unsigned() &&
          (std::is_unsigned_v<T> ? field->get<int64_t>() < 0 : field->get<int64_t>() < int64_t(std::numeric_limits<T>::min()));
      if (above || below) return Fail(key, "a whole number in range");
      *value = field->get<T>();
    }
  }
  template <class T>
  void Get(const char* key, std::optional<T>* value) {
    if (!Has(key)) return;
    T inner{};
    Get(key, &inner);
    *value = inner;
  }
  // Copies the object or array under `key`; false if it is absent.
  bool Object(const char* key, Json* part) { return Part(key, part, Json::value_t::object, "an object"); }
  bool Array(const char* key, Json* part) { return Part(key, part, Json::value_t::array, "a list"); }

  void Fail(const std::string& key, const std::string& expected) {
    if (!status_.ok()) return;
    status_ = InvalidArgument(name_, key.empty() ? "" : ".", key, ": expected ", expected);
  }
  const absl::Status& status() const { return status_; }

 private:
  const Json* Find(const char* key) const {
    if (!object_.is_object()) return nullptr;
    const auto it = object_.find(key);
    return it == object_.end() || it->is_null() ? nullptr : &*it;
  }
  bool Part(const char* key, Json* part, Json::value_t type, const char* expected) {
    const Json* field = Find(key);
    if (field == nullptr) return false;
    if (field->type() != type) {
      Fail(key, expected);
      return false;
    }
    *part = *field;
    return true;
  }

  const Json& object_;
  const std::string name_;
  absl::Status status_;
};

}   // namespace partway
