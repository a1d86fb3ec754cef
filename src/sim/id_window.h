// Values by ids that are given out in ascending order and mostly end in that order: a ring over the ids between the oldest that is still
// there and the newest. Looking up is one subtraction. Not thread-safe.
#pragma once

#include <cassert>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

namespace partway::sim {

template <class T>
class IdWindow {
 public:
  // `id` above all before it (asserted).
  T* Put(uint64_t id, T value) {
    if (cells_.empty()) first_ = id;
    assert(id >= first_ + cells_.size());
    while (first_ + cells_.size() < id) cells_.emplace_back();
    cells_.emplace_back(std::move(value));
    return &*cells_.back();
  }
  // Null if it is not there.
  T* Find(uint64_t id) {
    if (id < first_ || id - first_ >= cells_.size()) return nullptr;
    std::optional<T>& cell = cells_[id - first_];
    return cell ? &*cell : nullptr;
  }
  void Erase(uint64_t id) {
    if (Find(id) == nullptr) return;
    cells_[id - first_].reset();
    while (!cells_.empty() && !cells_.front()) {
      cells_.pop_front();
      ++first_;
    }
  }
  void Clear() { cells_.clear(); }

 private:
  std::deque<std::optional<T>> cells_;
  uint64_t first_ = 0;
};

}   // namespace partway::sim
