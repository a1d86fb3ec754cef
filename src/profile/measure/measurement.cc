#include "profile/measure/measurement.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <utility>

#include "base/status.h"

namespace partway::profile {
namespace {

constexpr int kUncounted = 1, kCounted = 2;   // passes of a turn

// Linear between order statistics; `sorted` is not empty.
double Quantile(const std::vector<double>& sorted, double q) {
  const double at = q * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<size_t>(at);
  const size_t high = std::min(low + 1, sorted.size() - 1);
  return sorted[low] + (at - static_cast<double>(low)) * (sorted[high] - sorted[low]);
}

struct Times {
  std::vector<std::vector<double>> groups;   // N lists
  std::vector<double> chain, whole;          // sums of passes; runs of the whole
};

struct Turn {
  size_t size = 0;
  bool whole = false;
};

}   // namespace

MeasureClocks ClocksFor(const engine::EngineInfo& engine, const Clock& wall) {
  static const ThreadClock own;
  if (engine.provider == "cpu" && engine.threads == 1) return {own, wall};
  return {wall, wall};
}

TimeSpread SpreadOf(std::vector<double> seconds) {
  if (seconds.empty()) return {};
  std::sort(seconds.begin(), seconds.end());
  return {.median_s = Quantile(seconds, 0.5),
          .p10_s = Quantile(seconds, 0.1),
          .p90_s = Quantile(seconds, 0.9),
          .n = static_cast<int64_t>(seconds.size())};
}

double SpreadOfMedian(std::vector<double> seconds) {
  if (seconds.size() < 6) return std::numeric_limits<double>::infinity();
  std::sort(seconds.begin(), seconds.end());
  // How many of n lie below the median is binomial: n/2 give or take 1.96 sqrt(n)/2.
  const auto n = static_cast<double>(seconds.size());
  const double low = std::floor(n / 2 - 0.98 * std::sqrt(n)), high = std::ceil(n / 2 + 0.98 * std::sqrt(n)) - 1;
  const auto at = [&](double rank) { return seconds[static_cast<size_t>(std::clamp(rank, 0.0, n - 1))]; };
  const double median = Quantile(seconds, 0.5);
  return median > 0 ? (at(high) - at(low)) / 2 / median : 0;
}

struct Measurement::Impl {
  const std::shared_ptr<engine::GroupChain> chain, whole;
  const std::vector<MeasuredSize> sizes;
  const MeasureOptions options;
  const MeasureClocks clocks;
  Rng rng;

  std::vector<std::vector<std::string>> frontier;   // by cut: the names that cross it
  std::vector<Times> times;                         // by size
  std::vector<Turn> turns;                          // of this round
  size_t turn = 0;
  int round = 0;   // the first warms up: one pass a turn, not counted
  int pass = 0, group = 0;
  bool pass_ended = false;            // by the last step
  std::vector<NamedTensor> known;     // what crosses the cut that the pass stands at
  std::vector<double> laps;           // of this pass
  Duration spent{0}, pass_begun{0};   // pass_begun: of spent, when this pass began
  std::vector<double> pass_s;         // by size: how long one pass took in the first round, chain and whole; 0: none yet
  std::vector<double> out_s;          // by size: estimate for one that is left out; 0: it is not
  bool done = false, settled = false;
  double worst = std::numeric_limits<double>::infinity();

  Impl(std::shared_ptr<engine::GroupChain> c, std::shared_ptr<engine::GroupChain> w, std::vector<MeasuredSize> s,
       const MeasureOptions& o, const MeasureClocks& k)
      : chain(std::move(c)), whole(std::move(w)), sizes(std::move(s)), options(o), clocks(k), rng(o.seed) {
    assert(!sizes.empty() && options.least >= 1 && options.most >= options.least);
    const graph::Grouping& grouping = chain->grouping();
    for (const graph::Cut& cut : grouping.cuts) {
      std::vector<std::string>& names = frontier.emplace_back();
      for (const graph::ValueId v : cut.values) names.push_back(grouping.graph->values[static_cast<size_t>(v)].name);
    }
    times.resize(sizes.size());
    pass_s.resize(sizes.size());
    out_s.resize(sizes.size());
    for (Times& t : times) t.groups.resize(static_cast<size_t>(chain->size()));
    NextRound();
  }

  void NextRound() {
    turns.clear();
    for (size_t s = 0; s < sizes.size(); ++s) {
      if (out_s[s] > 0) continue;
      turns.push_back({s, false});
      if (whole != nullptr) turns.push_back({s, true});
    }
    const bool upward = round == 0 && options.leave_out;
    for (size_t i = upward ? 0 : turns.size(); i > 1; --i) {
      std::swap(turns[i - 1], turns[static_cast<size_t>(rng.UniformInt(0, static_cast<int64_t>(i) - 1))]);
    }
    turn = 0;
    pass = group = 0;
  }

  // In the first round: whether the size whose turn is next would keep us beyond the limit. Then it and all larger ones, which come last, are left out.
  void LeaveOutWhatIsTooLong() {
    const size_t s = turns[turn].size;
    if (s == 0 || pass_s[s] > 0) return;   // a turn of its whole
    constexpr int kAhead = 1 + kUncounted + 1,
                  kLeft = kUncounted + 1;   // passes to come of one that is new, and of one that is warm
    double needed = ToSeconds(spent);
    for (size_t i = 0; i < s; ++i) needed += kLeft * pass_s[i];
    if (needed + kAhead * Estimate(s) <= ToSeconds(options.time_limit)) return;
    for (size_t i = s; i < sizes.size(); ++i) out_s[i] = kAhead * Estimate(i);
    turns.resize(turn);
  }
  // Seconds of a pass of size s, chain and whole, from the largest that ran.
  double Estimate(size_t s) const {
    size_t from = s;
    while (from > 0 && pass_s[from] == 0) --from;
    return sizes[from].work > 0 ? pass_s[from] * sizes[s].work / sizes[from].work : 0;
  }

  bool Counted() const { return round > 0 && pass >= kUncounted; }

  // All chain turns have the same number of measurements at the end of a round, as have all of the whole.
  size_t Measured() const { return times.front().chain.size(); }

  absl::Status TimeGroup() {
    const size_t size = turns[turn].size;
    if (group == 0) {
      known = sizes[size].inputs;
      laps.clear();
    }
    std::vector<NamedTensor> out;
    const Instant start = clocks.stopwatch.Now();
    absl::Status status = chain->Run(group, group + 1, known, out);
    const Duration lap = clocks.stopwatch.Now() - start;
    RETURN_IF_ERROR(status);
    laps.push_back(ToSeconds(lap));
    for (NamedTensor& t : out) known.push_back(std::move(t));
    ++group;
    // As a chain that runs by itself: a value is let go after its last use.
    const std::vector<std::string>& needed = frontier[static_cast<size_t>(group)];
    std::erase_if(known, [&](const NamedTensor& t) { return std::find(needed.begin(), needed.end(), t.name) == needed.end(); });
    if (group < chain->size()) return absl::OkStatus();
    group = 0;
    pass_ended = true;
    if (Counted()) {
      double sum = 0;
      for (size_t g = 0; g < laps.size(); ++g) {
        times[size].groups[g].push_back(laps[g]);
        sum += laps[g];
      }
      times[size].chain.push_back(sum);
    }
    return absl::OkStatus();
  }

  absl::Status TimeWhole() {
    const size_t size = turns[turn].size;
    std::vector<NamedTensor> out;
    const Instant start = clocks.stopwatch.Now();
    absl::Status status = whole->Run(0, whole->size(), sizes[size].inputs, out);
    const Duration lap = clocks.stopwatch.Now() - start;
    RETURN_IF_ERROR(status);
    if (Counted()) times[size].whole.push_back(ToSeconds(lap));
    pass_ended = true;
    return absl::OkStatus();
  }

  void EndPass() {
    // Past the limit the first counted round is cut down to one measurement of each and finished.
    const bool late = spent >= options.time_limit;
    if (round == 0) pass_s[turns[turn].size] += ToSeconds(spent - pass_begun);
    pass_begun = spent;
    ++pass;
    const int counted = pass - kUncounted;
    if (round > 0 && counted < (late ? 1 : kCounted) && !Enough()) return;
    pass = 0;
    if (late && round > 1) {
      End();
      return;
    }
    ++turn;
    if (round == 0 && options.leave_out && turn < turns.size()) LeaveOutWhatIsTooLong();
    if (turn < turns.size()) return;
    if (round > 0) {
      worst = WorstSpread();
      settled = worst <= options.spread && Measured() >= static_cast<size_t>(options.least);
      if (settled || late || Measured() >= static_cast<size_t>(options.most)) {
        End();
        return;
      }
    }
    ++round;
    NextRound();
  }

  // Of the turn at hand.
  bool Enough() const {
    const Times& t = times[turns[turn].size];
    return (turns[turn].whole ? t.whole : t.chain).size() >= static_cast<size_t>(options.most);
  }

  void End() {
    worst = WorstSpread();
    known.clear();
    done = true;
  }

  double WorstSpread() const {
    double most = 0;
    for (size_t s = 0; s < sizes.size(); ++s) {
      if (out_s[s] > 0) continue;
      most = std::max(most, SpreadOfMedian(times[s].chain));
      if (whole != nullptr) most = std::max(most, SpreadOfMedian(times[s].whole));
    }
    return most;
  }
};

Measurement::Measurement(std::shared_ptr<engine::GroupChain> chain, std::shared_ptr<engine::GroupChain> whole,
                         std::vector<MeasuredSize> sizes, const MeasureOptions& options, const MeasureClocks& clocks)
    : impl_(std::make_unique<Impl>(std::move(chain), std::move(whole), std::move(sizes), options, clocks)) {}
Measurement::~Measurement() = default;

absl::Status Measurement::Step() {
  Impl& m = *impl_;
  if (m.done) return absl::OkStatus();
  const Instant begun = m.clocks.wall.Now();
  m.pass_ended = false;
  absl::Status status = m.turns[m.turn].whole ? m.TimeWhole() : m.TimeGroup();
  m.spent += m.clocks.wall.Now() - begun;
  if (!status.ok()) m.done = true;
  if (m.pass_ended) m.EndPass();
  return status;
}

bool Measurement::done() const { return impl_->done; }
bool Measurement::settled() const { return impl_->settled; }
double Measurement::worst_spread() const { return impl_->worst; }

std::optional<double> Measurement::left_out(size_t i) const {
  const double seconds = impl_->out_s[i];
  return seconds > 0 ? std::optional(seconds) : std::nullopt;
}

double Measurement::share_done() const {
  const Impl& m = *impl_;
  if (m.done) return 1;
  const double time = m.options.time_limit.count() > 0 ? ToSeconds(m.spent) / ToSeconds(m.options.time_limit) : 1;
  const double count = static_cast<double>(m.Measured()) / m.options.most;
  return std::clamp(std::max(time, count), 0.0, 1.0);
}

void Measurement::Fill(size_t i, SizeProfile* size) const {
  const Times& t = impl_->times[i];
  size->groups.clear();
  for (const std::vector<double>& group : t.groups) size->groups.push_back(SpreadOf(group));
  size->whole = SpreadOf(t.whole);
}

}   // namespace partway::profile
