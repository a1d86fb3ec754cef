// A source that may wait for ever, such as a camera that hangs, behind one that does not.
#pragma once

#include <memory>

#include "media/source.h"

namespace partway::media {

// `source` with a thread of its own that calls its Next(), so that Interrupt() works whatever it waits for. Destroying it waits half a second for that thread at most; one that is stuck in
// the system is left there with the source.
std::unique_ptr<Source> Interruptible(std::unique_ptr<Source> source);

}   // namespace partway::media
