// Ctrl-C and SIGTERM as a flag that loops look at. The second one ends the process at once.
#pragma once

#include <atomic>

namespace partway::apps {

// Installs the handlers (once) and returns the flag. Call before threads are started.
const std::atomic<bool>& StopSignal();

// What the end at once writes to stderr first, to leave a terminal as it was found; null: nothing. `text` lives for ever.
void SetLastWords(const char* text);

}   // namespace partway::apps
