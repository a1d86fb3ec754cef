// Virtual time: events at instants, taken in order of time and, at the same instant, in the order they were put in. The same
// events give the same run on every machine. Not thread-safe.
//
// An action that fits into kInline bytes costs no allocation: actions lie in cells that are used again, and only small keys are ordered.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace partway::sim {

class EventQueue {
 public:
  static constexpr size_t kInline = 96;

  EventQueue() = default;
  EventQueue(const EventQueue&) = delete;
  EventQueue& operator=(const EventQueue&) = delete;
  ~EventQueue() {
    for (const Key& key : heap_) At(key.cell)->drop(At(key.cell)->bytes);
  }

  Instant now() const { return now_; }
  bool empty() const { return heap_.empty(); }
  size_t size() const { return heap_.size(); }

  // `action` is called once without arguments. An instant that has passed means now.
  template <class Action>
  void At(Instant time, Action action) {
    // NOLINTNEXTLINE(misc-redundant-expression): so it is for some of the actions only
    if constexpr (sizeof(Action) > kInline || alignof(Action) > alignof(std::max_align_t)) {
      At(time, [owned = std::make_unique<Action>(std::move(action))] { (*owned)(); });
    } else {
      const uint32_t cell = Take();
      Cell* c = At(cell);
      new (c->bytes) Action(std::move(action));
      c->run = [](void* bytes) { (*static_cast<Action*>(bytes))(); };
      c->drop = [](void* bytes) { static_cast<Action*>(bytes)->~Action(); };
      heap_.push_back({std::max(time, now_), next_++, cell});
      std::push_heap(heap_.begin(), heap_.end(), Later);
    }
  }
  template <class Action>
  void After(Duration delay, Action action) {
    At(now_ + delay, std::move(action));
  }

  // Takes the next event, if there is one.
  bool Step() {
    if (heap_.empty()) return false;
    std::pop_heap(heap_.begin(), heap_.end(), Later);
    const Key key = heap_.back();
    heap_.pop_back();
    now_ = key.time;
    Cell* cell = At(key.cell);   // stays where it is, whatever the action puts in
    cell->run(cell->bytes);
    cell->drop(cell->bytes);
    free_.push_back(key.cell);
    return true;
  }

 private:
  struct Key {
    Instant time;
    uint64_t order;
    uint32_t cell;
  };
  struct Cell {
    alignas(std::max_align_t) std::byte bytes[kInline];
    void (*run)(void*);
    void (*drop)(void*);
  };
  static constexpr uint32_t kCellsPerBlock = 64;

  static bool Later(const Key& a, const Key& b) { return a.time != b.time ? a.time > b.time : a.order > b.order; }
  Cell* At(uint32_t cell) { return &blocks_[cell / kCellsPerBlock][cell % kCellsPerBlock]; }
  uint32_t Take() {
    if (free_.empty()) {
      const auto first = static_cast<uint32_t>(blocks_.size()) * kCellsPerBlock;
      blocks_.push_back(std::make_unique<Cell[]>(kCellsPerBlock));
      for (uint32_t i = kCellsPerBlock; i > 0; --i) free_.push_back(first + i - 1);
    }
    const uint32_t cell = free_.back();
    free_.pop_back();
    return cell;
  }

  std::vector<Key> heap_;
  std::vector<std::unique_ptr<Cell[]>> blocks_;
  std::vector<uint32_t> free_;
  Instant now_;
  uint64_t next_ = 0;
};

}   // namespace partway::sim
