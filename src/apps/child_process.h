// A second process of our own program, for `demo`: its first line of output is read, and it is ended with us however we end.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"

namespace partway::apps {

class ChildProcess {
 public:
  // Starts `program` with `arguments` and waits for its first line on stdout. The child dies with this process. Errors: Internal
  // when it cannot be started or ends before it says a line (its last line on stderr is the reason), DeadlineExceeded.
  static absl::StatusOr<std::unique_ptr<ChildProcess>> Start(const std::string& program,
                                                             const std::vector<std::string>& arguments, Duration timeout);
  ~ChildProcess();   // SIGTERM, and SIGKILL if it has not ended within 2 s

  const std::string& first_line() const { return first_line_; }
  pid_t pid() const { return pid_; }
  // Sends SIGTERM and waits; the exit code, or 128 + signal.
  int Stop();

 private:
  ChildProcess(pid_t pid, int stdout_fd, int stderr_fd, std::string first_line)
      : pid_(pid), stdout_fd_(stdout_fd), stderr_fd_(stderr_fd), first_line_(std::move(first_line)) {}
  pid_t pid_;
  int stdout_fd_, stderr_fd_;
  std::string first_line_;
};

}   // namespace partway::apps
