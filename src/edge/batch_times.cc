#include "edge/batch_times.h"

#include <algorithm>
#include <cmath>

namespace partway::edge {
namespace {

constexpr int kClasses = 16;   // 2^16 requests in a batch: more than any server admits
constexpr int kSmooth = 4, kSmoothRatio = 8;
constexpr double kNoLoss = 1.0;

double Median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}   // namespace

int BatchTimes::classes() const {
  int count = 0;
  while (count < kClasses && least(count) <= options_.most) ++count;
  return count;
}

int BatchTimes::most(int c) const { return std::min(1 << (c + 1), options_.most); }

KindId BatchTimes::KindOf(const std::string& kind) {
  if (options_.most < 2) return 0;
  if (const auto found = ids_.find(kind); found != ids_.end()) return found->second;
  if (ids_.size() >= options_.max_kinds) {
    ids_.clear();
    kinds_.clear();
  }
  ids_.emplace(kind, ++last_);
  kinds_[last_].classes.resize(static_cast<size_t>(classes()));
  return last_;
}

const BatchTimes::Class* BatchTimes::Find(KindId kind, int n) const {
  const auto found = kinds_.find(kind);
  if (found == kinds_.end()) return nullptr;
  for (size_t c = 0; c < found->second.classes.size(); ++c) {
    if (least(static_cast<int>(c)) <= n && n <= most(static_cast<int>(c))) return &found->second.classes[c];
  }
  return nullptr;
}

void BatchTimes::Alone(KindId kind, Duration took) {
  const auto found = kinds_.find(kind);
  if (found == kinds_.end() || took.count() <= 0) return;
  Duration& alone = found->second.alone;
  alone = alone.count() == 0 ? took : alone + (took - alone) / kSmooth;
}

void BatchTimes::Tried(Instant now, KindId kind, int n, Duration alone, Duration together, bool equal) {
  tried_ += std::max(together, Duration(0));
  Class* const tried = Find(kind, n);
  if (tried == nullptr) return;
  if (!equal) {
    kinds_.at(kind).never = true;
    return;
  }
  if (alone.count() <= 0) return;
  tried->trials.push_back(ToSeconds(together) / ToSeconds(alone));
  if (tried->trials.size() < static_cast<size_t>(options_.trials)) return;
  tried->ratio = Median(std::move(tried->trials));
  tried->trials.clear();
  tried->state = tried->ratio < options_.pays ? Class::State::kPays : Class::State::kDoesNot;
  tried->again = now + options_.again;
}

void BatchTimes::Together(KindId kind, int n, Duration took) {
  Class* const used = Find(kind, n);
  if (used == nullptr || used->state != Class::State::kPays) return;
  const double alone_s = ToSeconds(kinds_.at(kind).alone);
  if (!(alone_s > 0)) return;
  used->ratio += (ToSeconds(took) / (n * alone_s) - used->ratio) / kSmoothRatio;
  // Perhaps the machine as a whole has become slower since one last ran alone: only trials can tell.
  if (used->ratio > options_.keeps) used->state = Class::State::kUnknown;
}

bool BatchTimes::pays(KindId kind, int n) const {
  const Class* const used = Find(kind, n);
  return used != nullptr && used->state == Class::State::kPays && !kinds_.at(kind).never;
}

std::vector<BatchSize> BatchTimes::Sizes(Instant now, KindId kind) const {
  std::vector<BatchSize> sizes;
  const auto found = kinds_.find(kind);
  if (found == kinds_.end() || found->second.never || found->second.alone.count() == 0) return sizes;
  const Kind& of = found->second;
  const double alone_s = ToSeconds(of.alone);
  for (int c = 0; c < static_cast<int>(of.classes.size()); ++c) {
    const Class& at = of.classes[static_cast<size_t>(c)];
    if (at.state == Class::State::kPays) {
      sizes.push_back({least(c), most(c), FromSeconds(most(c) * at.ratio * alone_s)});
      continue;
    }
    const bool due = at.state == Class::State::kUnknown || now >= at.again;
    const double one_by_one_s = most(c) * alone_s;
    if (due && ToSeconds(tried_) + one_by_one_s <= options_.effort * ToSeconds(worked_)) {
      sizes.push_back({least(c), most(c), FromSeconds(one_by_one_s)});
    }
    if (at.state == Class::State::kUnknown || at.ratio > kNoLoss) break;
  }
  std::reverse(sizes.begin(), sizes.end());
  return sizes;
}

}   // namespace partway::edge
