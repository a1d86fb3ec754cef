#include "apps/stop_signal.h"

#include <unistd.h>

#include <csignal>

namespace partway::apps {
namespace {

std::atomic<bool> stop{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may only touch lock-free atomics");

void OnSignal(int number) {
  if (stop.exchange(true)) ::_exit(128 + number);
}

}   // namespace

const std::atomic<bool>& StopSignal() {
  struct sigaction action {};
  action.sa_handler = OnSignal;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  return stop;
}

}   // namespace partway::apps
