#include "graph/model.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <filesystem>
#include <functional>

#include "base/hash.h"
#include "base/status.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "graph/bodies.h"
#include "graph/external_data.h"
#include "graph/graph_check.h"
#include "graph/onnx_names.h"

namespace partway::graph {
namespace {

namespace io = google::protobuf::io;

// Reads a file piece by piece, hashing on the way, so that a large model is never held twice.
class HashingReader final : public io::CopyingInputStream {
 public:
  HashingReader(int fd, uint64_t max_bytes) : fd_(fd), left_(max_bytes) {}
  int Read(void* buffer, int size) override {
    ssize_t n;
    do {
      n = ::read(fd_, buffer, static_cast<size_t>(size));
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
      error_ = errno;
      return -1;
    }
    if (static_cast<uint64_t>(n) > left_) {
      too_long_ = true;
      return -1;
    }
    left_ -= static_cast<uint64_t>(n);
    if (bytes_ == 0) start_.assign(static_cast<const char*>(buffer), std::min<size_t>(64, static_cast<size_t>(n)));
    bytes_ += static_cast<uint64_t>(n);
    hash_.Update(std::string_view(static_cast<const char*>(buffer), static_cast<size_t>(n)));
    return static_cast<int>(n);
  }
  Sha256& hash() { return hash_; }
  uint64_t bytes() const { return bytes_; }
  bool too_long() const { return too_long_; }
  int error() const { return error_; }
  std::string_view start() const { return start_; }

 private:
  int fd_;
  uint64_t left_, bytes_ = 0;
  bool too_long_ = false;
  int error_ = 0;
  std::string start_;
  Sha256 hash_;
};

class HashingWriter final : public io::CopyingOutputStream {
 public:
  bool Write(const void* buffer, int size) override {
    hash_.Update(std::string_view(static_cast<const char*>(buffer), static_cast<size_t>(size)));
    bytes_ += static_cast<uint64_t>(size);
    return true;
  }
  Sha256& hash() { return hash_; }
  uint64_t bytes() const { return bytes_; }

 private:
  Sha256 hash_;
  uint64_t bytes_ = 0;
};

constexpr int kBlock = 1 << 20;

absl::Status NotAModel(const std::string& what, std::string_view why) {
  return InvalidArgument(what, " is not an ONNX model: ", why);
}

// Each body is three messages down (graph, node, attribute); types nest too, so a little more.
int RecursionLimit(const LoadLimits& limits) { return 3 * (limits.max_subgraph_depth + 1) + 16; }

bool Parse(io::CodedInputStream& stream, const LoadLimits& limits, onnx::ModelProto* proto) {
  stream.SetTotalBytesLimit(INT_MAX);
  stream.SetRecursionLimit(RecursionLimit(limits));
  return proto->ParseFromCodedStream(&stream) && stream.ConsumedEntireMessage();
}

std::string WhyUnparsed(std::string_view start, uint64_t bytes) {
  if (bytes == 0) return "it is empty";
  if (start.substr(0, 7) == "version" && start.find("git-lfs") != std::string_view::npos) {
    return "it is a Git LFS pointer, not the file it stands for";
  }
  return Concat("its ", bytes, " bytes are not a protobuf message (truncated, damaged or of another format)");
}

absl::Status LooksLikeModel(const onnx::ModelProto& proto, const std::string& what) {
  if (!proto.has_graph()) return NotAModel(what, "it has no graph");
  if (proto.ir_version() <= 0) return NotAModel(what, "it states no IR version");
  return absl::OkStatus();
}

using TensorVisitor = std::function<absl::Status(onnx::TensorProto*)>;

absl::Status VisitGraph(onnx::GraphProto* graph, const TensorVisitor& visit);

absl::Status VisitSparse(onnx::SparseTensorProto* tensor, const TensorVisitor& visit) {
  RETURN_IF_ERROR(visit(tensor->mutable_values()));
  return visit(tensor->mutable_indices());
}

absl::Status VisitAttribute(onnx::AttributeProto* attribute, const TensorVisitor& visit) {
  if (attribute->has_t()) RETURN_IF_ERROR(visit(attribute->mutable_t()));
  for (onnx::TensorProto& tensor : *attribute->mutable_tensors()) RETURN_IF_ERROR(visit(&tensor));
  if (attribute->has_sparse_tensor()) RETURN_IF_ERROR(VisitSparse(attribute->mutable_sparse_tensor(), visit));
  for (onnx::SparseTensorProto& tensor : *attribute->mutable_sparse_tensors()) RETURN_IF_ERROR(VisitSparse(&tensor, visit));
  if (attribute->has_g()) RETURN_IF_ERROR(VisitGraph(attribute->mutable_g(), visit));
  for (onnx::GraphProto& body : *attribute->mutable_graphs()) RETURN_IF_ERROR(VisitGraph(&body, visit));
  return absl::OkStatus();
}

absl::Status VisitGraph(onnx::GraphProto* graph, const TensorVisitor& visit) {
  for (onnx::TensorProto& tensor : *graph->mutable_initializer()) RETURN_IF_ERROR(visit(&tensor));
  for (onnx::SparseTensorProto& tensor : *graph->mutable_sparse_initializer()) RETURN_IF_ERROR(VisitSparse(&tensor, visit));
  for (onnx::NodeProto& node : *graph->mutable_node()) {
    for (onnx::AttributeProto& attribute : *node.mutable_attribute()) RETURN_IF_ERROR(VisitAttribute(&attribute, visit));
  }
  return absl::OkStatus();
}

// All stored tensors that an engine may read, those in bodies and in the model's own functions included, in the order of the file. The
// parser's recursion limit bounds this one's.
absl::Status ForEachTensor(onnx::ModelProto* model, const TensorVisitor& visit) {
  RETURN_IF_ERROR(VisitGraph(model->mutable_graph(), visit));
  for (onnx::FunctionProto& function : *model->mutable_functions()) {
    for (onnx::NodeProto& node : *function.mutable_node()) {
      for (onnx::AttributeProto& attribute : *node.mutable_attribute()) RETURN_IF_ERROR(VisitAttribute(&attribute, visit));
    }
  }
  return absl::OkStatus();
}

bool IsExternal(const onnx::TensorProto& tensor) {
  return tensor.data_location() == onnx::TensorProto::EXTERNAL || tensor.external_data_size() > 0;
}

absl::Status RefuseExternal(onnx::ModelProto* proto) {
  return ForEachTensor(proto, [](onnx::TensorProto* tensor) {
    if (!IsExternal(*tensor)) return absl::OkStatus();
    return InvalidArgument("initialiser ", Quoted(tensor->name()),
                           " keeps its data in another file; expected a model in one piece");
  });
}

int64_t DefaultOpset(const onnx::ModelProto& proto) {
  for (const onnx::OperatorSetIdProto& import : proto.opset_import()) {
    if (IsDefaultDomain(import.domain())) return import.version();
  }
  return proto.ir_version() < 3 ? 1 : 0;   // files before IR 3 could not say
}

absl::StatusOr<std::shared_ptr<const Model>> Finish(std::shared_ptr<Model> model, const std::string& what,
                                                    const LoadLimits& limits) {
  RETURN_IF_ERROR(Annotate(CheckAndSort(&model->proto, limits), what));
  model->opset = DefaultOpset(model->proto);
  return std::shared_ptr<const Model>(std::move(model));
}

struct File {
  int fd = -1;
  ~File() {
    if (fd >= 0) ::close(fd);
  }
};

}   // namespace

absl::StatusOr<std::shared_ptr<const Model>> LoadModel(const std::string& path, const LoadLimits& limits) {
  File file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.fd < 0) {
    const std::string text = Concat("cannot open ", path, ": ", std::strerror(errno));
    return errno == ENOENT ? absl::NotFoundError(text) : absl::InvalidArgumentError(text);
  }
  struct stat info {};
  if (::fstat(file.fd, &info) != 0) return InvalidArgument("cannot read ", path, ": ", std::strerror(errno));
  if (!S_ISREG(info.st_mode))
    return InvalidArgument("cannot read ", path, ": expected a regular file", S_ISDIR(info.st_mode) ? ", it is a folder" : "");
  if (static_cast<uint64_t>(info.st_size) > limits.max_file_bytes) {
    return ResourceExhausted("cannot read ", path, ": ", info.st_size, " bytes, at most ", limits.max_file_bytes, " are allowed");
  }

  HashingReader reader(file.fd, limits.max_file_bytes);
  io::CopyingInputStreamAdaptor adaptor(&reader, kBlock);
  auto model = std::make_shared<Model>();
  bool parsed = false;
  {
    io::CodedInputStream stream(&adaptor);
    parsed = Parse(stream, limits, &model->proto);
  }
  if (reader.too_long())
    return ResourceExhausted("cannot read ", path, ": more than the ", limits.max_file_bytes, " bytes allowed");
  if (reader.error() != 0) return InvalidArgument("cannot read ", path, ": ", std::strerror(reader.error()));
  if (!parsed || reader.bytes() == 0) return NotAModel(path, WhyUnparsed(reader.start(), static_cast<uint64_t>(info.st_size)));
  RETURN_IF_ERROR(LooksLikeModel(model->proto, path));

  model->path = path;
  model->name = std::filesystem::path(path).stem().string();
  model->bytes = reader.bytes();
  ExternalData external(path, limits, &reader.hash(), &model->bytes);
  RETURN_IF_ERROR(Annotate(
      ForEachTensor(&model->proto,
                    [&](onnx::TensorProto* tensor) { return IsExternal(*tensor) ? external.Load(tensor) : absl::OkStatus(); }),
      path));
  model->sha256 = reader.hash().Hex();
  return Finish(std::move(model), path, limits);
}

absl::StatusOr<std::shared_ptr<const Model>> ParseModel(std::string_view bytes, const std::string& name,
                                                        const LoadLimits& limits) {
  const std::string what = Quoted(name);
  if (bytes.size() > limits.max_file_bytes || bytes.size() > INT_MAX) {
    return ResourceExhausted(what, " has ", bytes.size(), " bytes, at most ", std::min<uint64_t>(limits.max_file_bytes, INT_MAX),
                             " are allowed");
  }
  auto model = std::make_shared<Model>();
  io::CodedInputStream stream(reinterpret_cast<const uint8_t*>(bytes.data()), static_cast<int>(bytes.size()));
  if (bytes.empty() || !Parse(stream, limits, &model->proto))
    return NotAModel(what, WhyUnparsed(bytes.substr(0, 64), bytes.size()));
  RETURN_IF_ERROR(LooksLikeModel(model->proto, what));
  RETURN_IF_ERROR(Annotate(RefuseExternal(&model->proto), what));
  model->name = name;
  model->bytes = bytes.size();
  model->sha256 = Sha256Hex(bytes);
  return Finish(std::move(model), what, limits);
}

absl::StatusOr<std::shared_ptr<const Model>> ModelFromProto(onnx::ModelProto proto, const std::string& name,
                                                            const LoadLimits& limits) {
  const std::string what = Quoted(name);
  RETURN_IF_ERROR(LooksLikeModel(proto, what));
  RETURN_IF_ERROR(Annotate(RefuseExternal(&proto), what));
  if (const size_t size = proto.ByteSizeLong(); size > limits.max_file_bytes || size > INT_MAX) {
    return ResourceExhausted(what, " has ", size, " bytes, at most ", std::min<uint64_t>(limits.max_file_bytes, INT_MAX),
                             " are allowed");
  }
  HashingWriter writer;
  {
    io::CopyingOutputStreamAdaptor adaptor(&writer, kBlock);
    io::CodedOutputStream stream(&adaptor);
    stream.SetSerializationDeterministic(true);
    proto.SerializeWithCachedSizes(&stream);
  }
  auto model = std::make_shared<Model>();
  model->proto = std::move(proto);
  model->name = name;
  model->bytes = writer.bytes();
  model->sha256 = writer.hash().Hex();
  return Finish(std::move(model), what, limits);
}

}   // namespace partway::graph
