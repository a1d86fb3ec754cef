#include "profile/privacy_table.h"

#include <algorithm>
#include <cstdio>

#include "base/text.h"

namespace partway::profile {

const PrivacyRow* PrivacyTable::Find(int cut) const {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const PrivacyRow& row) { return row.cut == cut; });
  return found == rows.end() ? nullptr : &*found;
}

std::string TooFewPictures(const PrivacyTable& table) {
  if (!table.control_ssim) {
    if (table.n >= kEnoughPictures) return "";
    return Concat("privacy was measured on ", table.n, " pictures, which is few (below ", kEnoughPictures,
                  "): an attacker with more rebuilds more, and what looks hidden need not be");
  }
  if (*table.control_ssim >= kEnoughControlSsim) return "";
  char control[16];
  std::snprintf(control, sizeof control, "%.2f", *table.control_ssim);
  return Concat("privacy was measured on too few pictures (", table.n,
                "): even from the picture itself, nothing hidden, this attacker rebuilds SSIM ", control, ", where ",
                kEnoughControlSsim, " or more is wanted and 1 is all; what looks hidden need not be");
}

}   // namespace partway::profile
