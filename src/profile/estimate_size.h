// Times at a size that was not measured, from those at sizes that were: a group's time goes with its work, which is its multiply-adds or, where it has none, the bytes that
// it reads and writes. Between two measured sizes on the line through both; beyond them in proportion to the nearer one. Pure.
#pragma once

#include "profile/profile.h"

namespace partway::profile {

// Fills in the times of every size of `profile` that has none (n = 0 in its first group) and marks it as estimated. With the same number of threads only; a size without any
// measured one of those keeps none. Returns how many were filled in.
int EstimateMissingSizes(Profile* profile);

}   // namespace partway::profile
