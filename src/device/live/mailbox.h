// A queue of events from many threads to one, with a bound. Push waits while it is full, so a producer can never outrun the
// owner without limit; the owner waits with a time limit of its own. Close wakes everybody.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "base/clock.h"

namespace partway::device {

template <class T>
class Mailbox {
 public:
  explicit Mailbox(size_t capacity) : capacity_(capacity) {}

  // Any thread. False if closed (the event is gone).
  bool Push(T event) {
    std::unique_lock lock(mutex_);
    space_.wait(lock, [&] { return closed_ || queue_.size() < capacity_; });
    if (closed_) return false;
    queue_.push_back(std::move(event));
    filled_.notify_one();
    return true;
  }

  // The next event; nullopt after `wait` without one (no `wait`: as long as it takes) or when closed and empty.
  std::optional<T> Pop(std::optional<Duration> wait) {
    std::unique_lock lock(mutex_);
    const auto ready = [&] { return closed_ || !queue_.empty(); };
    if (wait) {
      filled_.wait_for(lock, *wait, ready);
    } else {
      filled_.wait(lock, ready);
    }
    if (queue_.empty()) return std::nullopt;
    T event = std::move(queue_.front());
    queue_.pop_front();
    space_.notify_one();
    return event;
  }

  void Close() {
    std::lock_guard lock(mutex_);
    closed_ = true;
    filled_.notify_all();
    space_.notify_all();
  }

 private:
  const size_t capacity_;
  std::mutex mutex_;
  std::condition_variable filled_, space_;
  std::deque<T> queue_;
  bool closed_ = false;
};

}   // namespace partway::device
