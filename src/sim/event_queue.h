// Virtual time: events at instants, taken in order of time and, at the same instant, in the order they were put in. The same
// events give the same run on every machine. Not thread-safe.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace partway::sim {

class EventQueue {
 public:
  using Action = std::function<void()>;

  Instant now() const { return now_; }
  bool empty() const { return heap_.empty(); }
  size_t size() const { return heap_.size(); }

  // An instant that has passed means now.
  void At(Instant time, Action action) {
    heap_.push_back({std::max(time, now_), next_++, std::move(action)});
    std::push_heap(heap_.begin(), heap_.end(), Later);
  }
  void After(Duration delay, Action action) { At(now_ + delay, std::move(action)); }

  // Takes the next event, if there is one.
  bool Step() {
    if (heap_.empty()) return false;
    std::pop_heap(heap_.begin(), heap_.end(), Later);
    Event event = std::move(heap_.back());
    heap_.pop_back();
    now_ = event.time;
    event.action();
    return true;
  }

 private:
  struct Event {
    Instant time;
    uint64_t order;
    Action action;
  };
  static bool Later(const Event& a, const Event& b) { return a.time != b.time ? a.time > b.time : a.order > b.order; }

  std::vector<Event> heap_;
  Instant now_;
  uint64_t next_ = 0;
};

}   // namespace partway::sim
