#include "apps/live_screen.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "apps/stop_signal.h"
#include "base/text.h"

namespace partway::apps {
namespace {

constexpr auto kRedraw = std::chrono::milliseconds(100);
constexpr int kPatienceMs = 200;   // with a terminal that takes nothing
constexpr char kHideCursor[] = "\033[?25l", kShowCursor[] = "\033[?25h";
constexpr char kNoWrap[] = "\033[?7l", kWrap[] = "\033[?7h";
constexpr char kLastWords[] = "\033[?7h\033[?25h\n";

bool CanRedraw() {
  const char* term = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) != 0 && (term == nullptr || std::string_view(term) != "dumb");
}

bool ColourAllowed() {
  const char* no = std::getenv("NO_COLOR");
  return no == nullptr || *no == '\0';   // no-color.org: set and not empty
}

report::LiveScreenSize ScreenSize(bool colour) {
  report::LiveScreenSize size;
  size.colour = colour;
  winsize window{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0 && window.ws_row > 0) {
    size.columns = window.ws_col;
    size.rows = window.ws_row - 1;   // the cursor's line stays free
  }
  return size;
}

// All of it, or as much as the terminal takes in time.
void WriteOut(std::string_view text) {
  while (!text.empty()) {
    pollfd ready{STDERR_FILENO, POLLOUT, 0};
    if (::poll(&ready, 1, kPatienceMs) <= 0 || (ready.revents & POLLOUT) == 0) return;
    const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
    if (written <= 0) return;
    text.remove_prefix(static_cast<size_t>(written));
  }
}

}   // namespace

LiveScreen::LiveScreen() : terminal_(CanRedraw()), colour_(ColourAllowed()) {
  if (!terminal_) return;
  SetLastWords(kLastWords);
  thread_ = std::thread([this] { Loop(); });
}

LiveScreen::~LiveScreen() {
  if (!terminal_) return;
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  stopping_.notify_all();
  thread_.join();
  if (begun_) WriteOut(kShowCursor);
  SetLastWords(nullptr);
}

void LiveScreen::Show(const report::LiveState& state, bool slot_ended) {
  if (!terminal_) {
    if (slot_ended) std::fprintf(stderr, "%s\n", report::LiveLine(state).c_str());
    return;
  }
  const std::lock_guard lock(mutex_);
  state_ = state;
  changed_ = true;
}

void LiveScreen::Tell(const std::string& notice) {
  if (!terminal_) std::fprintf(stderr, "partway: %s\n", report::ForTerminal(notice).c_str());
}

void LiveScreen::Loop() {
  std::unique_lock lock(mutex_);
  for (bool last = false; !last;) {
    last = stopping_.wait_for(lock, kRedraw, [&] { return stop_; });
    if (!changed_) continue;
    changed_ = false;
    const report::LiveState state = state_;
    lock.unlock();
    Draw(state);
    lock.lock();
  }
}

void LiveScreen::Draw(const report::LiveState& state) {
  const std::vector<std::string> lines = report::RenderLive(state, ScreenSize(colour_));
  std::string text;
  if (!begun_) text = kHideCursor;
  if (drawn_ > 0) Append(&text, "\033[", drawn_, "A");
  Append(&text, "\r", kNoWrap);
  for (const std::string& line : lines) Append(&text, line, "\033[K\n");
  Append(&text, "\033[J", kWrap);
  begun_ = true;
  drawn_ = lines.size();
  WriteOut(text);
}

}   // namespace partway::apps
