// The part of a page about runs over a link that changes: how each fared in each phase, what ours chose and knew as time went by, and its pipeline. Pure,
// thread-safe, cannot fail.
#pragma once

#include <string>

#include "report/loop_story.h"

namespace partway::report {

std::string RenderLoop(const LoopStory& story);

}   // namespace partway::report
