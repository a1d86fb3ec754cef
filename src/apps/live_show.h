// The live view of a run: what it shows is gathered as the run goes and drawn on stderr.
#pragma once

#include <utility>

#include "apps/live_feed.h"
#include "apps/live_screen.h"
#include "apps/recorded_run.h"

namespace partway::apps {

class LiveShow {
 public:
  LiveShow(LiveFeedOptions options, const media::ModelConfig& config) : feed_(std::move(options), config) {}

  // From now on the run's hooks tell this too, after whoever they told of frames and slots before; of events they tell this alone. It outlives the run.
  void AddTo(RunHooks* hooks);
  LiveFeed& feed() { return feed_; }

 private:
  LiveFeed feed_;
  LiveScreen screen_;
};

}   // namespace partway::apps
