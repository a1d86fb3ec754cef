// What it takes to run requests together, as measured, and so which batches are worth making. Requests of one kind (same model, groups and input shapes)
// may share a run; whether that is faster than one after the other depends on machine, engine and shape, so it is found out on the requests themselves:
// when several of a kind wait, a few times they are run one by one and then once more together, and the times and the answers compared.
//
// Sizes are looked at in classes, 2, 3..4, 5..8, 9..16 and so on; the ratio time(n) / (n time(1)) of a class is the median of its trials. A class is
// used where that is below `pays`, watched by the times of its batches afterwards, and measured anew when they rise above `keeps`. A class is tried only if
// the one below was no loss; a kind whose answers together differ from those alone is never batched. Pure; not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace partway::edge {

using KindId = uint64_t;   // 0: runs alone

struct BatchOptions {
  int most = 8;                                // requests in one batch; 1 or less: never
  double pays = 0.9;                           // of the time one by one
  double keeps = 0.95;                         // the same, once in use
  int trials = 3;                              // of a class, before it is judged
  double effort = 0.05;                        // of the workers' time, for running trials' requests a second time
  Duration again = std::chrono::minutes(10);   // until a class that did not pay is tried anew
  size_t max_kinds = 1024;                     // remembered; beyond that all are forgotten and learned again
};

// Batches of `least` to `most` requests may be made, and take `foreseen` or less in all.
struct BatchSize {
  int least = 2, most = 2;
  Duration foreseen{0};
};

class BatchTimes {
 public:
  explicit BatchTimes(const BatchOptions& options) : options_(options) {}

  // The number of that kind, the same as long as it is remembered. 0 if batches are off.
  KindId KindOf(const std::string& kind);
  // What the workers did, of whatever kind: trials may take a share of it.
  void Worked(Duration took) { worked_ += took; }
  // A request that ran alone.
  void Alone(KindId kind, Duration took);
  // A trial: `n` requests took `alone` one by one and `together` when run once more as a batch; `equal`: with equal answers.
  void Tried(Instant now, KindId kind, int n, Duration alone, Duration together, bool equal);
  // A batch that was answered from.
  void Together(KindId kind, int n, Duration took);

  // Largest first; those that pay, and the one to be tried next if there is time for a trial.
  std::vector<BatchSize> Sizes(Instant now, KindId kind) const;
  // Whether a batch of that many is to be answered from; else it is a trial.
  bool pays(KindId kind, int n) const;

 private:
  struct Class {
    enum class State : uint8_t { kUnknown, kPays, kDoesNot };
    State state = State::kUnknown;
    double ratio = 1;             // once judged
    std::vector<double> trials;   // not judged yet
    Instant again;                // of one that does not pay
  };
  struct Kind {
    Duration alone{0};   // smoothed; 0: not known yet
    bool never = false;
    std::vector<Class> classes;
  };
  int classes() const;
  int least(int c) const { return (1 << c) + 1; }
  int most(int c) const;
  const Class* Find(KindId kind, int n) const;
  Class* Find(KindId kind, int n) { return const_cast<Class*>(std::as_const(*this).Find(kind, n)); }

  const BatchOptions options_;
  std::unordered_map<std::string, KindId> ids_;
  std::unordered_map<KindId, Kind> kinds_;
  KindId last_ = 0;
  Duration worked_{0}, tried_{0};
};

}   // namespace partway::edge
