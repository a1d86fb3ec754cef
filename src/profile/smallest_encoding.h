// The smallest encoding per size and cut that costs little accuracy: what a table of rates and accuracies is mostly asked. Pure.
#pragma once

#include <vector>

#include "profile/accuracy_table.h"

namespace partway::profile {

// For each size and cut of the table with at least one coded row: the row with the fewest bytes among those whose `change` is -`within` or better
// (a share: 0.01 is one point), of equal bytes the one that costs least. Cuts where no codec stays within are left out. By size and cut.
std::vector<AccuracyRow> SmallestWithin(const AccuracyTable& table, double within);

}   // namespace partway::profile
