// How many photos the demo sends at each cut: all of them where that is quick, fewer where each takes long, so that all cuts together
// end in time on any link.
#pragma once

#include <vector>

#include "base/units.h"

namespace partway::apps {

// `per_photo[c]`: expected time of one photo at cut c. Every cut gets at least `least` photos and at most `photos`; slow cuts share what
// the quick ones leave of `budget` evenly.
std::vector<int> PhotosPerCut(const std::vector<Seconds>& per_photo, int photos, int least, Seconds budget);

}   // namespace partway::apps
