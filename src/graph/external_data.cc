#include "graph/external_data.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "absl/strings/numbers.h"
#include "base/status.h"
#include "graph/initializer.h"
#include "graph/onnx_names.h"

namespace partway::graph {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMemoryAddress = "*/_ORT_MEM_ADDR_/*";   // ONNX Runtime reads what follows as a pointer

struct Entry {
  std::string location;
  std::optional<uint64_t> offset, length;
};

absl::StatusOr<Entry> ReadEntry(const onnx::TensorProto& tensor, const std::string& what) {
  Entry entry;
  for (const onnx::StringStringEntryProto& e : tensor.external_data()) {
    if (e.key() == "location") entry.location = e.value();
    if (e.key() != "offset" && e.key() != "length") continue;
    uint64_t number = 0;
    if (e.value().empty() || e.value().find_first_not_of("0123456789") != std::string::npos ||
        !absl::SimpleAtoi(e.value(), &number)) {
      return InvalidArgument(what, " has ", e.key(), " ", Quoted(e.value()), " in its external data, expected a number of bytes");
    }
    (e.key() == "offset" ? entry.offset : entry.length) = number;
  }
  if (entry.location.empty()) return InvalidArgument(what, " is external but names no file");
  return entry;
}

bool Inside(const fs::path& file, const fs::path& folder) {
  const fs::path relative = file.lexically_relative(folder);
  return !relative.empty() && *relative.begin() != "..";
}

}   // namespace

ExternalData::ExternalData(std::string model_path, const LoadLimits& limits, Sha256* hash, uint64_t* bytes)
    : model_path_(std::move(model_path)), limits_(limits), hash_(hash), bytes_(bytes) {}

ExternalData::~ExternalData() {
  if (fd_ >= 0) ::close(fd_);
}

absl::Status ExternalData::Open(const std::string& location, std::string_view tensor) {
  if (location == open_location_) return absl::OkStatus();
  if (std::string_view(location).substr(0, kMemoryAddress.size()) == kMemoryAddress) {
    return InvalidArgument(tensor, " claims to lie at a memory address (", Quoted(location),
                           "); expected a file in the model's folder");
  }
  if (location.find('\0') != std::string::npos || fs::path(location).is_absolute()) {
    return InvalidArgument(tensor, " lies in ", Quoted(location), ", expected a path relative to the model's folder");
  }
  std::error_code error;
  const fs::path path(model_path_);
  const fs::path folder = fs::canonical(path.has_parent_path() ? path.parent_path() : fs::path("."), error);
  if (error) return InvalidArgument("cannot find the model's folder: ", error.message());
  const fs::path real_folder = fs::canonical(path, error).parent_path();
  const fs::path file = fs::canonical(folder / location, error);
  if (error) return NotFound(tensor, " lies in ", Quoted(location), " beside the model: ", error.message());
  if (!Inside(file, folder) && !Inside(file, real_folder)) {
    return InvalidArgument(tensor, " lies in ", Quoted(location), ", which leaves the model's folder");
  }
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
  if (fd < 0) return InvalidArgument(tensor, ": cannot open ", Quoted(location), ": ", std::strerror(errno));
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
  open_location_ = location;
  if (sizes_.contains(location)) return absl::OkStatus();

  struct stat info {};
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
    return InvalidArgument(tensor, ": ", Quoted(location), " is not a regular file");
  const uint64_t size = static_cast<uint64_t>(info.st_size);
  if (size > limits_.max_external_bytes - file_bytes_) {
    return ResourceExhausted("external data exceeds the limit of ", limits_.max_external_bytes, " bytes at ", Quoted(location));
  }
  uint64_t hashed = 0;
  std::string block(1 << 20, '\0');
  while (hashed < size) {
    const ssize_t n = ::pread(fd, block.data(), std::min<uint64_t>(block.size(), size - hashed), static_cast<off_t>(hashed));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return InvalidArgument("cannot read ", Quoted(location), ": ", n == 0 ? "it shrank" : std::strerror(errno));
    hash_->Update(std::string_view(block.data(), static_cast<size_t>(n)));
    hashed += static_cast<uint64_t>(n);
  }
  file_bytes_ += size;
  *bytes_ += size;
  sizes_[location] = size;
  return absl::OkStatus();
}

absl::Status ExternalData::Load(onnx::TensorProto* tensor) {
  const std::string what = Concat("initialiser ", Quoted(tensor->name()));
  ASSIGN_OR_RETURN(const Entry entry, ReadEntry(*tensor, what));
  const std::optional<int64_t> expected = TensorBytes(*tensor);
  if (!expected || tensor->data_type() == onnx::TensorProto::STRING)
    return InvalidArgument(what, " has a type or shape that external data cannot have");
  RETURN_IF_ERROR(Open(entry.location, what));

  const uint64_t size = sizes_[entry.location], offset = entry.offset.value_or(0), length = static_cast<uint64_t>(*expected);
  if (entry.length && *entry.length != length) {
    return InvalidArgument(what, " takes ", *entry.length, " bytes of ", Quoted(entry.location), ", its shape takes ", length);
  }
  if (offset > size || length > size - offset) {
    return InvalidArgument(what, " lies at bytes ", offset, " to ", Concat(offset, "+", length), " of ", Quoted(entry.location),
                           ", which has ", size);
  }
  if (length > limits_.max_external_bytes - loaded_bytes_) {
    return ResourceExhausted("external data exceeds the limit of ", limits_.max_external_bytes, " bytes at ", what);
  }
  loaded_bytes_ += length;
  std::string* raw = tensor->mutable_raw_data();
  raw->resize(length);
  for (uint64_t done = 0; done < length;) {
    const ssize_t n = ::pread(fd_, raw->data() + done, length - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return InvalidArgument("cannot read ", Quoted(entry.location), ": ", n == 0 ? "it shrank" : std::strerror(errno));
    done += static_cast<uint64_t>(n);
  }
  tensor->clear_external_data();
  tensor->clear_data_location();
  return absl::OkStatus();
}

}   // namespace partway::graph
