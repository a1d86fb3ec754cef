// Pictures that were passed over, told on stderr.
#pragma once

#include <vector>

#include "media/source.h"

namespace partway::apps {

// A line each for the first twenty, how many more there are, and how many they are together. Nothing when none was.
void TellSkipped(const std::vector<media::Skipped>& skipped);

}   // namespace partway::apps
