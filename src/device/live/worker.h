// A thread that runs tasks one after another. What is queued is bounded by whoever gives the tasks: the session has at most one
// Prepare and as many Computes and Encodes as it has slots under way, so a Worker for one of them never holds more.
#pragma once

#include <functional>
#include <thread>

#include "device/live/mailbox.h"

namespace partway::device {

class Worker {
 public:
  Worker()
      : tasks_(kCapacity), thread_([this] {
          while (auto task = tasks_.Pop(std::nullopt)) (*task)();
        }) {}
  ~Worker() {
    tasks_.Close();   // tasks already given are still run
    thread_.join();
  }
  void Give(std::function<void()> task) { tasks_.Push(std::move(task)); }

 private:
  static constexpr size_t kCapacity = 64;
  Mailbox<std::function<void()>> tasks_;
  std::thread thread_;
};

}   // namespace partway::device
