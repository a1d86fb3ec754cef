#include "apps/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <thread>

#include "base/status.h"

namespace partway::apps {
namespace {

constexpr auto kStopPatience = std::chrono::seconds(2);

std::string LastLine(int fd) {
  std::string text(4096, '\0');
  const off_t size = ::lseek(fd, 0, SEEK_END);
  const ssize_t n = ::pread(fd, text.data(), text.size(), std::max<off_t>(0, size - static_cast<off_t>(text.size())));
  text.resize(static_cast<size_t>(std::max<ssize_t>(0, n)));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  const size_t start = text.rfind('\n');
  return start == std::string::npos ? text : text.substr(start + 1);
}

}   // namespace

absl::StatusOr<std::unique_ptr<ChildProcess>> ChildProcess::Start(const std::string& program,
                                                                  const std::vector<std::string>& arguments, Duration timeout) {
  int out[2];
  if (::pipe2(out, O_CLOEXEC) != 0) return InternalError("cannot start ", program, ": ", std::strerror(errno));
  // What it logs goes to memory, not to a pipe that nobody reads and that would stop it when full.
  const int err = ::memfd_create("partway-child-log", MFD_CLOEXEC);
  if (err < 0) {
    ::close(out[0]);
    ::close(out[1]);
    return InternalError("cannot start ", program, ": ", std::strerror(errno));
  }
  std::vector<char*> argv = {const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) {
    // Only calls that are safe between fork and exec.
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::_exit(1);
    ::setpgid(0, 0);   // Ctrl-C goes to us; we end the child in our own time
    ::dup2(out[1], STDOUT_FILENO);
    ::dup2(err, STDERR_FILENO);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  ::close(out[1]);
  if (pid < 0) {
    ::close(out[0]);
    ::close(err);
    return InternalError("cannot start ", program, ": ", std::strerror(errno));
  }
  auto child = std::unique_ptr<ChildProcess>(new ChildProcess(pid, out[0], err, ""));
  const auto due = std::chrono::steady_clock::now() + timeout;
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(due - std::chrono::steady_clock::now()).count();
    pollfd waiting{out[0], POLLIN, 0};
    const int ready = left > 0 ? ::poll(&waiting, 1, static_cast<int>(left)) : 0;
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return absl::DeadlineExceededError(Concat(program, " said nothing for ", ToSeconds(timeout), " s"));
    char c;
    const ssize_t n = ::read(out[0], &c, 1);
    if (n == 1 && c == '\n') return child;
    if (n == 1) {
      child->first_line_ += c;
    } else if (n == 0) {
      const int code = child->Stop();
      const std::string reason = LastLine(err);
      return InternalError("the second process ended with code ", code, " before it was ready", reason.empty() ? "" : ": ",
                           reason);
    }
  }
}

int ChildProcess::Stop() {
  if (pid_ <= 0) return 0;
  ::kill(pid_, SIGTERM);
  int status = 0;
  const auto due = std::chrono::steady_clock::now() + kStopPatience;
  while (::waitpid(pid_, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > due) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, &status, 0);
      break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  pid_ = 0;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

ChildProcess::~ChildProcess() {
  Stop();
  ::close(stdout_fd_);
  ::close(stderr_fd_);
}

}   // namespace partway::apps
