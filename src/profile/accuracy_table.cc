#include "profile/accuracy_table.h"

namespace partway::profile {

const AccuracyRow* AccuracyTable::Find(int height, int width, const std::string& codec, int cut) const {
  const AccuracyRow* uncut = nullptr;
  for (const AccuracyRow& row : rows) {
    if (row.height != height || row.width != width || row.codec != codec) continue;
    if (row.cut == cut) return &row;
    if (row.cut == -1 && codec == "raw") uncut = &row;
  }
  return uncut;
}

}   // namespace partway::profile
