// Puts back into the order of capture what ends in another order: each number from 0 on comes once, in any order, and leaves in its turn. At most so many
// wait for one that is missing; when one more comes, the missing ones before the oldest that waits are given up, and are refused if they come after all.
// Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace partway::apps {

template <class T>
class FrameOrder {
 public:
  explicit FrameOrder(size_t capacity) : capacity_(capacity) {}   // 1 or more

  // What may leave now, in order. Null holds the number's place and leaves without being handed on. False in `*taken` if it came too late.
  std::vector<T> Add(uint64_t number, std::optional<T> item, bool* taken = nullptr) {
    if (taken != nullptr) *taken = number >= next_;
    if (number < next_) return {};
    waiting_.emplace(number, std::move(item));
    return waiting_.size() > capacity_ ? GiveUp() : Leave();
  }
  // Waits no longer for those that are missing before the oldest that waits.
  std::vector<T> GiveUp() {
    if (!waiting_.empty()) next_ = waiting_.begin()->first;
    return Leave();
  }
  // The rest, when no more will come.
  std::vector<T> Flush() {
    std::vector<T> rest;
    while (!waiting_.empty()) {
      for (T& item : GiveUp()) rest.push_back(std::move(item));
    }
    return rest;
  }

 private:
  std::vector<T> Leave() {
    std::vector<T> ready;
    for (auto first = waiting_.begin(); first != waiting_.end() && first->first == next_; first = waiting_.begin()) {
      if (first->second) ready.push_back(std::move(*first->second));
      waiting_.erase(first);
      ++next_;
    }
    return ready;
  }

  const size_t capacity_;
  std::map<uint64_t, std::optional<T>> waiting_;
  uint64_t next_ = 0;
};

}   // namespace partway::apps
