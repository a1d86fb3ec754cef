#include "apps/stop_signal.h"

#include <unistd.h>

#include <csignal>
#include <cstring>

namespace partway::apps {
namespace {

std::atomic<bool> stop{false};
std::atomic<const char*> last_words{nullptr};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<const char*>::is_always_lock_free,
              "a signal handler may only touch lock-free atomics");

void OnSignal(int number) {
  if (!stop.exchange(true)) return;
  if (const char* text = last_words.load(); text != nullptr) {
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text, std::strlen(text));
  }
  ::_exit(128 + number);
}

}   // namespace

const std::atomic<bool>& StopSignal() {
  struct sigaction action {};
  action.sa_handler = OnSignal;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  return stop;
}

void SetLastWords(const char* text) { last_words.store(text); }

}   // namespace partway::apps
