// Reads the keys of one TOML table and checks each: the first that is missing, unknown, of the wrong kind or out of range is remembered with
// file, line, key and what was expected. After that nothing more is read. Values whose key is absent stay as they are. Not thread-safe.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/status.h"
#include "toml++/toml.h"

namespace partway::apps {

class TomlFields {
 public:
  // Borrows `table`. `name` is how errors call it ("[link]"; "the file" for the root); `origin` the file's name.
  TomlFields(const toml::table& table, std::string name, std::string origin)
      : table_(&table), name_(std::move(name)), origin_(std::move(origin)) {}

  // Refuses every key that is not among these.
  void Only(std::initializer_list<std::string_view> keys);
  bool Has(std::string_view key) const { return table_->contains(key); }
  void Require(std::string_view key, std::string_view expected);

  void Number(std::string_view key, double low, double high, double* value);
  void Whole(std::string_view key, int64_t low, int64_t high, int64_t* value);
  void Flag(std::string_view key, bool* value);
  void Text(std::string_view key, std::string* value);
  void Numbers(std::string_view key, double low, double high, size_t least, size_t most, std::vector<double>* values);
  // A list of lists, all of one length.
  void Rows(std::string_view key, double low, double high, size_t least, size_t most, std::vector<std::vector<double>>* rows);
  // A text with a unit, by one of the parsers of base/quantity.h.
  template <class T>
  void Quantity(std::string_view key, absl::StatusOr<T> (*parse)(std::string_view), std::optional<T>* value) {
    std::string text;
    Text(key, &text);
    if (!ok() || !Has(key)) return;
    absl::StatusOr<T> parsed = parse(text);
    if (!parsed.ok())
      return Fail(key, Concat(": ", std::string_view(parsed.status().message().data(), parsed.status().message().size())));
    *value = *parsed;
  }
  // The table under `key`, which must be one where it is there; its errors are to be taken over by Take.
  std::optional<TomlFields> Table(std::string_view key);
  void Take(const absl::Status& status) {
    if (status_.ok()) status_ = status;
  }

  const toml::node* Node(std::string_view key) const { return table_->get(key); }
  const toml::table& table() const { return *table_; }
  const std::string& name() const { return name_; }
  const std::string& origin() const { return origin_; }
  // "file:line: " of a node, or of a key's value, or of this table where the key is absent.
  std::string At(const toml::node& node) const { return Concat(origin_, ":", node.source().begin.line, ": "); }
  std::string At(std::string_view key) const { return At(Has(key) ? *Node(key) : *table_); }

  // "file:line: key 'KEY' in NAME" and `what` behind it.
  void Fail(std::string_view key, std::string_view what) { FailAt(At(key), key, what); }
  bool ok() const { return status_.ok(); }
  const absl::Status& status() const { return status_; }

 private:
  void FailAt(const std::string& at, std::string_view key, std::string_view what) {
    if (status_.ok()) status_ = InvalidArgument(at, "'", key, "' in ", name_, what);
  }
  // A number of the range at `node`; false after an error.
  bool Element(const toml::node& node, std::string_view key, double low, double high, double* value);
  const toml::array* List(const toml::node& node, std::string_view key, size_t least, size_t most, std::string_view of);

  const toml::table* table_;
  std::string name_, origin_;
  absl::Status status_;
};

// The root table. Errors: InvalidArgument "FILE:LINE: not TOML: ...".
absl::StatusOr<toml::table> ParseToml(std::string_view text, const std::string& origin);

}   // namespace partway::apps
