#include "report/loop_story.h"

#include <algorithm>
#include <cmath>

namespace partway::report {

double LengthOf(const LoopStory& story) { return story.phases.empty() ? 0 : story.phases.back().to_s; }

LoopPart PartOf(const LoopStory& story, const LoopMethod& method, double from_s, double to_s) {
  LoopPart part;
  const std::vector<FrameRow>& frames = method.run.frames;
  if (frames.empty() || !(to_s > from_s)) return part;
  double first_s = frames.front().captured_s;
  for (const FrameRow& frame : frames) first_s = std::min(first_s, frame.captured_s);
  double latency_s = 0;
  int64_t labelled = 0, correct = 0;
  for (const FrameRow& frame : frames) {
    const double at_s = (frame.captured_s - first_s) * method.pace;
    if (at_s < from_s || at_s >= to_s) continue;
    ++part.offered;
    if (frame.outcome == device::Outcome::kDropped) continue;
    ++part.answered;
    part.within += frame.latency_s <= story.max_latency_s ? 1 : 0;
    latency_s += frame.latency_s;
    labelled += frame.correct ? 1 : 0;
    correct += frame.correct.value_or(false) ? 1 : 0;
  }
  const double length_s = (to_s - from_s) / method.pace;
  part.within_fps = static_cast<double>(part.within) / length_s;
  part.answered_fps = static_cast<double>(part.answered) / length_s;
  if (part.answered > 0) part.latency_s = latency_s / static_cast<double>(part.answered);
  if (labelled > 0) part.top1 = static_cast<double>(correct) / static_cast<double>(labelled);
  double accuracy = 0, slots = 0;
  for (const SlotRow& slot : method.run.slots) {
    const double at_s = static_cast<double>(slot.t) * story.slot_s * method.pace;
    if (at_s < from_s || at_s >= to_s || slot.b <= 0 || !std::isfinite(slot.accuracy)) continue;
    accuracy += slot.accuracy;
    ++slots;
  }
  if (slots > 0) part.accuracy = accuracy / slots;
  return part;
}

}   // namespace partway::report
