// Shows the live view on stderr: on a terminal as lines that are redrawn in place, ten times a second, on a thread of its own, so that a slow terminal
// delays nobody; anywhere else as one plain line a slot. A terminal that takes nothing (held with Ctrl-S) is passed over until it does.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <thread>

#include "report/live_view.h"

namespace partway::apps {

class LiveScreen {
 public:
  LiveScreen();
  ~LiveScreen();   // draws the last state, which stays on the screen, and shows the cursor again
  LiveScreen(const LiveScreen&) = delete;
  LiveScreen& operator=(const LiveScreen&) = delete;

  // Whether stderr is a terminal that lines can be redrawn on.
  bool terminal() const { return terminal_; }
  // The state as it is now. `slot_ended`: the newest slot is new, or there is a new decision.
  void Show(const report::LiveState& state, bool slot_ended);
  // Something that happened; where nothing is redrawn it is a line of its own.
  void Tell(const std::string& notice);

 private:
  void Loop();
  void Draw(const report::LiveState& state);

  const bool terminal_, colour_;
  std::mutex mutex_;
  std::condition_variable stopping_;
  report::LiveState state_;
  bool changed_ = false, stop_ = false;
  bool begun_ = false;   // something was drawn; the thread's, and the destructor's after it
  size_t drawn_ = 0;     // lines above the cursor that are ours
  std::thread thread_;   // of a terminal only
};

}   // namespace partway::apps
