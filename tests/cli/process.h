// Runs the program as a process: arguments in; exit code, stdout and stderr out. Single-threaded: what a process writes is read
// while something is waited for, so several may run at once as long as each writes less than a pipe holds.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace partway::cli {

// So generous that only a program that hangs meets it.
inline constexpr std::chrono::seconds kPatience{90};

struct Ended {
  int code = -1;   // exit code; 128 + number after a signal; -1 when it did not end in time and was killed
  std::string out, err;
  double seconds = 0;   // from start to end

  std::vector<std::string> ErrLines() const;
};

class Process {
 public:
  struct Options {
    std::string stdout_path;   // opened for writing instead of a pipe, for example /dev/full
    bool stdout_closed = false;
    bool stderr_is_terminal = false;
    std::string folder;                                             // to run in
    std::vector<std::pair<std::string, std::string>> environment;   // beside ours
    std::optional<int64_t> file_bytes_max;                          // a write beyond fails, as on a full disk
  };

  // Starts build/.../partway with these arguments.
  explicit Process(const std::vector<std::string>& arguments) : Process(arguments, Options()) {}
  Process(const std::vector<std::string>& arguments, const Options& options);
  ~Process();   // kills it if it still runs
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Until a whole line of stdout or stderr begins with `prefix`: the rest of that line. nullopt: it ended first, or took too long.
  std::optional<std::string> WaitForLine(std::string_view prefix, std::chrono::milliseconds timeout = kPatience);
  // Until it ends; kills it when that takes too long.
  Ended Wait(std::chrono::milliseconds timeout = kPatience);
  void Signal(int number) const;
  bool running();
  pid_t pid() const { return pid_; }

 private:
  // Reads what is there, waiting at most until `due` for something to happen. False when the process ended and all was read.
  bool ReadMore(std::chrono::steady_clock::time_point due);

  pid_t pid_ = -1;
  int pid_fd_ = -1, out_fd_ = -1, err_fd_ = -1;
  std::chrono::steady_clock::time_point start_;
  bool reaped_ = false;
  Ended ended_;
};

Ended Partway(const std::vector<std::string>& arguments, const Process::Options& options = {},
              std::chrono::milliseconds timeout = kPatience);

// Until `enough(lines so far)` holds for the whole lines of a file that somebody writes. False when that takes too long.
bool WaitForFile(const std::string& path, bool (*enough)(const std::vector<std::string>& lines),
                 std::chrono::milliseconds timeout = kPatience);

// Whether no child of this process is left, grandchildren that lost their parent included (see AdoptOrphans).
bool NoChildLeft();
void AdoptOrphans();
// Reaps adopted orphans until none is left; false when one lives too long. No other child may run.
bool WaitForNoChild(std::chrono::milliseconds timeout = kPatience);

}   // namespace partway::cli
