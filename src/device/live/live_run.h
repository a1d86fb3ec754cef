// A run of the session on real parts: pictures from a Source, computation by a GroupChain, encoding by an Encoder, the edge over a Channel. Threads: the
// caller's (owner of the session), one that brings frames, one that prepares inputs, one that computes, one that encodes, and the channel's own;
// they meet in one bounded mailbox.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "base/tensor.h"
#include "control/controller.h"
#include "device/frame_record.h"
#include "device/live/channel.h"
#include "device/live/feeder.h"
#include "device/session.h"
#include "engine/group_chain.h"
#include "media/model_config.h"
#include "media/source.h"
#include "wire/messages.h"

namespace partway::device {

struct LiveOptions {
  SessionOptions session;
  FeederOptions feeder;
  wire::AttachRequest attach;   // who we are and what we run; the session's probe is this message
  // Who decides, slot by slot, by what option each frame runs; null: all by session.plan. It must outlive the run, and no other run may have it.
  control::Controller* controller = nullptr;
  // Emulates a slower device: preparing, computing and encoding take so many times as long, the rest of it slept. 1: as it is.
  double slowdown = 1;
  // After `stop`, frames under way have this long, then they are dropped; with noticing the stop and the computation at hand within 2 s.
  Duration drain = std::chrono::milliseconds(1500);
};

// What became of one frame, for whoever shows or records it.
struct LiveFrame {
  const FrameRecord& record;
  const media::Picture& picture;
  const std::vector<NamedTensor>& outputs;   // the model's, in its order; empty for a dropped frame
};

struct LiveObserver {
  // A controlled run's slot, when it has ended.
  std::function<void(const control::SlotReport&)> slot;
  std::function<void(const LiveFrame&)> frame;
  // "lost", "reattached", "refused" with the reason.
  std::function<void(Instant at, const std::string& kind, const std::string& detail)> notice;
};

struct LiveResult {
  SessionCounts counts;
  Instant started, ended;   // first frame captured, last outcome
  int depth = 0;            // in force at the end
  bool stopped = false;     // by `stop` rather than by the source's end
  absl::Status source;      // why the source ended, if it failed; the frames until then have their outcomes
};

// Blocks until the source has ended and every frame has its outcome, or `stop` was set. `channel` null: all on the device. The observer
// is called on the caller's thread between two steps of the session, so it must be quick; frames come in the order in which they end.
// Errors: InvalidArgument for a model that takes no picture.
absl::StatusOr<LiveResult> RunLive(const LiveOptions& options, const Clock& clock, engine::GroupChain& chain,
                                   media::Source& source, const media::ModelConfig& config, Channel* channel,
                                   const LiveObserver& observer, const std::atomic<bool>& stop);

}   // namespace partway::device
