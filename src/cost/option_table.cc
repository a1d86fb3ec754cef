#include "cost/option_table.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/quantity.h"
#include "base/text.h"

namespace partway::cost {

std::string SizeText(const InputSize& size) { return partway::SizeText(size.height, size.width); }

std::string OptionText(const OptionTable& table, size_t row) {
  const OptionKey& key = table.keys[row];
  const std::string size = SizeText(table.sizes[static_cast<size_t>(key.size)]);
  if (table.local(row)) return Concat("all on the device at ", size);
  const std::string& codec = table.codecs[static_cast<size_t>(key.codec)];
  if (key.cut == 0) return Concat("all on the edge at ", size, " as ", codec);
  return Concat("cut ", key.cut, " at ", size, " as ", codec);
}

void RankRows(OptionTable* table) {
  std::vector<int32_t> order(table->size());
  std::iota(order.begin(), order.end(), 0);
  const auto accuracy = [&](int32_t row) {
    const double a = table->accuracy[static_cast<size_t>(row)];
    return std::isnan(a) ? -1.0 : a;
  };
  const std::vector<double>& bits = table->coefficient[kUplink];
  const std::vector<double>& device = table->coefficient[kDevice];
  std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) {
    if (accuracy(a) != accuracy(b)) return accuracy(a) > accuracy(b);
    const auto i = static_cast<size_t>(a), j = static_cast<size_t>(b);
    if (bits[i] != bits[j]) return bits[i] < bits[j];
    return device[i] < device[j];
  });
  table->rank.assign(table->size(), 0);
  for (size_t place = 0; place < order.size(); ++place) {
    table->rank[static_cast<size_t>(order[place])] = static_cast<int32_t>(place);
  }
}

}   // namespace partway::cost
