#include "net/trace_generator.h"

#include <algorithm>

#include "base/rng.h"
#include "base/status.h"

namespace partway::net {
namespace {

constexpr int kStepsPerSecond = 10;

// About normal with mean 0 and variance 1: the sum of twelve even draws.
double Normal(Rng* rng) {
  double sum = -6;
  for (int i = 0; i < 12; ++i) sum += rng->Uniform();
  return sum;
}

// Goes back to 0 with the given share each step, pushed by noise; standard deviation 1 in the long run for noise = sqrt(back (2 - back)).
class Wander {
 public:
  Wander(double back, double noise) : back_(back), noise_(noise) {}
  double Next(Rng* rng) { return at_ += -back_ * at_ + noise_ * Normal(rng); }

 private:
  double back_, noise_, at_ = 0;
};

class LteWalk {
 public:
  double Next(Rng* rng) {
    if (fade_ > 0) {
      --fade_;
    } else if (rng->Chance(0.004)) {
      fade_ = static_cast<int>(rng->UniformInt(5, 20));
    }
    const double mean = 15e6 + 6e6 * slow_.Next(rng), quick = 1 + 0.15 * quick_.Next(rng);
    return std::clamp(mean, 2e6, 45e6) * std::clamp(quick, 0.4, 1.6) * (fade_ > 0 ? 0.12 : 1);
  }

 private:
  Wander slow_{0.01, 0.141}, quick_{0.3, 0.714};
  int fade_ = 0;   // steps left
};

class FiveGDrive {
 public:
  double Next(Rng* rng) {
    if (cell_ == 0) {
      cell_ = static_cast<int>(rng->UniformInt(80, 300));
      gap_ = static_cast<int>(rng->UniformInt(3, 12));
      peak_ = rng->Chance(0.3) ? rng->Uniform(30e6, 90e6) : rng->Uniform(120e6, 450e6);   // some cells are of the old network
      length_ = cell_;
    }
    --cell_;
    const double quick = std::clamp(1 + 0.25 * quick_.Next(rng), 0.2, 1.8);
    if (gap_ > 0) {
      --gap_;
      return 0;
    }
    // Strongest in the middle of a cell.
    const double place = 2.0 * cell_ / length_ - 1;
    return peak_ * (1 - 0.8 * place * place) * quick;
  }

 private:
  Wander quick_{0.2, 0.6};
  int cell_ = 0, length_ = 1, gap_ = 0;   // steps
  double peak_ = 0;
};

class BusyWifi {
 public:
  double Next(Rng* rng) {
    if (stall_ > 0) {
      --stall_;
      return 0;
    }
    if (rng->Chance(0.01)) stall_ = static_cast<int>(rng->UniformInt(1, 5));
    // How many others send: each step one may come or go.
    if (rng->Chance(0.05)) others_ = std::min(others_ + 1, 4);
    if (rng->Chance(0.03 * others_)) --others_;
    return 40e6 / (1 + others_) * std::clamp(1 + 0.2 * quick_.Next(rng), 0.3, 1.7);
  }

 private:
  Wander quick_{0.5, 0.866};
  int others_ = 1, stall_ = 0;
};

template <class Model>
std::vector<RateStep> Drawn(int seconds, uint64_t seed) {
  Rng rng(seed);
  Model model;
  std::vector<RateStep> steps;
  for (int i = 0; i < seconds * kStepsPerSecond; ++i) {
    // Kilobits are as fine as anyone could measure.
    const int64_t rate = static_cast<int64_t>(model.Next(&rng) / 1000) * 1000;
    steps.push_back({kTraceStep * i, rate});
  }
  return steps;
}

}   // namespace

absl::StatusOr<std::vector<RateStep>> GenerateTrace(std::string_view kind, int seconds, uint64_t seed) {
  if (seconds < 1 || seconds > 86'400) return InvalidArgument("a trace of ", seconds, " s; expected 1 to 86400");
  if (kind == "lte-walk") return Drawn<LteWalk>(seconds, seed);
  if (kind == "5g-drive") return Drawn<FiveGDrive>(seconds, seed);
  if (kind == "busy-wifi") return Drawn<BusyWifi>(seconds, seed);
  std::string known;
  for (const char* name : kTraceKinds) Append(&known, known.empty() ? "" : ", ", name);
  return InvalidArgument("no kind of trace '", kind, "'; there are ", known);
}

std::string RateCsvText(const std::vector<RateStep>& steps, std::string_view comment) {
  std::string text = Concat("# ", comment, "\ntime_s,rate_bps\n");
  for (const RateStep& step : steps) {
    const int64_t ms = step.at / std::chrono::milliseconds(1);
    Append(&text, ms / 1000, ".", ms % 1000 / 100, ms % 100 / 10, ms % 10, ",", step.bits_per_second, "\n");
  }
  return text;
}

}   // namespace partway::net
