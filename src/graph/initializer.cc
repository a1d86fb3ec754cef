#include "graph/initializer.h"

#include "base/status.h"
#include "graph/onnx_names.h"

namespace partway::graph {
namespace {

constexpr int64_t kMostElements = int64_t{1} << 48;   // times 128 bits still fits an int64

std::optional<int64_t> Product(const google::protobuf::RepeatedField<int64_t>& dims) {
  int64_t product = 1;
  bool zero = false;
  for (const int64_t d : dims) {
    if (d < 0) return std::nullopt;
    if (d == 0) zero = true;
    if (d > 0 && product > kMostElements / d) return std::nullopt;
    if (d > 0) product *= d;
  }
  return zero ? 0 : product;
}

std::string DimsText(const onnx::TensorProto& tensor) {
  if (tensor.dims_size() > 16) return Concat(tensor.dims_size(), " dimensions");
  const std::vector<int64_t> dims(tensor.dims().begin(), tensor.dims().end());
  return Concat("shape ", ShapeString(dims));
}

// Entries of the typed field that `tensor`'s type uses, and how many of them `elements` elements take.
std::pair<int64_t, int64_t> TypedEntries(const onnx::TensorProto& t, int bits, int64_t elements) {
  switch (t.data_type()) {
    case onnx::TensorProto::FLOAT: return {t.float_data_size(), elements};
    case onnx::TensorProto::COMPLEX64: return {t.float_data_size(), 2 * elements};
    case onnx::TensorProto::DOUBLE: return {t.double_data_size(), elements};
    case onnx::TensorProto::COMPLEX128: return {t.double_data_size(), 2 * elements};
    case onnx::TensorProto::INT64: return {t.int64_data_size(), elements};
    case onnx::TensorProto::UINT32:
    case onnx::TensorProto::UINT64: return {t.uint64_data_size(), elements};
    case onnx::TensorProto::STRING: return {t.string_data_size(), elements};
    default: return {t.int32_data_size(), bits < 8 ? (elements * bits + 7) / 8 : elements};
  }
}

}   // namespace

std::optional<int64_t> TensorElements(const onnx::TensorProto& tensor) { return Product(tensor.dims()); }

std::optional<int64_t> TensorBytes(const onnx::TensorProto& tensor) {
  const std::optional<int64_t> elements = TensorElements(tensor);
  const std::optional<int> bits = ElementBits(tensor.data_type());
  if (!elements || !bits) return std::nullopt;
  return (*elements * *bits + 7) / 8;
}

absl::Status CheckTensor(const onnx::TensorProto& tensor, std::string_view what) {
  const std::optional<int> bits = ElementBits(tensor.data_type());
  if (!bits) return InvalidArgument(what, " has element type ", tensor.data_type(), ", which ONNX does not define");
  const std::optional<int64_t> elements = TensorElements(tensor);
  if (!elements) return InvalidArgument(what, " has an impossible ", DimsText(tensor));
  if (tensor.has_raw_data() && *bits > 0) {
    const int64_t expected = (*elements * *bits + 7) / 8;
    if (static_cast<int64_t>(tensor.raw_data().size()) == expected) return absl::OkStatus();
    return InvalidArgument(what, " holds ", tensor.raw_data().size(), " bytes, its ", DimsText(tensor), " takes ", expected);
  }
  const auto [have, expected] = TypedEntries(tensor, *bits, *elements);
  if (have == expected) return absl::OkStatus();
  return InvalidArgument(what, " holds ", have, " entries, its ", DimsText(tensor), " takes ", expected);
}

absl::Status CheckSparseTensor(const onnx::SparseTensorProto& tensor, uint64_t max_bytes) {
  const std::string what = Concat("sparse initialiser ", Quoted(tensor.values().name()));
  RETURN_IF_ERROR(CheckTensor(tensor.values(), what));
  RETURN_IF_ERROR(CheckTensor(tensor.indices(), Concat(what, "'s index tensor")));
  const std::optional<int64_t> elements = Product(tensor.dims());
  const int bits = *ElementBits(tensor.values().data_type());
  if (!elements || static_cast<uint64_t>(*elements) * static_cast<uint64_t>(bits) / 8 > max_bytes) {
    return InvalidArgument(what, " has a dense shape beyond the limit of ", max_bytes, " bytes");
  }
  const int64_t stored = *TensorElements(tensor.values());
  const int64_t indices = *TensorElements(tensor.indices());
  if (tensor.indices().data_type() != onnx::TensorProto::INT64 || tensor.values().dims_size() != 1 || stored > *elements ||
      (indices != stored && indices != stored * tensor.dims_size())) {
    return InvalidArgument(what, " has ", stored, " values and ", indices,
                           " indices, expected one index or one per dimension for each value");
  }
  return absl::OkStatus();
}

}   // namespace partway::graph
