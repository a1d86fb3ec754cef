#include "tests/soak/record_tail.h"

#include <algorithm>

#include "nlohmann/json.hpp"

namespace partway::soak {
namespace {

using Json = nlohmann::json;

constexpr uint64_t kMostFrames = 50'000'000;

Counts CountsOf(const Json& frames) {
  return {frames.value("offered", int64_t{-1}), frames.value("edge", int64_t{-1}), frames.value("local", int64_t{-1}),
          frames.value("dropped", int64_t{-1})};
}

std::string Words(const Counts& c) {
  return std::to_string(c.offered) + " = " + std::to_string(c.edge) + " + " + std::to_string(c.local) + " + " +
         std::to_string(c.dropped);
}

}   // namespace

void RecordTail::Read() {
  if (!file_.is_open()) file_.open(path_, std::ios::binary);
  if (!file_.is_open()) return;
  file_.clear();   // there may be more after the end that was met
  char buffer[1 << 16];
  while (file_.read(buffer, sizeof buffer), file_.gcount() > 0) rest_.append(buffer, static_cast<size_t>(file_.gcount()));
  size_t begin = 0;
  for (size_t end; (end = rest_.find('\n', begin)) != std::string::npos; begin = end + 1) Take(rest_.substr(begin, end - begin));
  rest_.erase(0, begin);
}

void RecordTail::Take(const std::string& line) {
  const auto fail = [this](std::string what) {
    if (wrong_.empty()) wrong_ = std::move(what);
  };
  const Json json = Json::parse(line, nullptr, false);
  if (!json.is_object()) return fail("a line that is not JSON: " + line.substr(0, 80));
  if (summary_) return fail("a line after the summary");
  if (json.contains("event")) ++events_[json["event"].value("kind", "")];
  if (json.contains("summary")) summary_ = CountsOf(json["summary"].value("frames", Json::object()));
  if (!json.contains("frame")) return;
  const Json& frame = json["frame"];
  const auto id = frame.value("id", kMostFrames);
  const std::string outcome = frame.value("outcome", "");
  if (id >= kMostFrames) return fail("a frame without a number");
  if (id >= seen_.size()) seen_.resize(std::max<size_t>(id + 1, seen_.size() * 2));
  if (seen_[id]) return fail("frame " + std::to_string(id) + " is there twice");
  seen_[id] = true;
  ++counts_.offered;
  if (outcome == "edge") ++counts_.edge;
  if (outcome == "local") ++counts_.local;
  if (outcome == "dropped") ++counts_.dropped;
  const auto reason = frame.find("reason");
  if (outcome == "dropped" && (reason == frame.end() || !reason->is_string() || reason->get_ref<const std::string&>().empty()))
    fail("frame " + std::to_string(id) + " was dropped without a reason");
}

int64_t RecordTail::events(const std::string& kind) const {
  const auto found = events_.find(kind);
  return found == events_.end() ? 0 : found->second;
}

std::string RecordTail::Wrong() const {
  if (!wrong_.empty()) return wrong_;
  if (!rest_.empty()) return "its last line is cut";
  if (!summary_) return "it has no summary";
  if (counts_.offered == 0) return "it has no frame";
  const auto missing = std::find(seen_.begin(), seen_.begin() + counts_.offered, false);
  if (missing != seen_.begin() + counts_.offered) return "frame " + std::to_string(missing - seen_.begin()) + " is not there";
  if (counts_.edge + counts_.local + counts_.dropped != counts_.offered) return "the outcomes do not add up: " + Words(counts_);
  if (!(counts_ == *summary_)) return "the summary says " + Words(*summary_) + ", its lines " + Words(counts_);
  return "";
}

}   // namespace partway::soak
