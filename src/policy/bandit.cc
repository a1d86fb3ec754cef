#include "policy/bandit.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/status.h"
#include "policy/least_option.h"

namespace partway::policy {

Bandit::Bandit(const Problem& problem, const BanditParameters& parameters, uint64_t seed)
    : parameters_(parameters),
      slot_s_(problem.slot_s),
      max_latency_s_(problem.max_latency_s),
      min_accuracy_(problem.min_accuracy),
      rng_(seed) {
  const SlotModel model(problem);
  double head = 0, tail = 0, lowest = 1, highest = 0;
  for (size_t i = 0; i < model.size(); ++i) {
    const OptionCost cost = model.Cost(i);
    head = std::max(head, cost.coefficient[cost::kDevice]);
    tail = std::max(tail, cost.coefficient[cost::kEdge]);
    lowest = std::min(lowest, cost.accuracy);
    highest = std::max(highest, cost.accuracy);
  }
  if (highest > lowest) accuracy_range_ = highest - lowest;
  for (size_t i = 0; i < model.size(); ++i) {
    const OptionCost cost = model.Cost(i);
    Arm arm;
    arm.head = head > 0 ? cost.coefficient[cost::kDevice] / head : 0;
    arm.tail = tail > 0 ? cost.coefficient[cost::kEdge] / tail : 0;
    arm.bits = cost.coefficient[cost::kUplink];
    arm.sends = arm.bits > 0;
    arm.accuracy = cost.accuracy;
    arms_.push_back(arm);
  }
  for (size_t i = 0; i < kFeatures; ++i) gram_[i][i] = parameters_.ridge;
  Estimate();
  lot_ = rng_.Uniform();
}

Bandit::Features Bandit::FeaturesOf(const Arm& arm, const Observation& seen) const {
  const double link = arm.sends ? std::clamp(std::log10(seen.uplink_bits / 1e7), -3.0, 3.0) : 0;
  return {arm.head, arm.tail, arm.sends ? 1.0 : 0.0, link, std::clamp(std::log10(seen.frames / 10.0), -3.0, 3.0)};
}

double Bandit::Width(const Features& phi) const {
  double square = 0;
  for (size_t i = 0; i < kFeatures; ++i) {
    for (size_t j = 0; j < kFeatures; ++j) square += phi[i] * inverse_[i][j] * phi[j];
  }
  return parameters_.alpha * std::sqrt(std::max(square, 0.0));
}

Bandit::Belief Bandit::Believe(const Arm& arm, const Observation& seen) const {
  const Features phi = FeaturesOf(arm, seen);
  Belief belief;
  if (arm.sends) belief.upload = arm.bits * seen.weights[cost::kUplink] / max_latency_s_;
  for (size_t i = 0; i < kFeatures; ++i) belief.latency += theta_[i] * phi[i];
  belief.width = Width(phi);
  belief.device = theta_[0] * arm.head;
  belief.device_width = parameters_.alpha * arm.head * std::sqrt(std::max(inverse_[0][0], 0.0));
  return belief;
}

double Bandit::Fit(const Arm& arm, const Observation& seen, double device) const {
  double fit = seen.frames;
  if (arm.sends) fit = std::min(fit, seen.uplink_bits / arm.bits);
  if (device > 0) fit = std::min(fit, slot_s_ / (device * max_latency_s_));
  return std::floor(fit * kWholeShare);
}

Decision Bandit::Announce(size_t index, const Observation& seen) const {
  const Arm& arm = arms_[index];
  const Belief belief = Believe(arm, seen);
  // A frame is not longer on the device than it takes in all.
  const double device = std::min(belief.device + belief.device_width, belief.latency + belief.width);
  double frames = Fit(arm, seen, device);
  if (frames == 0) frames = std::min(1.0, Fit(arm, seen, belief.device - belief.device_width));
  return Decision::Of(static_cast<int32_t>(index), static_cast<int>(frames));
}

bool Bandit::forced() const {
  if (parameters_.explore <= 0) return false;
  return static_cast<double>(idle_) >= std::ceil(parameters_.explore * std::pow(static_cast<double>(slots_), 0.25));
}

int32_t Bandit::LeastKnown(const Observation& seen) const {
  double widest = -1;
  const auto width = [&](const Arm& arm) {
    return arm.sends && arm.bits <= seen.uplink_bits ? Width(FeaturesOf(arm, seen)) : -1;
  };
  for (const Arm& arm : arms_) widest = std::max(widest, width(arm));
  if (widest < 0) return -1;
  int among = 0;
  for (const Arm& arm : arms_) among += width(arm) >= widest * (1 - 1e-9) ? 1 : 0;
  int left = static_cast<int>(lot_ * among);
  for (size_t i = 0; i < arms_.size(); ++i) {
    if (width(arms_[i]) >= widest * (1 - 1e-9) && left-- == 0) return static_cast<int32_t>(i);
  }
  return -1;
}

Decision Bandit::Decide(const Observation& seen) const {
  if (forced()) {
    if (const int32_t arm = LeastKnown(seen); arm >= 0) return Announce(static_cast<size_t>(arm), seen);
  }
  LeastOption least;
  for (size_t i = 0; i < arms_.size(); ++i) {
    const Arm& arm = arms_[i];
    if (arm.sends && seen.uplink_bits <= 0) continue;
    const Belief belief = Believe(arm, seen);
    const double latency = belief.upload + std::max(belief.latency - belief.width, 0.0);
    const double frames = Fit(arm, seen, belief.device - belief.device_width);
    const double value =
        latency_queue_ * latency - accuracy_queue_ * arm.accuracy / accuracy_range_ - parameters_.V * frames / seen.frames;
    least.Offer(i, value, frames, latency);
  }
  return least.option < 0 ? Decision() : Announce(static_cast<size_t>(least.option), seen);
}

// Gauss and Jordan without pivoting, which a positive definite matrix does not need.
void Bandit::Estimate() {
  std::array<Features, kFeatures> left = gram_;
  for (size_t i = 0; i < kFeatures; ++i) {
    inverse_[i] = {};
    inverse_[i][i] = 1;
  }
  for (size_t i = 0; i < kFeatures; ++i) {
    const double pivot = 1 / left[i][i];
    for (size_t j = 0; j < kFeatures; ++j) left[i][j] *= pivot, inverse_[i][j] *= pivot;
    for (size_t r = 0; r < kFeatures; ++r) {
      const double factor = left[r][i];
      if (r == i || factor == 0) continue;
      for (size_t j = 0; j < kFeatures; ++j) {
        left[r][j] -= factor * left[i][j];
        inverse_[r][j] -= factor * inverse_[i][j];
      }
    }
  }
  for (size_t i = 0; i < kFeatures; ++i) {
    theta_[i] = 0;
    for (size_t j = 0; j < kFeatures; ++j) theta_[i] += inverse_[i][j] * sums_[j];
  }
}

void Bandit::Update(const Observation& seen, const Decision& decision, const Outcome& outcome) {
  ++slots_;
  if (!outcome.any) return;
  latency_queue_ = std::max(latency_queue_ + outcome.latency_s / max_latency_s_ - 1, 0.0);
  accuracy_queue_ = std::max(accuracy_queue_ + (min_accuracy_ - outcome.accuracy) / accuracy_range_, 0.0);
  if (decision.count != 1 || decision.shares[0].option < 0) return;   // not one of ours
  const Arm& arm = arms_[static_cast<size_t>(decision.shares[0].option)];
  if (arm.sends) {
    idle_ = 0;
    lot_ = rng_.Uniform();
  } else if (seen.uplink_bits > 0) {
    ++idle_;
  }
  if (outcome.processed == 0) return;   // nothing was measured
  const double rest = (outcome.latency_s - (arm.sends ? arm.bits * seen.weights[cost::kUplink] : 0)) / max_latency_s_;
  const Features phi = FeaturesOf(arm, seen);
  const double keep = parameters_.forget;
  for (size_t i = 0; i < kFeatures; ++i) {
    sums_[i] = keep * sums_[i] + rest * phi[i];
    for (size_t j = 0; j < kFeatures; ++j) gram_[i][j] = keep * gram_[i][j] + phi[i] * phi[j];
    gram_[i][i] += (1 - keep) * parameters_.ridge;   // what was believed beforehand is not forgotten
  }
  Estimate();
}

Entry BanditEntry() {
  return {"bandit",
          "learns without a profile while it runs: LinUCB on latency, virtual queues, forced sampling (after ANS, WWW 2021)",
          /*mixes=*/false,
          /*needs_future=*/false,
          {{"V", "weight of the frames against the constraints", 3, 1e-6, 1e9},
           {"alpha", "width of the confidence bounds, in latency constraints", 0.03, 0, 1e3},
           {"ridge", "weight of the prior belief", 1e-5, 1e-9, 1e3},
           {"forget", "weight of a slot against the next one's", 0.99, 0.5, 1},
           {"explore", "slots between forced uploads while the link is idle, times n^(1/4); 0: none", 2, 0, 1e6}},
          [](const Problem& problem, const Parameters& p, uint64_t seed) -> absl::StatusOr<std::unique_ptr<Policy>> {
            const auto& n = p.numbers;
            return std::make_unique<Bandit>(
                problem, BanditParameters{n.at("V"), n.at("alpha"), n.at("ridge"), n.at("forget"), n.at("explore")}, seed);
          }};
}

}   // namespace partway::policy
