#include "policy/row_subset.h"

#include <cassert>
#include <limits>
#include <string>

#include "base/status.h"

namespace partway::policy {
namespace {

template <class T>
std::vector<T> Taken(const std::vector<T>& column, const std::vector<int32_t>& rows) {
  std::vector<T> taken;
  if (column.empty()) return taken;   // a table without this column
  taken.reserve(rows.size());
  for (const int32_t row : rows) taken.push_back(column[static_cast<size_t>(row)]);
  return taken;
}

}   // namespace

Problem RowSubset::In(const Problem& whole) const {
  Problem problem = whole;
  problem.options = &table;
  return problem;
}

Decision RowSubset::Whole(Decision decision) const {
  for (int i = 0; i < decision.count; ++i) {
    int32_t& option = decision.shares[static_cast<size_t>(i)].option;
    if (option != kOwnOption) option = row[static_cast<size_t>(option)];
  }
  return decision;
}

RowSubset KeepRows(const cost::OptionTable& table, const std::vector<int32_t>& rows) {
  for (size_t i = 0; i < rows.size(); ++i) {
    assert(rows[i] >= 0 && static_cast<size_t>(rows[i]) < table.size() && (i == 0 || rows[i - 1] < rows[i]));
  }
  RowSubset kept;
  kept.row = rows;
  cost::OptionTable& to = kept.table;
  to.group_names = table.group_names;
  to.sizes = table.sizes;
  to.codecs = table.codecs;
  to.keys = Taken(table.keys, rows);
  for (size_t w = 0; w < cost::kWeights; ++w) to.coefficient[w] = Taken(table.coefficient[w], rows);
  to.encode_s = Taken(table.encode_s, rows);
  to.decode_s = Taken(table.decode_s, rows);
  to.accuracy = Taken(table.accuracy, rows);
  to.device_memory_bytes = Taken(table.device_memory_bytes, rows);
  to.edge_memory_bytes = Taken(table.edge_memory_bytes, rows);
  to.distance_correlation = Taken(table.distance_correlation, rows);
  to.reconstruction_ssim = Taken(table.reconstruction_ssim, rows);
  cost::RankRows(&to);
  return kept;
}

ParameterSpec SizeParameter(const char* zero) {
  ParameterSpec spec{"size", Concat("input size, edge in pixels or HxW; ", zero), 0, 0, 1 << 20};
  spec.whole = true;
  spec.also_text = true;
  return spec;
}

absl::StatusOr<int> SizeIndex(const cost::OptionTable& table, const Parameters& parameters) {
  std::string wanted;
  if (const auto text = parameters.texts.find("size"); text != parameters.texts.end()) {
    wanted = text->second;
  } else if (const auto number = parameters.numbers.find("size"); number != parameters.numbers.end()) {
    wanted = Concat(static_cast<int64_t>(number->second));
  }
  if (wanted.empty() || wanted == "0") return -1;
  std::string has;
  for (size_t i = 0; i < table.sizes.size(); ++i) {
    const std::string name = cost::SizeText(table.sizes[i]);
    if (name == wanted) return static_cast<int>(i);
    Append(&has, has.empty() ? "" : ", ", name);
  }
  return InvalidArgument("the options have no size ", wanted, "; they have ", has);
}

absl::StatusOr<RowSubset> RowsOfSize(const cost::OptionTable& table, int size) {
  std::vector<int32_t> rows;
  for (size_t row = 0; row < table.size(); ++row) {
    if (size < 0 || table.keys[row].size == size) rows.push_back(static_cast<int32_t>(row));
  }
  if (rows.empty()) {
    return InvalidArgument("there is no option of size ", cost::SizeText(table.sizes[static_cast<size_t>(size)]));
  }
  return KeepRows(table, rows);
}

}   // namespace partway::policy
