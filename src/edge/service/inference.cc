#include "edge/service/inference.h"

#include <algorithm>
#include <utility>

#include "base/status.h"
#include "codec/codec.h"
#include "codec/frame_format.h"
#include "engine/batch.h"

namespace partway::edge {
namespace {

const std::string kOnlyVersion = "1";

std::string Names(std::span<const NamedTensor> tensors) {
  std::string text;
  for (const NamedTensor& t : tensors) Append(&text, text.empty() ? "'" : ", '", t.name, "'");
  return text;
}

// The outputs asked for, in the order asked; all if none are named.
absl::StatusOr<Values> Select(Values all, const std::vector<wire::RequestedOutput>& asked) {
  if (asked.empty()) return all;
  Values chosen;
  for (const wire::RequestedOutput& output : asked) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const NamedTensor& t) { return t.name == output.name; });
    if (found == all.end()) return InvalidArgument("there is no output '", output.name, "'; there are ", Names(all));
    chosen.push_back(*found);
  }
  return chosen;
}

std::string SegmentKey(const wire::InferRequest& request, const ServedModel& model) {
  if (!request.segment) return model.sha256();
  return Concat(model.sha256(), " ", request.segment->grouping, " ", request.segment->from, " ", request.segment->to);
}

}   // namespace

absl::Status Inference::CheckWhole(const InferJob& job) const {
  const ServedModel& model = *job.model;
  RETURN_IF_ERROR(CheckInputs(model, job.message.inputs, max_dimension_));
  for (const wire::RequestedOutput& output : job.message.outputs) {
    const bool known =
        std::any_of(model.outputs.begin(), model.outputs.end(), [&](const TensorSpec& s) { return s.name == output.name; });
    if (known) continue;
    std::string names;
    for (const TensorSpec& s : model.outputs) Append(&names, names.empty() ? "'" : ", '", s.name, "'");
    return InvalidArgument("model ", model.name, " has no output '", output.name, "'; expected ", names);
  }
  return absl::OkStatus();
}

absl::Status Inference::Check(InferJob* job) const {
  const wire::InferRequest& message = job->message;
  for (const auto& [name, value] : message.parameters) {
    if (name.rfind("triton_", 0) == 0) return InvalidArgument("parameter '", name.substr(0, 80), "' is not supported here");
  }
  for (const wire::RequestedOutput& output : message.outputs) {
    if (output.parameters.contains("classification"))
      return InvalidArgument("output '", output.name, "': classification is not offered here");
  }
  const auto& segment = message.segment;
  ASSIGN_OR_RETURN(job->model, store_.Find(message.model, message.version, segment ? segment->model_sha256 : ""));
  const ServedModel& model = *job->model;
  job->segment = SegmentKey(message, model);
  if (!segment) return CheckWhole(*job);
  ASSIGN_OR_RETURN(const codec::CodecSpec codec, codec::ParseCodec(segment->codec));
  ASSIGN_OR_RETURN(const int groups, store_.GroupCount(model, segment->grouping));
  if (segment->from < 0 || segment->from >= segment->to || segment->to > groups) {
    return InvalidArgument("groups [", segment->from, ", ", segment->to, ") of model ", model.name, ", which has ", groups,
                           " in this grouping");
  }
  job->encoded = codec != codec::CodecSpec{};
  if (!job->encoded) {
    RETURN_IF_ERROR(CheckValues(*job));
  } else if (message.inputs.size() != 1 || message.inputs.front().name != wire::kEncodedInput ||
             message.inputs.front().tensor.dtype() != DType::kUint8 || message.inputs.front().tensor.shape().size() != 1) {
    return InvalidArgument("codec '", segment->codec, "': expected one input '", wire::kEncodedInput,
                           "' of type UINT8 and one dimension");
  }
  if (model.batches) job->alike = Alike(*job);
  return absl::OkStatus();
}

// Of an encoded frame the headers tell; one that is damaged is left to whoever decodes it.
std::string Inference::Alike(const InferJob& job) const {
  std::vector<TensorSpec> specs;
  if (job.encoded) {
    const auto values = codec::ParseFrame(job.message.inputs.front().tensor.bytes(), limits_.max_tensor_bytes);
    if (!values.ok()) return "";
    for (const codec::FramedValue& v : *values) specs.push_back({v.header.name, v.header.dtype, v.header.shape});
  } else {
    for (const NamedTensor& t : job.message.inputs) specs.push_back({t.name, t.tensor.dtype(), t.tensor.shape()});
  }
  if (!engine::CanStack(specs)) return "";
  std::sort(specs.begin(), specs.end(), [](const TensorSpec& a, const TensorSpec& b) { return a.name < b.name; });
  std::string key = job.segment;
  for (const TensorSpec& s : specs) Append(&key, " ", s.name, " ", DTypeName(s.dtype), " ", ShapeString(s.shape));
  return key;
}

absl::Status Inference::CheckValues(const InferJob& job) const {
  return job.message.segment->from == 0 ? CheckInputs(*job.model, job.message.inputs, max_dimension_)
                                        : CheckDimensions(job.message.inputs, max_dimension_);
}

absl::Status Inference::Decode(InferJob* job) const {
  if (!job->encoded) return absl::OkStatus();
  Values& inputs = job->message.inputs;
  codec::Decoder decoder({.bytes = limits_.max_tensor_bytes});
  absl::StatusOr<Values> values = decoder.Decode(inputs.front().tensor.bytes());
  if (!values.ok()) return Annotate(values.status(), wire::kEncodedInput);
  inputs = *std::move(values);
  job->encoded = false;
  return CheckValues(*job);
}

absl::StatusOr<Values> Inference::Run(const InferJob& job) const {
  const wire::InferRequest& message = job.message;
  const ServedModel& model = *job.model;
  Values made;
  if (message.segment) {
    ASSIGN_OR_RETURN(const std::shared_ptr<engine::GroupChain> chain, store_.Chain(model, message.segment->grouping));
    RETURN_IF_ERROR(chain->Run(message.segment->from, message.segment->to, message.inputs, made));
    return made;
  }
  ASSIGN_OR_RETURN(const std::shared_ptr<engine::GroupChain> chain, store_.Whole(model));
  Values values;
  RETURN_IF_ERROR(chain->Run(0, chain->size(), message.inputs, values));
  const Values* const sources[] = {&values, &message.inputs};   // an output may be an input passed through
  for (const TensorSpec& output : model.outputs) {              // in the model's order
    for (const Values* from : sources) {
      const auto found = std::find_if(from->begin(), from->end(), [&](const NamedTensor& t) { return t.name == output.name; });
      if (found == from->end()) continue;
      made.push_back(*found);
      break;
    }
  }
  return made;
}

absl::StatusOr<std::vector<Values>> Inference::RunTogether(std::span<const std::shared_ptr<InferJob>> jobs) const {
  const wire::InferRequest::Segment& segment = *jobs.front()->message.segment;
  std::vector<const Values*> parts;
  for (const auto& job : jobs) parts.push_back(&job->message.inputs);
  ASSIGN_OR_RETURN(const Values stacked, engine::Stack(parts));
  ASSIGN_OR_RETURN(const std::shared_ptr<engine::GroupChain> chain, store_.Chain(*jobs.front()->model, segment.grouping));
  Values made;
  RETURN_IF_ERROR(chain->Run(segment.from, segment.to, stacked, made));
  return engine::Unstack(std::move(made), static_cast<int>(jobs.size()));
}

absl::StatusOr<wire::InferReply> MakeReply(const InferJob& job, Values outputs) {
  wire::InferReply reply;
  ASSIGN_OR_RETURN(reply.outputs, Select(std::move(outputs), job.message.outputs));
  reply.model = job.model->name;
  reply.version = kOnlyVersion;
  reply.id = job.message.id;
  return reply;
}

}   // namespace partway::edge
