#include "wire/codec.h"

#include <algorithm>
#include <utility>

#include "base/status.h"
#include "open_inference.pb.h"
#include "wire/contents.h"
#include "wire/cursor.h"
#include "wire/parameters.h"
#include "wire/proto_bytes.h"
#include "wire/server_report.h"

namespace partway::wire {
namespace {

constexpr uint32_t kTensors = 5;   // `inputs` of a request, `outputs` of a reply
constexpr uint32_t kRawInputs = 7, kRawOutputs = 6;
constexpr uint32_t kContents = 5;   // within a tensor
constexpr int64_t kMaxGroups = 1 << 20;
constexpr int64_t kMaxMicroseconds = int64_t{3600} * 1'000'000;   // an hour

// --- Encoding: the message without raw contents, then each tensor as its header and a piece that borrows its memory. ---

std::shared_ptr<const std::string> AddText(Pieces* pieces, std::string text) {
  auto kept = std::make_shared<const std::string>(std::move(text));
  pieces->push_back({std::as_bytes(std::span(kept->data(), kept->size())), kept});
  return kept;
}

Pieces Join(std::string header, const std::vector<NamedTensor>& tensors, uint32_t raw_field) {
  Pieces pieces;
  pieces.reserve(2 * tensors.size() + 1);
  for (const NamedTensor& t : tensors) {
    AppendTag(&header, raw_field, WireType::kBytes);
    AppendVarint(&header, t.tensor.byte_size());
    AddText(&pieces, std::exchange(header, {}));
    if (t.tensor.byte_size() == 0) continue;
    auto kept = std::make_shared<const Tensor>(t.tensor);
    pieces.push_back({kept->bytes(), kept});
  }
  if (!header.empty()) AddText(&pieces, std::move(header));
  return pieces;
}

template <class ProtoTensor>
void DescribeTensor(const NamedTensor& from, ProtoTensor* to) {
  to->set_name(from.name);
  to->set_datatype(std::string(DTypeName(from.tensor.dtype())));
  for (const int64_t d : from.tensor.shape()) to->add_shape(d);
}

// --- Decoding ---

// A received message taken apart: what protobuf shall parse, and where the contents lie.
struct Parts {
  std::string header;   // without raw contents and without the tensors' typed contents
  std::vector<Cursor> raw;
  std::vector<std::vector<Cursor>> contents;   // by tensor
};

absl::StatusOr<Parts> TakeApart(std::span<const std::span<const std::byte>> received, uint32_t raw_field, const Limits& limits) {
  Cursor cursor(received);
  if (cursor.left() > limits.max_message_bytes) {
    return ResourceExhausted("message of ", cursor.left(), " bytes, the limit is ", limits.max_message_bytes);
  }
  Parts parts;
  const auto malformed = [] { return InvalidArgument("malformed message: not the protobuf of the Open Inference Protocol"); };
  const auto header_full = [&](const Field& field) {
    return parts.header.size() + (field.type == WireType::kBytes ? field.body.left() : 0) + 16 > limits.max_header_bytes;
  };
  const auto too_long = [&] {
    return ResourceExhausted("message is longer than ", limits.max_header_bytes, " bytes without its tensors' contents");
  };
  const auto too_many = [&] {
    return ResourceExhausted("message has more than ", limits.max_tensors, " tensors, which is the limit");
  };

  while (cursor.left() > 0) {
    Field field;
    if (!ReadField(&cursor, &field)) return malformed();
    if (field.number == raw_field && field.type == WireType::kBytes) {
      if (parts.raw.size() == static_cast<size_t>(limits.max_tensors)) return too_many();
      parts.raw.push_back(field.body);
    } else if (field.number == kTensors && field.type == WireType::kBytes) {
      if (parts.contents.size() == static_cast<size_t>(limits.max_tensors)) return too_many();
      std::vector<Cursor>& contents = parts.contents.emplace_back();
      std::string tensor;
      while (field.body.left() > 0) {
        Field inner;
        if (!ReadField(&field.body, &inner)) return malformed();
        if (inner.number == kContents && inner.type == WireType::kBytes) {
          if (contents.size() == 16) return malformed();
          contents.push_back(inner.body);
          continue;
        }
        if (header_full(inner) || tensor.size() > limits.max_header_bytes - parts.header.size()) return too_long();
        AppendField(&tensor, inner);
      }
      if (parts.header.size() + tensor.size() + 16 > limits.max_header_bytes) return too_long();
      AppendTag(&parts.header, kTensors, WireType::kBytes);
      AppendVarint(&parts.header, tensor.size());
      parts.header += tensor;
    } else {
      if (header_full(field)) return too_long();
      AppendField(&parts.header, field);
    }
  }
  return parts;
}

absl::Status CheckText(const std::string& text, const char* what, const Limits& limits) {
  if (text.size() <= limits.max_string_bytes) return absl::OkStatus();
  return ResourceExhausted(what, " is longer than the limit of ", limits.max_string_bytes, " bytes");
}

// `tensor`: "input" or "output", for errors.
template <class ProtoTensors>
absl::StatusOr<std::vector<NamedTensor>> DecodeTensors(const ProtoTensors& described, Parts& parts, const Limits& limits,
                                                       const char* what) {
  const bool raw = !parts.raw.empty();
  if (raw && parts.raw.size() != static_cast<size_t>(described.size())) {
    return InvalidArgument("raw_", what, "_contents has ", parts.raw.size(), " entries for ", described.size(), " ", what,
                           "s; expected one for each");
  }
  std::vector<NamedTensor> tensors;
  tensors.reserve(described.size());
  for (int i = 0; i < described.size(); ++i) {
    const auto& from = described[i];
    RETURN_IF_ERROR(CheckText(from.name(), what, limits));
    const std::string where = Concat(what, " '", from.name(), "'");
    for (const NamedTensor& earlier : tensors) {
      if (earlier.name == from.name()) return InvalidArgument(where, " is there twice");
    }
    RETURN_IF_ERROR(FromProto(from.parameters(), limits, where).status());
    const std::optional<DType> dtype = DTypeFromName(from.datatype());
    if (!dtype || DTypeSize(*dtype) == 0) {
      return InvalidArgument(where, ": datatype '", from.datatype().substr(0, 16),
                             "' is not one of BOOL, UINT8..UINT64, INT8..INT64, FP16, BF16, FP32, FP64");
    }
    if (from.shape_size() > limits.max_rank)
      return InvalidArgument(where, ": ", from.shape_size(), " dimensions, the limit is ", limits.max_rank);
    Shape shape(from.shape().begin(), from.shape().end());
    const std::optional<int64_t> count = ElementCount(shape);
    if (!count) return InvalidArgument(where, ": shape ", ShapeString(shape), " is not one of a tensor");
    if (raw) {
      if (!parts.contents[i].empty())
        return InvalidArgument(where, ": has contents although the message has raw_", what, "_contents; expected one of them");
      Cursor& bytes = parts.raw[i];
      if (static_cast<uint64_t>(*count) > limits.max_tensor_bytes / DTypeSize(*dtype)) {
        return ResourceExhausted(where, ": ", ShapeString(shape), " ", DTypeName(*dtype), " is larger than the limit of ",
                                 limits.max_tensor_bytes, " bytes");
      }
      const size_t expected = static_cast<size_t>(*count) * DTypeSize(*dtype);
      if (bytes.left() != expected) {
        return InvalidArgument(where, ": ", bytes.left(), " raw bytes, expected ", expected, " for ", DTypeName(*dtype), " ",
                               ShapeString(shape));
      }
      ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(*dtype, std::move(shape), limits.max_tensor_bytes));
      bytes.Read(tensor.mutable_data(), expected);
      if (*dtype == DType::kBool &&
          std::any_of(tensor.bytes().begin(), tensor.bytes().end(), [](std::byte b) { return b > std::byte{1}; })) {
        return InvalidArgument(where, ": BOOL holds a byte that is neither 0 nor 1");
      }
      tensors.push_back({from.name(), std::move(tensor)});
    } else {
      ASSIGN_OR_RETURN(Tensor tensor, DecodeContents(parts.contents[i], *dtype, shape, limits, where));
      tensors.push_back({from.name(), std::move(tensor)});
    }
  }
  return tensors;
}

Duration Microseconds(int64_t us) { return std::chrono::microseconds(us); }
int64_t ToMicroseconds(Duration d) { return std::chrono::duration_cast<std::chrono::microseconds>(d).count(); }

// Our own parameters leave `parameters`; a segment is there as soon as one of its parts is.
absl::Status TakeOurs(InferRequest* request) {
  Parameters& parameters = request->parameters;
  ASSIGN_OR_RETURN(const std::optional<int64_t> from, TakeInteger(parameters, "partway_from", kMaxGroups));
  ASSIGN_OR_RETURN(const std::optional<int64_t> to, TakeInteger(parameters, "partway_to", kMaxGroups));
  ASSIGN_OR_RETURN(std::optional<std::string> grouping, TakeString(parameters, "partway_grouping"));
  ASSIGN_OR_RETURN(std::optional<std::string> sha256, TakeString(parameters, "partway_model_sha256"));
  ASSIGN_OR_RETURN(std::optional<std::string> codec, TakeString(parameters, "partway_codec"));
  ASSIGN_OR_RETURN(std::optional<std::string> device, TakeString(parameters, "partway_device"));
  ASSIGN_OR_RETURN(const std::optional<int64_t> deadline, TakeInteger(parameters, "partway_deadline_us", kMaxMicroseconds));
  if (from || to || grouping || sha256 || codec) {
    if (!from || !to || !grouping || !sha256) {
      return InvalidArgument(
          "a part of a model needs all of partway_from, partway_to, partway_grouping and partway_model_sha256");
    }
    if (*from >= *to) return InvalidArgument("partway_from ", *from, " must be less than partway_to ", *to);
    request->segment = InferRequest::Segment{static_cast<int>(*from), static_cast<int>(*to), std::move(*grouping),
                                             std::move(*sha256), codec ? std::move(*codec) : "raw"};
  }
  if (device) request->device = std::move(*device);
  if (deadline) request->deadline = Microseconds(*deadline);
  return absl::OkStatus();
}

}   // namespace

size_t TotalSize(const Pieces& pieces) {
  size_t size = 0;
  for (const Piece& piece : pieces) size += piece.bytes.size();
  return size;
}

Pieces EncodeInferRequest(const InferRequest& request) {
  inference::ModelInferRequest proto;
  proto.set_model_name(request.model);
  proto.set_model_version(request.version);
  proto.set_id(request.id);
  Parameters parameters = request.parameters;
  if (request.segment) {
    parameters["partway_from"] = int64_t{request.segment->from};
    parameters["partway_to"] = int64_t{request.segment->to};
    parameters["partway_grouping"] = request.segment->grouping;
    parameters["partway_model_sha256"] = request.segment->model_sha256;
    parameters["partway_codec"] = request.segment->codec;
  }
  if (!request.device.empty()) parameters["partway_device"] = request.device;
  if (request.deadline)
    parameters["partway_deadline_us"] = std::min(std::max<int64_t>(ToMicroseconds(*request.deadline), 0), kMaxMicroseconds);
  ToProto(parameters, proto.mutable_parameters());
  for (const NamedTensor& t : request.inputs) DescribeTensor(t, proto.add_inputs());
  for (const RequestedOutput& o : request.outputs) {
    auto* const to = proto.add_outputs();
    to->set_name(o.name);
    ToProto(o.parameters, to->mutable_parameters());
  }
  return Join(ToBytes(proto), request.inputs, kRawInputs);
}

Pieces EncodeInferReply(const InferReply& reply) {
  inference::ModelInferResponse proto;
  proto.set_model_name(reply.model);
  proto.set_model_version(reply.version);
  proto.set_id(reply.id);
  Parameters parameters;
  if (reply.queue.count() > 0) parameters["partway_queue_us"] = ToMicroseconds(reply.queue);
  if (reply.compute.count() > 0) parameters["partway_compute_us"] = ToMicroseconds(reply.compute);
  if (reply.report) {
    parameters["partway_received_us"] = ToMicroseconds(reply.report->received);
    parameters["partway_busy_us"] = ToMicroseconds(reply.report->busy);
    parameters["partway_workers"] = int64_t{reply.report->workers};
  }
  ToProto(parameters, proto.mutable_parameters());
  for (const NamedTensor& t : reply.outputs) DescribeTensor(t, proto.add_outputs());
  return Join(ToBytes(proto), reply.outputs, kRawOutputs);
}

absl::StatusOr<InferRequest> DecodeInferRequest(std::span<const std::span<const std::byte>> received, const Limits& limits) {
  ASSIGN_OR_RETURN(Parts parts, TakeApart(received, kRawInputs, limits));
  inference::ModelInferRequest proto;
  RETURN_IF_ERROR(FromBytes(parts.header, "inference request", &proto));
  InferRequest request;
  RETURN_IF_ERROR(CheckText(proto.model_name(), "model_name", limits));
  RETURN_IF_ERROR(CheckText(proto.model_version(), "model_version", limits));
  RETURN_IF_ERROR(CheckText(proto.id(), "id", limits));
  ASSIGN_OR_RETURN(request.parameters, FromProto(proto.parameters(), limits, "request"));
  RETURN_IF_ERROR(TakeOurs(&request));
  if (proto.outputs_size() > limits.max_tensors)
    return ResourceExhausted("request names ", proto.outputs_size(), " outputs, the limit is ", limits.max_tensors);
  for (const auto& output : proto.outputs()) {
    RETURN_IF_ERROR(CheckText(output.name(), "output", limits));
    RequestedOutput& to = request.outputs.emplace_back();
    to.name = output.name();
    ASSIGN_OR_RETURN(to.parameters, FromProto(output.parameters(), limits, Concat("output '", output.name(), "'")));
  }
  ASSIGN_OR_RETURN(request.inputs, DecodeTensors(proto.inputs(), parts, limits, "input"));
  request.model = std::move(*proto.mutable_model_name());
  request.version = std::move(*proto.mutable_model_version());
  request.id = std::move(*proto.mutable_id());
  return request;
}

absl::StatusOr<InferReply> DecodeInferReply(std::span<const std::span<const std::byte>> received, const Limits& limits) {
  ASSIGN_OR_RETURN(Parts parts, TakeApart(received, kRawOutputs, limits));
  inference::ModelInferResponse proto;
  RETURN_IF_ERROR(FromBytes(parts.header, "inference reply", &proto));
  InferReply reply;
  RETURN_IF_ERROR(CheckText(proto.model_name(), "model_name", limits));
  RETURN_IF_ERROR(CheckText(proto.model_version(), "model_version", limits));
  RETURN_IF_ERROR(CheckText(proto.id(), "id", limits));
  ASSIGN_OR_RETURN(Parameters parameters, FromProto(proto.parameters(), limits, "reply"));
  ASSIGN_OR_RETURN(const std::optional<int64_t> queue, TakeInteger(parameters, "partway_queue_us", kMaxMicroseconds));
  ASSIGN_OR_RETURN(const std::optional<int64_t> compute, TakeInteger(parameters, "partway_compute_us", kMaxMicroseconds));
  ASSIGN_OR_RETURN(const std::optional<int64_t> received_us, TakeInteger(parameters, "partway_received_us", kMostReportedUs));
  ASSIGN_OR_RETURN(const std::optional<int64_t> busy, TakeInteger(parameters, "partway_busy_us", kMostReportedUs));
  ASSIGN_OR_RETURN(const std::optional<int64_t> workers, TakeInteger(parameters, "partway_workers", kMostWorkers));
  if (received_us && busy && workers) {   // an older server, or another kind, tells nothing of this
    ASSIGN_OR_RETURN(reply.report, CheckedReport(*received_us, *busy, *workers));
  }
  reply.queue = Microseconds(queue.value_or(0));
  reply.compute = Microseconds(compute.value_or(0));
  ASSIGN_OR_RETURN(reply.outputs, DecodeTensors(proto.outputs(), parts, limits, "output"));
  reply.model = std::move(*proto.mutable_model_name());
  reply.version = std::move(*proto.mutable_model_version());
  reply.id = std::move(*proto.mutable_id());
  return reply;
}

}   // namespace partway::wire
