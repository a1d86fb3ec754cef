// Some rows of an option table as a table of its own, for methods that are held to one input size or to one kind of option: whatever
// chooses among all rows of a problem chooses among these by being given the smaller table.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "cost/option_table.h"
#include "policy/problem.h"
#include "policy/registry.h"

namespace partway::policy {

struct RowSubset {
  cost::OptionTable table;
  std::vector<int32_t> row;   // of each, the row in the table that it was taken from; ascending

  // The problem with these options alone, whose other fields are as in `whole`. Valid while this stands where it is.
  Problem In(const Problem& whole) const;
  // The decision with rows of the whole table in place of ours.
  Decision Whole(Decision decision) const;
};

// The rows given, ascending and within the table (asserted). Groups, sizes and codecs keep their indices.
RowSubset KeepRows(const cost::OptionTable& table, const std::vector<int32_t>& rows);

// The parameter `size` of every method that can be held to one input size: the edge in pixels as a number, or "224", or "192x256";
// 0 means what `zero` says.
ParameterSpec SizeParameter(const char* zero);
inline constexpr const char* kFreeSize = "0: free over all sizes";

// The index of the size that `parameters` name, -1 for 0. Errors: InvalidArgument for one that the table lacks (and which it has).
absl::StatusOr<int> SizeIndex(const cost::OptionTable& table, const Parameters& parameters);

// All rows of that size; of any if `size` is -1. Errors: InvalidArgument if there is none.
absl::StatusOr<RowSubset> RowsOfSize(const cost::OptionTable& table, int size);

}   // namespace partway::policy
