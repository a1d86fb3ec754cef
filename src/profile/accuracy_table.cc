#include "profile/accuracy_table.h"

namespace partway::profile {

AccuracyIndex::AccuracyIndex(const AccuracyTable& table) {
  for (const AccuracyRow& row : table.rows) rows_.emplace(Key(row.height, row.width, row.cut, row.codec), &row);
}

const AccuracyRow* AccuracyIndex::Find(int height, int width, std::string_view codec, int cut) const {
  auto found = rows_.find(Key(height, width, cut, codec));
  if (found == rows_.end() && codec == "raw") found = rows_.find(Key(height, width, -1, codec));
  return found == rows_.end() ? nullptr : found->second;
}

}   // namespace partway::profile
