#include "apps/live_show.h"

#include <utility>

namespace partway::apps {

void LiveShow::AddTo(RunHooks* hooks) {
  hooks->frame = [this, before = std::move(hooks->frame)](report::FrameRow& frame, const media::Picture& picture,
                                                          const std::vector<media::Guess>& guesses) {
    if (before) before(frame, picture, guesses);
    const bool news = feed_.Frame(frame, guesses);
    screen_.Show(feed_.state(), news);
  };
  hooks->slot = [this, before = std::move(hooks->slot)](const report::SlotRow& row, const control::SlotReport& slot) {
    if (before) before(row, slot);
    feed_.Slot(row);
    screen_.Show(feed_.state(), true);
  };
  hooks->event = [this](const report::EventRow& event) {
    screen_.Tell(feed_.Event(event));
    screen_.Show(feed_.state(), false);
  };
}

}   // namespace partway::apps
