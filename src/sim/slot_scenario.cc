#include "sim/slot_scenario.h"

#include <cmath>

#include "base/rng.h"
#include "base/status.h"

namespace partway::sim {
namespace {

constexpr uint64_t kFrameStream = 1, kLinkStream = 2;
constexpr double kRowTolerance = 1e-6;   // rows of a transition matrix are written with few digits

absl::Status CheckBits(const char* what, double bits) {
  if (bits >= 0 && bits <= SlotScenario::kMostBits) return absl::OkStatus();
  return InvalidArgument("link: ", what, " is ", bits, "; expected bits a slot from 0 to ", SlotScenario::kMostBits);
}

absl::Status CheckLink(const ConstantBits& link) { return CheckBits("the constant", link.bits); }

absl::Status CheckLink(const UniformBits& link) {
  RETURN_IF_ERROR(CheckBits("the lower end", link.low));
  RETURN_IF_ERROR(CheckBits("the upper end", link.high));
  if (link.low > link.high) {
    return InvalidArgument("link: the range [", link.low, ", ", link.high, "] ends below where it begins");
  }
  return absl::OkStatus();
}

absl::Status CheckLink(const MarkovBits& link) {
  const size_t states = link.bits.size();
  if (states == 0 || states > SlotScenario::kMostStates) {
    return InvalidArgument("link: ", states, " Markov states; expected 1 to ", SlotScenario::kMostStates);
  }
  if (link.transitions.size() != states) {
    return InvalidArgument("link: ", link.transitions.size(), " rows of transitions for ", states, " states");
  }
  if (link.start < 0 || static_cast<size_t>(link.start) >= states) {
    return InvalidArgument("link: it starts in state ", link.start, "; expected 0 to ", states - 1);
  }
  for (size_t i = 0; i < states; ++i) {
    RETURN_IF_ERROR(CheckBits("a state", link.bits[i]));
    const std::vector<double>& row = link.transitions[i];
    if (row.size() != states) {
      return InvalidArgument("link: row ", i, " of the transitions has ", row.size(), " shares; expected ", states);
    }
    double sum = 0;
    for (const double share : row) {
      if (!(share >= 0 && share <= 1)) {
        return InvalidArgument("link: row ", i, " of the transitions holds ", share, "; expected shares from 0 to 1");
      }
      sum += share;
    }
    if (std::fabs(sum - 1) > kRowTolerance) {
      return InvalidArgument("link: row ", i, " of the transitions sums to ", sum, "; expected 1");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckLink(const ListedBits& link) {
  if (link.bits.empty()) return InvalidArgument("link: the trace is empty");
  for (const double bits : link.bits) RETURN_IF_ERROR(CheckBits("an entry of the trace", bits));
  return absl::OkStatus();
}

absl::Status CheckLink(const ProfiledBits& link) {
  return link.rate == nullptr ? InvalidArgument("link: there is no rate") : absl::OkStatus();
}

absl::Status CheckFrames(const FrameSource& frames) {
  const auto check = [](int64_t count) {
    if (count >= 0 && count <= SlotScenario::kMostFrames) return absl::OkStatus();
    return InvalidArgument("frames: ", count, " in a slot; expected 0 to ", SlotScenario::kMostFrames);
  };
  RETURN_IF_ERROR(check(frames.low));
  RETURN_IF_ERROR(check(frames.high));
  if (frames.low > frames.high) {
    return InvalidArgument("frames: the range [", frames.low, ", ", frames.high, "] ends below where it begins");
  }
  for (const int count : frames.trace) RETURN_IF_ERROR(check(count));
  return absl::OkStatus();
}

// Bits of one slot after another.
class LinkDraw {
 public:
  LinkDraw(const SlotScenario& scenario, uint64_t seed)
      : scenario_(scenario), rng_(StreamSeed(seed, kLinkStream)), slot_(FromSeconds(scenario.slot_s)) {
    if (const auto* markov = std::get_if<MarkovBits>(&scenario.link)) state_ = static_cast<size_t>(markov->start);
  }
  // Slot `t` of a trace; what is drawn comes one after the other whatever `t` is.
  double Next(int64_t t) {
    return std::visit([&](const auto& link) { return Of(link, t); }, scenario_.link);
  }

 private:
  double Of(const ConstantBits& link, int64_t) { return link.bits; }
  double Of(const UniformBits& link, int64_t) { return rng_.Uniform(link.low, link.high); }
  double Of(const MarkovBits& link, int64_t) {
    const double bits = link.bits[state_];
    const std::vector<double>& row = link.transitions[state_];
    double at = rng_.Uniform();
    size_t last = state_;   // should the row's sum fall short of 1 by rounding
    for (size_t next = 0; next < row.size(); ++next) {
      if (row[next] > 0) last = next;
      at -= row[next];
      if (at < 0) break;
    }
    state_ = last;
    return bits;
  }
  double Of(const ListedBits& link, int64_t t) { return link.bits[static_cast<size_t>(t) % link.bits.size()]; }
  double Of(const ProfiledBits& link, int64_t t) {
    return static_cast<double>(link.rate->Carried(Instant{slot_ * t}, Instant{slot_ * (t + 1)}));
  }

  const SlotScenario& scenario_;
  Rng rng_;
  const Duration slot_;
  size_t state_ = 0;
};

}   // namespace

policy::Problem ProblemOf(const SlotScenario& scenario, std::span<const policy::Observation> future) {
  policy::Problem problem;
  problem.options = scenario.options.get();
  problem.slot_s = scenario.slot_s;
  problem.max_latency_s = scenario.max_latency_s;
  problem.min_accuracy = scenario.min_accuracy;
  problem.edge_limits_frames = scenario.edge_limits_frames;
  problem.future = future;
  problem.dags = scenario.dags.get();
  problem.power = scenario.power.get();
  return problem;
}

uint64_t StreamSeed(uint64_t seed, uint64_t stream) { return seed + stream * 0xd1b54a32d192ed03ULL; }

absl::Status CheckSlotScenario(const SlotScenario& scenario) {
  if (scenario.slots < 1 || scenario.slots > SlotScenario::kMostSlots) {
    return InvalidArgument(scenario.slots, " slots; expected 1 to ", SlotScenario::kMostSlots);
  }
  if (!(scenario.slot_s >= SlotScenario::kShortestSlot && scenario.slot_s <= SlotScenario::kLongestSlot)) {
    return InvalidArgument("the slot is ", scenario.slot_s, " s long; expected ", SlotScenario::kShortestSlot, " to ",
                           SlotScenario::kLongestSlot);
  }
  RETURN_IF_ERROR(CheckFrames(scenario.frames));
  RETURN_IF_ERROR(std::visit([](const auto& link) { return CheckLink(link); }, scenario.link));
  cost::State state;
  state.rtt_s = scenario.rtt_s;
  state.edge_load = scenario.edge_load;
  for (const auto& [device, edge] : {std::pair(scenario.device_speed, scenario.edge_speed),
                                     std::pair(scenario.actual_device_speed, scenario.actual_edge_speed)}) {
    state.device_speed = device;
    state.edge_speed = edge;
    RETURN_IF_ERROR(cost::CheckState(state));
  }
  RETURN_IF_ERROR(policy::CheckProblem(ProblemOf(scenario, {})));
  if (scenario.policies.size() > SlotScenario::kMostPolicies) {
    return InvalidArgument(scenario.policies.size(), " policies; at most ", SlotScenario::kMostPolicies);
  }
  return absl::OkStatus();
}

std::vector<policy::Observation> DrawSlots(const SlotScenario& scenario, uint64_t seed, int64_t ahead) {
  Rng frames(StreamSeed(seed, kFrameStream));
  LinkDraw link(scenario, seed);
  cost::State state;
  state.rtt_s = scenario.rtt_s;
  state.device_speed = scenario.device_speed;
  state.edge_speed = scenario.edge_speed;
  state.edge_load = scenario.edge_load;
  std::vector<policy::Observation> slots;
  slots.reserve(static_cast<size_t>(scenario.slots));
  const FrameSource& source = scenario.frames;
  for (int64_t t = 0; t < scenario.slots; ++t) {
    const int count = source.trace.empty() ? static_cast<int>(frames.UniformInt(source.low, source.high))
                                           : source.trace[static_cast<size_t>(t + ahead) % source.trace.size()];
    const double bits = link.Next(t + ahead);
    if (count == 0) continue;
    state.uplink_bps = bits / scenario.slot_s;
    policy::Observation seen = policy::MakeObservation(t, count, state, scenario.slot_s);
    seen.uplink_bits = bits;   // not bits / slot * slot, which may differ in the last place
    slots.push_back(seen);
  }
  return slots;
}

}   // namespace partway::sim
