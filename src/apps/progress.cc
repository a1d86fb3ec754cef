#include "apps/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "base/quantity.h"
#include "base/text.h"

namespace partway::apps {
namespace {
constexpr int kBarWidth = 24;
}

Progress::Progress(const Clock& clock, bool quiet, std::string what, int64_t total)
    : clock_(clock), shown_(!quiet && ::isatty(STDERR_FILENO) != 0), what_(std::move(what)), total_(total), start_(clock.Now()) {
  if (shown_) Draw(0);
}

Progress::~Progress() {
  if (shown_) std::fputs("\r\033[K", stderr);
}

void Progress::Update(int64_t done) {
  if (!shown_) return;
  const Instant now = clock_.Now();
  if (drawn_ && now - *drawn_ < std::chrono::milliseconds(100) && done != total_) return;
  Draw(done);
}

void Progress::Draw(int64_t done) {
  const Instant now = clock_.Now();
  drawn_ = now;
  const double elapsed = ToSeconds(now - start_);
  const double rate = elapsed > 0 ? static_cast<double>(done) / elapsed : 0;
  std::string line = what_;
  if (total_ > 0) {
    const int filled = static_cast<int>(std::min<int64_t>(done, total_) * kBarWidth / total_);
    Append(&line, " [", std::string(filled, '='), std::string(kBarWidth - filled, ' '), "] ", done, "/", total_);
  } else {
    Append(&line, " ", done);
  }
  char speed[64];
  std::snprintf(speed, sizeof speed, "  %.1f/s", rate);
  line += speed;
  if (total_ > 0 && rate > 0) Append(&line, "  ", FormatSeconds(static_cast<double>(total_ - done) / rate), " left");
  std::fprintf(stderr, "\r\033[K%s", line.c_str());
  std::fflush(stderr);
}

}   // namespace partway::apps
