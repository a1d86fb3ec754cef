#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/status.h"

namespace partway {
namespace {

absl::Status SystemError(int error, std::string_view doing, const std::string& path) {
  const std::string text = Concat(doing, " ", path, ": ", std::strerror(error));
  if (error == ENOENT) return absl::NotFoundError(text);
  if (error == EACCES || error == EPERM) return absl::PermissionDeniedError(text);
  if (error == ENOSPC || error == EDQUOT) return absl::ResourceExhaustedError(text);
  return absl::InternalError(text);
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  int Release() { return std::exchange(fd_, -1); }
  int Close() {
    const int fd = fd_;
    fd_ = -1;
    return ::close(fd);
  }

 private:
  int fd_;
};

absl::Status WriteAll(int fd, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    const ssize_t n = ::write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return SystemError(errno, "cannot write", path);
    content.remove_prefix(static_cast<size_t>(n));
  }
  return absl::OkStatus();
}

// For what cannot be replaced by a file and must not be: /dev/null, a pipe, a terminal.
absl::Status WriteInto(const std::string& path, const std::function<absl::Status(const FileSink&)>& write) {
  Descriptor fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (fd.get() < 0) return SystemError(errno, "cannot write", path);
  return write([&](std::string_view piece) { return WriteAll(fd.get(), piece, path); });
}

}   // namespace

absl::StatusOr<int> OpenFile(const std::string& path) {
  Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));   // which means nothing to a file
  if (fd.get() < 0) return SystemError(errno, "cannot open", path);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return SystemError(errno, "cannot look at", path);
  if (S_ISDIR(info.st_mode)) return InvalidArgument("cannot read ", path, ": it is a folder, expected a file");
  if (!S_ISREG(info.st_mode)) return InvalidArgument("cannot read ", path, ": it is a pipe or a device, expected a file");
  return fd.Release();
}

absl::StatusOr<std::string> ReadFile(const std::string& path, uint64_t max_bytes) {
  ASSIGN_OR_RETURN(const int opened, OpenFile(path));
  const Descriptor fd(opened);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return SystemError(errno, "cannot look at", path);
  if (info.st_size > 0 && static_cast<uint64_t>(info.st_size) > max_bytes) {
    return InvalidArgument("cannot read ", path, ": ", info.st_size, " bytes, at most ", max_bytes, " are allowed");
  }
  std::string content;
  content.resize(static_cast<size_t>(info.st_size) + 1);   // one more, so that a file of the stated size ends in one read
  size_t used = 0;
  while (true) {
    if (used == content.size()) content.resize(content.size() * 2);
    const ssize_t n = ::read(fd.get(), content.data() + used, content.size() - used);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return SystemError(errno, "cannot read", path);
    if (n == 0) break;
    used += static_cast<size_t>(n);
    if (used > max_bytes) return InvalidArgument("cannot read ", path, ": more than the ", max_bytes, " bytes allowed");
  }
  content.resize(used);
  return content;
}

absl::Status WriteFileAtomically(const std::string& path, const std::function<absl::Status(const FileSink&)>& write) {
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode)) {
    if (S_ISDIR(info.st_mode)) return InvalidArgument("cannot write ", path, ": it is a folder, expected a file");
    return WriteInto(path, write);
  }
  static std::atomic<uint64_t> counter{0};
  const std::string temporary = Concat(path, ".tmp-", ::getpid(), "-", counter.fetch_add(1));
  Descriptor fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (fd.get() < 0) return SystemError(errno, "cannot create", path);
  absl::Status status = write([&](std::string_view piece) { return WriteAll(fd.get(), piece, path); });
  if (fd.Close() != 0 && status.ok()) status = SystemError(errno, "cannot write", path);
  if (status.ok() && ::rename(temporary.c_str(), path.c_str()) != 0) status = SystemError(errno, "cannot write", path);
  if (!status.ok()) ::unlink(temporary.c_str());
  return status;
}

absl::Status WriteFileAtomically(const std::string& path, std::string_view content) {
  return WriteFileAtomically(path, [&](const FileSink& sink) { return sink(content); });
}

}   // namespace partway
