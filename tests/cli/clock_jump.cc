// Put before a program with LD_PRELOAD: its wall clock jumps by an hour forth and back, twenty times a second, while the monotonic clock goes on. Only what asks the
// C library for the time is fooled.
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <ctime>

namespace {

constexpr long kJumpNanoseconds = 50'000'000, kHour = 3600;

int Real(clockid_t clock, timespec* t) { return static_cast<int>(::syscall(SYS_clock_gettime, clock, t)); }

void Jump(timespec* t) {
  timespec steady{};
  Real(CLOCK_MONOTONIC, &steady);
  const long step = steady.tv_sec * (1'000'000'000 / kJumpNanoseconds) + steady.tv_nsec / kJumpNanoseconds;
  t->tv_sec += (step % 3 - 1) * kHour;
}

}   // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* t) noexcept {
  const int result = Real(clock, t);
  if (result == 0 && clock == CLOCK_REALTIME) Jump(t);
  return result;
}

int gettimeofday(timeval* t, void* /*zone*/) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  *t = {now.tv_sec, now.tv_nsec / 1000};
  return 0;
}

time_t time(time_t* t) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (t != nullptr) *t = now.tv_sec;
  return now.tv_sec;
}

}   // extern "C"
