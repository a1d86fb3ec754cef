// A run while it runs, as lines of text for a terminal: what is chosen and why, the link, what came of the last slots against what was asked for, and
// the newest picture with its answer. A function of a bounded state; whoever owns a terminal draws the lines. Thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace partway::report {

// What came of a slot.
struct LiveSlot {
  double ended_s = 0;                         // since the first frame
  int64_t offered = 0, edge = 0, local = 0;   // frames that ended in it, and those of them that were answered
  int64_t within = 0;                         // answered inside the latency limit
  std::optional<double> latency_s;            // mean of the answers; null: there was none
  std::optional<double> accuracy;             // the same, by the table
  std::optional<double> frames_per_s;         // answered
};

struct LiveAnswer {
  std::string picture, words;          // "cup.jpg", "espresso"
  std::optional<double> probability;   // 0..1
  std::optional<bool> correct;
  std::string how;   // "edge, cut 3 at 224 as int8-ec"
  double latency_s = 0;
};

struct LiveState {
  static constexpr size_t kSlotsKept = 240, kNoticesKept = 3;

  std::string title;      // "efficientnet_lite0, policy adaptive"
  std::string emulated;   // what of the set-up is not as it is; may be empty
  double elapsed_s = 0;
  std::optional<double> total_s;

  std::string link_told;   // what the link is set to, where it is ours: "good, 20 Mbps"; may be empty
  bool edge = false;       // there is one at all
  bool connected = false;
  std::optional<double> uplink_bps;   // as estimated
  double uplink_error = 0;            // relative, one standard deviation
  double rtt_s = 0;
  std::optional<double> device_speed, edge_speed;   // times as fast as their profiles
  double edge_load = 0;                             // share that others take

  std::string chosen, why;
  std::optional<double> max_latency_s, min_accuracy;                                   // asked for, on average over slots
  std::deque<LiveSlot> slots;                                                          // newest last, at most kSlotsKept
  int64_t offered = 0, edge_answers = 0, local_answers = 0, dropped = 0, within = 0;   // so far
  std::optional<double> mean_latency_s, mean_accuracy;                                 // over all slots so far
  std::optional<double> top1;                                                          // of labelled pictures, 0..1

  std::optional<LiveAnswer> answer;
  std::deque<std::string> notices;   // newest last, at most kNoticesKept

  void AddSlot(const LiveSlot& slot);
  void AddNotice(std::string notice);
};

struct LiveScreenSize {
  int columns = 80, rows = 24;
  bool colour = false;
};

// At most `rows` lines of at most `columns` columns each (escape sequences of colours not counted), the least important left out first. Text from outside is
// shown without its control characters.
std::vector<std::string> RenderLive(const LiveState& state, const LiveScreenSize& screen);

// The newest slot in one line, for where nothing can be redrawn.
std::string LiveLine(const LiveState& state);

// Text from outside as it may be shown on a terminal: control characters and what is no UTF-8 become '?'.
std::string ForTerminal(const std::string& text);

}   // namespace partway::report
