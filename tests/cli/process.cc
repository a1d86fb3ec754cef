#include "tests/cli/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace partway::cli {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

[[noreturn]] void Broken(const char* what) { throw std::runtime_error(std::string(what) + ": errno " + std::to_string(errno)); }

int LeftMs(SteadyTime due) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(due - std::chrono::steady_clock::now()).count();
  return static_cast<int>(std::clamp<int64_t>(left, 0, 1'000'000));
}

// A terminal's two ends.
std::pair<int, int> OpenTerminal() {
  const int master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (master < 0 || ::grantpt(master) != 0 || ::unlockpt(master) != 0) Broken("no terminal");
  const int slave = ::open(::ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (slave < 0) Broken("no terminal");
  return {master, slave};
}

std::pair<int, int> OpenPipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) Broken("no pipe");
  return {ends[0], ends[1]};
}

// Appends what `fd` holds; closes it at its end.
void Drain(int& fd, std::string& text) {
  char buffer[1 << 14];
  const ssize_t n = ::read(fd, buffer, sizeof buffer);
  if (n > 0) {
    text.append(buffer, static_cast<size_t>(n));
  } else if (n == 0 || errno != EINTR) {   // a terminal's end is an error, EIO
    ::close(fd);
    fd = -1;
  }
}

std::vector<std::string> WholeLines(std::string_view text) {
  std::vector<std::string> lines;
  for (size_t end; (end = text.find('\n')) != std::string_view::npos; text.remove_prefix(end + 1))
    lines.emplace_back(text.substr(0, end));
  return lines;
}

}   // namespace

std::vector<std::string> Ended::ErrLines() const {
  std::vector<std::string> lines = WholeLines(err);
  const size_t last = err.rfind('\n');
  const std::string rest = last == std::string::npos ? err : err.substr(last + 1);
  if (!rest.empty()) lines.push_back(rest);
  return lines;
}

Process::Process(const std::vector<std::string>& arguments, const Options& options) : start_(std::chrono::steady_clock::now()) {
  std::vector<std::string> words = {PARTWAY_BINARY};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  std::vector<std::string> settings;
  for (char** e = environ; *e != nullptr; ++e) {
    const std::string setting = *e;   // of two for one name the first would count
    const auto named = [&](const auto& own) { return setting.starts_with(own.first + "="); };
    if (std::none_of(options.environment.begin(), options.environment.end(), named)) settings.push_back(setting);
  }
  for (const auto& [key, value] : options.environment) settings.emplace_back(key).append("=").append(value);
  std::vector<char*> envp;
  for (std::string& setting : settings) envp.push_back(setting.data());
  envp.push_back(nullptr);

  int out = -1;
  if (options.stdout_path.empty()) {
    std::tie(out_fd_, out) = OpenPipe();
  } else {
    out = ::open(options.stdout_path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (out < 0) Broken("cannot open stdout");
  }
  int err = -1;
  std::tie(err_fd_, err) = options.stderr_is_terminal ? OpenTerminal() : OpenPipe();
  const int in = ::open("/dev/null", O_RDONLY | O_CLOEXEC);

  pid_ = ::fork();
  if (pid_ < 0) Broken("cannot fork");
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::setpgid(0, 0);
    ::dup2(in, STDIN_FILENO);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(err, STDERR_FILENO);
    if (options.stdout_closed) ::close(STDOUT_FILENO);
    if (options.file_bytes_max) {
      const rlimit limit{static_cast<rlim_t>(*options.file_bytes_max), static_cast<rlim_t>(*options.file_bytes_max)};
      ::setrlimit(RLIMIT_FSIZE, &limit);
      ::signal(SIGXFSZ, SIG_IGN);   // the write fails instead, as on a full disk
    }
    if (!options.folder.empty() && ::chdir(options.folder.c_str()) != 0) ::_exit(127);
    ::execve(argv[0], argv.data(), envp.data());
    ::_exit(127);
  }
  ::close(in);
  ::close(out);
  ::close(err);
  pid_fd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  if (pid_fd_ < 0) Broken("no pidfd");
}

Process::~Process() {
  if (!reaped_) {
    ::kill(-pid_, SIGKILL);
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  for (const int fd : {pid_fd_, out_fd_, err_fd_}) {
    if (fd >= 0) ::close(fd);
  }
}

bool Process::ReadMore(SteadyTime due) {
  pollfd waits[] = {{out_fd_, POLLIN, 0}, {err_fd_, POLLIN, 0}, {reaped_ ? -1 : pid_fd_, POLLIN, 0}};
  // After its end only what is in the pipes already counts: a process it left behind may hold them open.
  const int ready = ::poll(waits, 3, reaped_ ? 0 : LeftMs(due));
  if (ready < 0 && errno == EINTR) return true;
  if (waits[0].revents != 0) Drain(out_fd_, ended_.out);
  if (waits[1].revents != 0) Drain(err_fd_, ended_.err);
  if (waits[2].revents != 0) {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    reaped_ = true;
    ended_.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    ended_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    return true;
  }
  return !reaped_ || ready > 0;
}

std::optional<std::string> Process::WaitForLine(std::string_view prefix, std::chrono::milliseconds timeout) {
  const SteadyTime due = std::chrono::steady_clock::now() + timeout;
  while (true) {
    for (const std::string* text : {&ended_.out, &ended_.err}) {
      for (const std::string& line : WholeLines(*text)) {
        if (line.starts_with(prefix)) return line.substr(prefix.size());
      }
    }
    if (std::chrono::steady_clock::now() >= due || !ReadMore(due)) return std::nullopt;
  }
}

Ended Process::Wait(std::chrono::milliseconds timeout) {
  const SteadyTime due = std::chrono::steady_clock::now() + timeout;
  while (ReadMore(due)) {
    if (reaped_ || std::chrono::steady_clock::now() < due) continue;
    ::kill(-pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    reaped_ = true;
    ended_.code = -1;
    ended_.err += "\n[killed: it did not end in time]";
  }
  return ended_;
}

void Process::Signal(int number) const { ::kill(pid_, number); }

bool Process::running() {
  if (!reaped_) ReadMore(std::chrono::steady_clock::now());
  return !reaped_;
}

Ended Partway(const std::vector<std::string>& arguments, const Process::Options& options, std::chrono::milliseconds timeout) {
  return Process(arguments, options).Wait(timeout);
}

bool WaitForFile(const std::string& path, bool (*enough)(const std::vector<std::string>& lines),
                 std::chrono::milliseconds timeout) {
  const SteadyTime due = std::chrono::steady_clock::now() + timeout;
  const int watch = ::inotify_init1(IN_CLOEXEC);
  ::inotify_add_watch(watch, std::filesystem::path(path).parent_path().c_str(), IN_MODIFY | IN_CREATE | IN_MOVED_TO);
  bool found = false;
  while (!found) {
    std::ifstream file(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    found = enough(WholeLines(text));
    if (found || std::chrono::steady_clock::now() >= due) break;
    pollfd wait{watch, POLLIN, 0};
    char events[4096];
    if (::poll(&wait, 1, LeftMs(due)) > 0) (void)!::read(watch, events, sizeof events);
  }
  ::close(watch);
  return found;
}

void AdoptOrphans() { ::prctl(PR_SET_CHILD_SUBREAPER, 1); }

bool NoChildLeft() { return ::waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD; }

bool WaitForNoChild(std::chrono::milliseconds timeout) {
  const SteadyTime due = std::chrono::steady_clock::now() + timeout;
  while (std::chrono::steady_clock::now() < due) {
    if (::waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD) return true;
    ::poll(nullptr, 0, 10);
  }
  return false;
}

}   // namespace partway::cli
