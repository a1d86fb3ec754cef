#include "apps/replay_input.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <tuple>

#include "base/status.h"
#include "control/load_estimator.h"
#include "net/trace.h"

namespace partway::apps {
namespace {

constexpr double kWarmUpS = 1;                      // before the first frame, as a live run's
constexpr double kSlowest = 1e-4, kFastest = 1e4;   // times as fast as a profile
constexpr double kMostSlots = 1e6;
constexpr double kLeastLoad = 0.03;                       // of others on the edge; less is what clocks make of it
constexpr double kLeastRate = 1e3, kHighestRate = 1e11;   // bit/s, where there is any
// What gRPC adds to a message: headers, frames, and on the way back the status.
constexpr sim::CallBytes kCall{.up = 100, .down = 100};
constexpr double kProbeBytes = 32;
constexpr double kLeastRequestS = 1e-3;

double ArrivedAt(const report::FrameRow& frame) { return std::max(frame.arrived_at_s, frame.captured_s); }

// By slots of the run, what machines took beside what their profiles say.
class Speeds {
 public:
  Speeds(double begin_s, double slot_s) : begin_s_(begin_s), slot_s_(slot_s) {}
  void Took(double at_s, bool device, double profiled_s, double measured_s) {
    if (!(profiled_s > 0) || !(measured_s > 0)) return;
    Sum& sum = slots_[static_cast<int64_t>(std::floor((at_s - begin_s_) / slot_s_))][device ? 0 : 1];
    sum.profiled_s += profiled_s;
    sum.measured_s += measured_s;
  }
  // Others' share of the edge during the slot.
  void Others(int64_t slot, double share) { others_[slot] = share; }
  // A slot that says nothing is as the one before it, and before the first as the first that does.
  std::vector<sim::MachineSpeeds> Over(double origin_s, double device, double edge) const {
    double now[2] = {device, edge};
    for (size_t machine : {0, 1}) {
      for (auto slot = slots_.rbegin(); slot != slots_.rend(); ++slot) {
        if (slot->second[machine].measured_s > 0) now[machine] = slot->second[machine].speed();
      }
    }
    std::map<int64_t, std::array<Sum, 2>> all = slots_;
    for (const auto& [slot, share] : others_) all[slot];   // slots of which only that is known
    std::vector<sim::MachineSpeeds> speeds = {{Instant{}, now[0], now[1], 0}};
    double others = 0;
    for (const auto& [slot, sums] : all) {
      for (size_t machine : {0, 1}) {
        if (sums[machine].measured_s > 0) now[machine] = sums[machine].speed();
      }
      if (const auto known = others_.find(slot); known != others_.end()) others = known->second;
      const double at_s = begin_s_ + static_cast<double>(slot) * slot_s_ - origin_s;
      speeds.push_back({Instant{FromSeconds(std::max(at_s, 0.0))}, now[0], now[1], others});
    }
    return speeds;
  }

 private:
  struct Sum {
    double profiled_s = 0, measured_s = 0;
    double speed() const { return std::clamp(profiled_s / measured_s, kSlowest, kFastest); }
  };
  double begin_s_, slot_s_;
  std::map<int64_t, std::array<Sum, 2>> slots_;
  std::map<int64_t, double> others_;
};

std::vector<sim::MachineSpeeds> SpeedsOf(const report::RunRecord& record, const LiveProblem& live, double begin_s,
                                         double origin_s) {
  const cost::OptionTable& table = live.table;
  std::map<std::tuple<int, int, std::string>, size_t> rows;
  for (size_t row = 0; row < table.size(); ++row) {
    const cost::OptionKey& key = table.keys[row];
    rows[{key.cut, table.sizes[static_cast<size_t>(key.size)].height,
          table.local(row) ? "" : table.codecs[static_cast<size_t>(key.codec)]}] = row;
  }
  Speeds speeds(begin_s, live.slot_s);
  for (const report::FrameRow& frame : record.frames) {
    const auto row = rows.find({frame.cut, frame.size, frame.codec});
    const auto local = rows.find({table.groups(), frame.size, ""});
    if (row == rows.end() || local == rows.end()) continue;
    const auto& device = table.coefficient[cost::kDevice];
    const bool sent = frame.upload_at_s >= 0;
    if (sent || (row == local && frame.outcome == device::Outcome::kLocal)) {
      const double at_s = frame.head_at_s >= 0 ? frame.head_at_s : frame.encode_at_s;
      speeds.Took(at_s, true, device[row->second], frame.head_s + frame.encode_s);
    }
    if (sent && frame.outcome == device::Outcome::kLocal) {
      const double rest_s = device[local->second] - (device[row->second] - table.encode_s[row->second]);
      speeds.Took(frame.tail_at_s, true, rest_s, frame.tail_s);
    }
    if (frame.outcome == device::Outcome::kEdge) {
      speeds.Took(frame.edge_at_s, false, table.coefficient[cost::kEdge][row->second], frame.edge_s);
    }
  }
  for (const report::SlotRow& slot : record.slots) {   // what a slot is told of others is what they took in the one before
    const auto load = slot.state.find("edge_load");
    if (load == slot.state.end()) continue;
    speeds.Others(slot.t - 1, load->second >= kLeastLoad ? std::min(load->second, control::LoadEstimator::kMost) : 0);
  }
  return speeds.Over(origin_s, live.device_speed, 1);
}

std::map<int, double> PrepareOf(const report::RunRecord& record) {
  std::map<int, std::pair<double, double>> sums;
  for (const report::FrameRow& frame : record.frames) {
    if (!(frame.prepare_s > 0)) continue;
    sums[frame.size].first += frame.prepare_s;
    sums[frame.size].second += 1;
  }
  std::map<int, double> means;
  for (const auto& [size, sum] : sums) means[size] = sum.first / sum.second;
  return means;
}

std::shared_ptr<const net::RateProfile> ProfileOf(const report::ReplayWay& way) {
  const auto rate = [](double bps) {
    return bps > 0 ? static_cast<int64_t>(std::llround(std::clamp(bps, kLeastRate, kHighestRate))) : 0;
  };
  if (way.rates_bps.size() == 1) {
    const int64_t bps = rate(way.rates_bps[0]);
    return bps > 0 ? net::RateOverTime({{Duration(0), bps}}) : nullptr;
  }
  std::vector<net::RateStep> steps;
  for (size_t i = 0; i < way.rates_bps.size(); ++i) {
    steps.push_back({FromSeconds(way.step_s * static_cast<double>(i)), rate(way.rates_bps[i])});
  }
  return net::RateOverTime(steps);
}

double LeastRoundTrip(const report::RunRecord& record) {
  double least = std::numeric_limits<double>::infinity();
  for (const report::SlotRow& slot : record.slots) {
    const auto found = slot.state.find("rtt_s");
    if (found != slot.state.end() && found->second > 0) least = std::min(least, found->second);
  }
  return std::isfinite(least) ? least : 0;
}

// What the small messages that measure a round trip spend on a link of that rate.
double OnLink(const report::ReplayWay& way, double bytes) {
  return way.rates_bps.size() == 1 && way.rates_bps[0] > 0 ? 8 * bytes / way.rates_bps[0] : 0;
}

sim::EventLink EmulatedLink(const report::ReplayLink& link, const report::RunRecord& record) {
  sim::EventLink made;
  made.up = ProfileOf(link.up);
  made.down = ProfileOf(link.down);
  const double own_s =
      link.up.delay_s + link.down.delay_s + OnLink(link.up, kProbeBytes + kCall.up) + OnLink(link.down, kCall.down);
  // The network under the emulated link, and what programs at its ends take to pass a message on.
  const double beside_s = std::max(0.0, LeastRoundTrip(record) - own_s) / 2;
  made.delay_up = FromSeconds(link.up.delay_s + beside_s);
  made.delay_down = FromSeconds(link.down.delay_s + beside_s);
  return made;
}

// The network as it was: what each slot's messages told of it. Empty if they told nothing.
sim::EventLink MeasuredLink(const report::RunRecord& record, double slot_s, double begin_s) {
  std::vector<net::RateStep> steps;
  for (const report::SlotRow& slot : record.slots) {
    if (!(slot.uplink_bps > 0)) continue;
    const double at_s = begin_s + static_cast<double>(slot.t) * slot_s;
    const auto rate = static_cast<int64_t>(std::llround(std::clamp(slot.uplink_bps, kLeastRate, kHighestRate)));
    const Duration at = steps.empty() ? Duration(0) : FromSeconds(at_s);
    if (steps.empty() || at > steps.back().at) steps.push_back({at, rate});
  }
  if (steps.empty()) return {};
  // The last one's rate stays: the others would come again.
  steps.push_back({steps.back().at + std::chrono::hours(24 * 365), steps.back().bits_per_second});
  sim::EventLink made;
  made.up = net::RateOverTime(steps);
  made.delay_up = made.delay_down = FromSeconds(LeastRoundTrip(record) / 2);
  return made;
}

}   // namespace

absl::StatusOr<ReplayInput> ReplayInputOf(const report::RunRecord& record, const LiveProblem& live) {
  if (record.frames.empty()) return InvalidArgument("the record has no frame; there is nothing to play again");
  std::vector<const report::FrameRow*> frames;
  for (const report::FrameRow& frame : record.frames) frames.push_back(&frame);
  std::stable_sort(frames.begin(), frames.end(), [](const report::FrameRow* a, const report::FrameRow* b) {
    return std::tuple(ArrivedAt(*a), a->id) < std::tuple(ArrivedAt(*b), b->id);
  });
  const double begin_s = frames.front()->captured_s;   // of the first slot
  ReplayInput input;
  const report::ReplayInfo& info = *record.header.replay;
  double earliest_s = begin_s;
  for (const report::FrameRow* frame : frames) earliest_s = std::min(earliest_s, frame->captured_s);
  input.origin_s = info.link ? info.link->at_s : earliest_s - kWarmUpS;
  if (input.origin_s > earliest_s) {
    return InvalidArgument("a frame was captured at ", earliest_s, " s, before the link began at ", input.origin_s, " s");
  }
  if ((ArrivedAt(*frames.back()) - input.origin_s) / live.slot_s > kMostSlots) {
    return InvalidArgument("the run has ", (ArrivedAt(*frames.back()) - input.origin_s) / live.slot_s,
                           " slots; expected at most ", kMostSlots);
  }
  for (const report::FrameRow* frame : frames) {
    input.run.frames.push_back(
        {Instant{FromSeconds(frame->captured_s - input.origin_s)}, Instant{FromSeconds(ArrivedAt(*frame) - input.origin_s)}});
  }
  input.run.fps = info.fps;
  input.run.speeds = SpeedsOf(record, live, begin_s, input.origin_s);
  input.run.prepare_s = PrepareOf(record);
  if (info.link) {
    input.run.link = EmulatedLink(*info.link, record);
  } else {
    input.run.link = MeasuredLink(record, live.slot_s, begin_s - input.origin_s);
    if (input.run.link.up == nullptr) {
      return InvalidArgument("no link was emulated and no slot tells of an uplink, so there is none to play again");
    }
  }
  input.run.call = kCall;
  input.run.request_bytes = info.request_bytes;
  input.run.warm_up = FromSeconds(kWarmUpS);
  double edge_s = 0, served = 0;
  for (const report::FrameRow& frame : record.frames) {
    if (frame.outcome != device::Outcome::kEdge) continue;
    edge_s += frame.edge_s;
    served += 1;
  }
  // Others are taken to ask for what we ask for.
  if (served > 0) input.run.others_s = std::max(edge_s / served, kLeastRequestS);
  for (const report::SlotRow& slot : record.slots) {
    const auto workers = slot.state.find("edge_workers");
    if (workers == slot.state.end() || !(workers->second >= 1 && workers->second <= 1024)) continue;
    input.run.edge_workers = static_cast<int>(workers->second);
  }
  return input;
}

}   // namespace partway::apps
