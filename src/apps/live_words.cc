#include "apps/live_words.h"

#include <array>
#include <cmath>
#include <optional>

#include "base/quantity.h"
#include "base/text.h"

namespace partway::apps {
namespace {

enum Family { kDevice, kPicture, kCut, kFamilies };

Family FamilyOf(const cost::OptionTable& table, size_t row) {
  return table.local(row) ? kDevice : table.keys[row].cut == 0 ? kPicture : kCut;
}

// One way under what was seen.
struct Way {
  size_t row = 0;
  double latency_s = 0, frames = 0;
};

// Of each family the row that one would take alone: in time, with the most frames, then the soonest.
std::array<std::optional<Way>, kFamilies> BestWays(const DecidedFrom& from) {
  const cost::OptionTable& table = *from.problem.options;
  std::array<std::optional<Way>, kFamilies> best;
  for (size_t row = 0; row < table.size(); ++row) {
    if (from.problem.min_accuracy > 0 && !(table.accuracy[row] >= from.problem.min_accuracy)) continue;
    const policy::OptionCost cost = from.model.Cost(row);
    if (!policy::SlotModel::Runs(from.seen, cost)) continue;
    const Way way{row, from.model.Latency(from.seen, cost), std::floor(from.model.Frames(from.seen, cost))};
    std::optional<Way>& known = best[FamilyOf(table, row)];
    if (known) {
      const bool in_time = way.latency_s <= from.problem.max_latency_s, was = known->latency_s <= from.problem.max_latency_s;
      const bool better = in_time != was                           ? in_time
                          : in_time && way.frames != known->frames ? way.frames > known->frames
                                                                   : way.latency_s < known->latency_s;
      if (!better) continue;
    }
    known = way;
  }
  return best;
}

// What speaks against `way`, beside a decision that gives `frames` at a mean of `latency_s`.
std::string Against(const DecidedFrom& from, const Way& way, int frames, double latency_s) {
  const std::string name = cost::OptionText(*from.problem.options, way.row);
  if (way.latency_s > from.problem.max_latency_s)
    return Concat(name, " would take ", FormatSeconds(way.latency_s), " > ", FormatSeconds(from.problem.max_latency_s));
  if (way.frames < frames) return Concat(name, " alone fits ", way.frames, " of ", from.seen.frames, " frames");
  if (way.latency_s > latency_s)
    return Concat(name, " would take ", FormatSeconds(way.latency_s), ", this ", FormatSeconds(latency_s));
  return Concat(name, " would do as well");
}

}   // namespace

std::string WayText(int cut, int groups, int size, const std::string& codec) {
  if (cut >= groups) return Concat("all on the device at ", size);
  return Concat(cut == 0 ? "all on the edge" : Concat("cut ", cut), " at ", size, " as ", codec);
}

std::string ChosenText(const cost::OptionTable& table, const policy::Observation& seen, const policy::Decision& decision) {
  std::string text = Concat(decision.frames(), " of ", seen.frames, " frames");
  const char* before = ": ";
  for (const policy::Share& share : decision.used()) {
    if (share.option < 0 || share.frames == 0) continue;
    const bool single = share.frames == decision.frames();
    Append(&text, before, single ? "" : Concat(share.frames, " "), cost::OptionText(table, static_cast<size_t>(share.option)));
    before = ", ";
  }
  return text;
}

std::string WhyText(const DecidedFrom& from) {
  if (!from.connected) return "the server does not answer, so everything runs on the device";
  if (from.seen.state.uplink_bps <= 0) return "the uplink is not known yet, so nothing is sent but probes";
  if (from.fell_back)
    return "fewer answers came in time lately than the device alone would give: it works alone, and some frames try the edge";
  const cost::OptionTable& table = *from.problem.options;
  std::array<bool, kFamilies> used{};
  int frames = 0;
  double latency_s = 0;
  for (const policy::Share& share : from.decision.used()) {
    if (share.option < 0 || share.frames == 0) continue;
    const auto row = static_cast<size_t>(share.option);
    used[FamilyOf(table, row)] = true;
    frames += share.frames;
    latency_s += share.frames * from.model.Latency(from.seen, from.model.Cost(row));
  }
  if (frames == 0) return "no way gives an answer in this slot";
  latency_s /= frames;
  std::string text = Concat("uplink ", FormatBitRate(from.seen.state.uplink_bps), ": ");
  const std::array<std::optional<Way>, kFamilies> best = BestWays(from);
  bool any = false;
  const bool mixed = static_cast<int>(used[kDevice]) + static_cast<int>(used[kPicture]) + static_cast<int>(used[kCut]) > 1;
  for (const Family family : {kDevice, kPicture, kCut}) {
    if (!best[family]) continue;
    // A way that is in use and is not enough alone is why there are others.
    if (used[family] && (!mixed || best[family]->frames >= frames)) continue;
    Append(&text, any ? "; " : "", Against(from, *best[family], frames, latency_s));
    any = true;
  }
  return any ? text : Concat(text, "no other way keeps the accuracy");
}

std::string HowText(const device::FrameRecord& frame, int groups) {
  if (frame.outcome == device::Outcome::kDropped) return Concat("dropped", frame.reason.empty() ? "" : ": ", frame.reason);
  const bool local = frame.outcome == device::Outcome::kLocal;
  return Concat(device::OutcomeName(frame.outcome), ", ", WayText(local ? groups : frame.cut, groups, frame.size, frame.codec));
}

}   // namespace partway::apps
