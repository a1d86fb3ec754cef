#include "policy/learned.h"

#include <algorithm>
#include <cmath>

#include "base/status.h"
#include "policy/learned_math.h"

namespace partway::policy {
namespace {

constexpr int64_t kMeanSlots = 64, kRecentSlots = 12;
constexpr double kBeginningSlots = 32;
// Debts beyond these are no different; a long past does not outweigh what can be done about it.
constexpr double kMostLatencyDebt = 300, kMostAccuracyDebt = 100;
constexpr double kLatencyDebtScale = 3, kAccuracyDebtScale = 1;   // Squash is full at three of them
// The network's outputs are in units of these: prices of 1 / 4 to 4 times the middle one at outputs of -1 to 1, and at most 2^12 away.
constexpr double kDoublings = 2, kMostDoublings = 12;
constexpr double kMiddleLatencyPrice = 0.05;   // in k for r_th
constexpr double kMiddleAccuracyPrice = 1;     // in k for the range of accuracies

double Clip(double x, double most) { return std::clamp(x, -most, most); }

// The mean over the slots so far, and later one that forgets.
void Follow(double* mean, double value, int64_t slots, int64_t most) {
  *mean += (value - *mean) / static_cast<double>(std::min(slots + 1, most));
}

}   // namespace

Learned::Learned(std::shared_ptr<const LearnedOptions> options, const LearnedWeights& weights)
    : options_(std::move(options)), net_(weights), unexplained_(options_->max_latency_s()) {
  latency_s_.resize(options_->size());
  frames_.resize(options_->size());
  scratch_.resize(options_->size());
}

void Learned::LookAt(const Observation& seen) const {
  if (look_.valid && look_.slot == seen.slot && look_.frames == seen.frames && look_.uplink_bits == seen.uplink_bits &&
      look_.weights == seen.weights) {
    return;
  }
  options_->Evaluate(seen, latency_s_.data(), frames_.data());
  look_ = {
      true, seen.slot, seen.frames, seen.uplink_bits, seen.weights, options_->OfferOf(seen, latency_s_.data(), frames_.data())};
}

LearnedInputs Learned::InputsOf(const Observation& seen) const {
  LookAt(unexplained_.Corrected(seen));
  const LearnedOptions::Offer& offer = look_.offer;
  const LearnedGoals& goals = options_->goals();
  const bool first = slots_ == 0;
  // Before there is a past, the slot at hand stands for it.
  const double bits = first ? seen.uplink_bits : mean_bits_, frames = first ? seen.frames : mean_frames_;
  const double need = Log2(offer.least_latency);
  return {Clip(Log2((seen.uplink_bits + 1) / (bits + 1)), 4),
          Clip(Log2((bits + 1) / (frames * options_->frame_bits())), 6),
          offer.tight,
          first ? offer.tight : mean_tight_,
          offer.accurate,
          first ? offer.accurate : mean_accurate_,
          Clip(first ? need : mean_need_, 6),
          Clip(Log2(seen.frames / frames), 4),
          Clip((options_->min_accuracy() - options_->least_accuracy()) / options_->accuracy_range(), 2),
          Squash(latency_debt_ / kLatencyDebtScale),
          Squash(latency_debt_ / (10 * kLatencyDebtScale)),
          Squash(accuracy_debt_ / kAccuracyDebtScale),
          Squash(accuracy_debt_ / (10 * kAccuracyDebtScale)),
          Clip(latency_recent_, 2),
          Clip(accuracy_recent_, 2),
          1 / (1 + static_cast<double>(slots_) / kBeginningSlots),
          Clip(goals.energy * energy_recent_, 2),
          Clip(goals.privacy * exposure_recent_, 2)};
}

Learned::Prices Learned::PricesOf(const LearnedOutputs& outputs) const {
  const auto price = [](double middle, double output) { return middle * Exp2(Clip(kDoublings * output, kMostDoublings)); };
  return {price(kMiddleLatencyPrice, outputs[0]) / options_->max_latency_s(),
          price(kMiddleAccuracyPrice, outputs[1]) / options_->accuracy_range()};
}

Decision Learned::Decide(const Observation& seen) const {
  const Prices prices = PricesOf(net_.Run(InputsOf(seen)));
  const int32_t best = options_->Best(unexplained_.Corrected(seen), prices.latency, prices.accuracy, latency_s_.data(),
                                      frames_.data(), scratch_.data());
  if (best < 0) return {};
  return Decision::Of(options_->row(static_cast<size_t>(best)), static_cast<int>(frames_[static_cast<size_t>(best)]));
}

void Learned::Update(const Observation& seen, const Decision& decision, const Outcome& outcome) {
  LookAt(unexplained_.Corrected(seen));
  Follow(&mean_bits_, seen.uplink_bits, slots_, kMeanSlots);
  Follow(&mean_frames_, seen.frames, slots_, kMeanSlots);
  Follow(&mean_tight_, look_.offer.tight, slots_, kMeanSlots);
  Follow(&mean_accurate_, look_.offer.accurate, slots_, kMeanSlots);
  Follow(&mean_need_, Log2(look_.offer.least_latency), slots_, kMeanSlots);
  if (outcome.any) {
    const double latency = outcome.latency_s / options_->max_latency_s() - 1;
    const double accuracy = (options_->min_accuracy() - outcome.accuracy) / options_->accuracy_range();
    latency_debt_ = Clip(latency_debt_ + latency, kMostLatencyDebt);
    accuracy_debt_ = Clip(accuracy_debt_ + accuracy, kMostAccuracyDebt);
    Follow(&latency_recent_, latency, slots_, kRecentSlots);
    Follow(&accuracy_recent_, accuracy, slots_, kRecentSlots);
    SpendingMeans spent;
    spent.Add(options_->spending(), seen, decision);
    Follow(&energy_recent_, spent.energy_j() * spent.frames() / seen.frames, slots_, kRecentSlots);
    Follow(&exposure_recent_, spent.exposure() * spent.frames() / seen.frames, slots_, kRecentSlots);
  }
  unexplained_.Learn(options_->coefficients(), seen, decision, outcome);
  ++slots_;
}

std::vector<Memory> Learned::memory() const {
  return {{"latency debt", latency_debt_},
          {"accuracy debt", accuracy_debt_},
          {"device factor", unexplained_.device_factor()},
          {"wait", unexplained_.wait_s()}};
}

Entry LearnedEntry() {
  ParameterSpec weights{"weights", "file of weights, from `partway train`; by default those that ship with the product"};
  weights.text = weights.file = true;
  return {"learned",
          "a small network, taught in the simulator, names the prices of latency and accuracy (`partway train`)",
          /*mixes=*/false,
          /*needs_future=*/false,
          {weights,
           {"energy", "what a joule a frame is worth, in frames; needs the device's power", 0, 0, 1e6},
           {"privacy", "what a distance correlation of 1 is worth, in frames; needs what uploads give away", 0, 0, 1e3}},
          [](const Problem& problem, const Parameters& p, uint64_t /*seed*/) -> absl::StatusOr<std::unique_ptr<Policy>> {
            ASSIGN_OR_RETURN(LearnedOptions options,
                             LearnedOptions::Make(problem, {p.numbers.at("energy"), p.numbers.at("privacy")}));
            const auto shared = std::make_shared<const LearnedOptions>(std::move(options));
            const auto file = p.files.find("weights");
            if (file == p.files.end()) return std::make_unique<Learned>(shared, ShippedLearnedWeights());
            const auto name = p.texts.find("weights");
            ASSIGN_OR_RETURN(const LearnedWeights given,
                             ParseLearnedWeights(file->second, name == p.texts.end() ? "the weights" : name->second));
            return std::make_unique<Learned>(shared, given);
          }};
}

}   // namespace partway::policy
