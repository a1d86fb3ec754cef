#include "graph/sub_model.h"

#include <algorithm>
#include <climits>
#include <map>

#include "base/file.h"
#include "base/status.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "graph/declared_types.h"
#include "graph/frontier.h"
#include "graph/initializer.h"
#include "graph/onnx_names.h"
#include "graph/recorded_shapes.h"

namespace partway::graph {
namespace {

namespace io = google::protobuf::io;

constexpr char kGroupsKey[] = "partway.groups";

// Makes `field` refer to a message of the whole model. The message is only read; ReleaseAll takes it back before `field` dies.
template <class Message>
void Refer(google::protobuf::RepeatedPtrField<Message>* field, const Message& message) {
  field->UnsafeArenaAddAllocated(const_cast<Message*>(&message));
}
template <class Message>
void ReleaseAll(google::protobuf::RepeatedPtrField<Message>* field) {
  if (!field->empty()) field->UnsafeArenaExtractSubrange(0, field->size(), nullptr);
}

class SinkStream final : public io::CopyingOutputStream {
 public:
  explicit SinkStream(const FileSink& sink) : sink_(sink) {}
  bool Write(const void* buffer, int size) override {
    if (status_.ok()) status_ = sink_(std::string_view(static_cast<const char*>(buffer), static_cast<size_t>(size)));
    return status_.ok();
  }
  const absl::Status& status() const { return status_; }

 private:
  const FileSink& sink_;
  absl::Status status_;
};

}   // namespace

struct SubModel::Impl {
  std::shared_ptr<const OpGraph> graph;
  std::vector<ValueId> inputs, outputs;
  int64_t param_bytes = 0;
  onnx::ModelProto part;   // its nodes, tensors and functions are those of graph->model

  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    ReleaseAll(part.mutable_graph()->mutable_node());
    ReleaseAll(part.mutable_graph()->mutable_initializer());
    ReleaseAll(part.mutable_graph()->mutable_sparse_initializer());
    ReleaseAll(part.mutable_graph()->mutable_value_info());
    ReleaseAll(part.mutable_functions());
  }
};

namespace {

// Collects one part. Marks are bytes per node and value, so clearing them is the only work that grows with the whole graph.
class Extractor {
 public:
  Extractor(std::shared_ptr<const OpGraph> graph, const ValueTypes& types)
      : graph_(std::move(graph)), types_(types), node_in_(graph_->nodes.size(), 0), value_seen_(graph_->values.size(), 0) {}

  absl::Status Run(std::span<const NodeId> nodes, onnx::ModelProto* part, std::vector<ValueId>* inputs,
                   std::vector<ValueId>* outputs, int64_t* param_bytes) {
    RETURN_IF_ERROR(Take(nodes));
    Boundary();
    onnx::GraphProto* out = part->mutable_graph();
    Header(part);
    const onnx::GraphProto& whole = graph_->proto();
    std::sort(nodes_.begin(), nodes_.end());   // node numbers are topological
    for (const NodeId node : nodes_) Refer(out->mutable_node(), whole.node(node));
    std::sort(stored_.begin(), stored_.end());
    std::sort(inputs_.begin(), inputs_.end());
    std::sort(outputs_.begin(), outputs_.end());
    for (const ValueId v : inputs_) RETURN_IF_ERROR(Declare(v, /*as_input=*/true, out->add_input()));
    for (const ValueId v : outputs_) RETURN_IF_ERROR(Declare(v, /*as_input=*/false, out->add_output()));
    for (const ValueId v : stored_) Store(v, out, param_bytes);
    for (const ValueId v : inner_) {
      if (const int i = graph_->values[v].value_info; i >= 0) Refer(out->mutable_value_info(), whole.value_info(i));
    }
    *inputs = std::move(inputs_);
    *outputs = std::move(outputs_);
    return absl::OkStatus();
  }

 private:
  absl::Status Take(std::span<const NodeId> nodes) {
    for (const NodeId node : nodes) {
      if (node < 0 || static_cast<size_t>(node) >= graph_->nodes.size()) return InvalidArgument("the model has no node ", node);
      if (node_in_[node]) return InvalidArgument(NodeLabel(graph_->proto().node(node), node), " is listed twice in a part");
      node_in_[node] = 1;
      if (graph_->nodes[node].constant || !graph_->nodes[node].live) continue;   // constants come along where they are needed
      nodes_.push_back(node);
    }
    if (nodes_.empty() && !graph_->order.empty()) return InvalidArgument("a part needs at least one node");
    return absl::OkStatus();
  }

  // Inputs, outputs and constants of the nodes taken.
  void Boundary() {
    const size_t taken = nodes_.size();
    for (size_t i = 0; i < taken; ++i) {
      for (const ValueId v : graph_->nodes[nodes_[i]].inputs) Use(v);
      for (const ValueId v : graph_->nodes[nodes_[i]].outputs) {
        const Value& value = graph_->values[v];
        const bool leaves = value.is_output ||
                            std::any_of(value.consumers.begin(), value.consumers.end(), [&](NodeId n) { return !node_in_[n]; });
        (leaves ? outputs_ : inner_).push_back(v);
      }
    }
    if (graph_->order.empty() || node_in_[graph_->order.back()]) {   // this part hands on what no node of the order makes
      for (const ValueId v : graph_->outputs) {
        const Value& value = graph_->values[v];
        if (value.producer != kNoNode && value.kind != ValueKind::kConstant) continue;
        Use(v);
        outputs_.push_back(v);
      }
    }
    while (!pending_.empty()) {   // constant nodes, with what they need in turn
      const NodeId node = pending_.back();
      pending_.pop_back();
      nodes_.push_back(node);
      for (const ValueId v : graph_->nodes[node].inputs) Use(v);
      for (const ValueId v : graph_->nodes[node].outputs) {
        if (!graph_->values[v].is_output) inner_.push_back(v);
      }
    }
  }

  void Use(ValueId v) {
    if (value_seen_[v]) return;
    value_seen_[v] = 1;
    const Value& value = graph_->values[v];
    if (value.kind != ValueKind::kConstant) {
      if (value.producer == kNoNode || !node_in_[value.producer]) inputs_.push_back(v);
    } else if (value.producer == kNoNode) {
      stored_.push_back(v);
    } else if (node_in_[value.producer] != 2) {
      node_in_[value.producer] = 2;   // a constant node that is in already
      pending_.push_back(value.producer);
    }
  }

  void Header(onnx::ModelProto* part) {
    const onnx::ModelProto& whole = graph_->model->proto;
    part->set_ir_version(whole.ir_version());
    if (whole.has_producer_name()) part->set_producer_name(whole.producer_name());
    if (whole.has_producer_version()) part->set_producer_version(whole.producer_version());
    if (whole.has_domain()) part->set_domain(whole.domain());
    if (whole.has_model_version()) part->set_model_version(whole.model_version());
    *part->mutable_opset_import() = whole.opset_import();
    for (const onnx::StringStringEntryProto& entry : whole.metadata_props()) {
      // The groups speak of values of the whole, and so do its inputs' shapes.
      if (entry.key() != kGroupsKey && entry.key() != kInputShapesKey) *part->add_metadata_props() = entry;
    }
    for (const onnx::FunctionProto& function : whole.functions()) Refer(part->mutable_functions(), function);
    part->mutable_graph()->set_name(whole.graph().name().empty() ? "graph" : whole.graph().name());
  }

  absl::Status Declare(ValueId v, bool as_input, onnx::ValueInfoProto* to) {
    const Value& value = graph_->values[v];
    if (value.input >= 0 && value.initializer < 0 && value.producer == kNoNode) {
      *to = graph_->proto().input(value.input);
      return absl::OkStatus();
    }
    if (!as_input && value.is_output) {   // as the model has it, whatever its kind
      for (size_t i = 0; i < graph_->outputs.size(); ++i) {
        if (graph_->outputs[i] == v) *to = graph_->proto().output(static_cast<int>(i));
      }
      if (to->has_type()) return absl::OkStatus();
    } else if (!Sendable(*graph_, v, types_)) {
      return InvalidArgument("value ", Quoted(value.name), " would cross the cut, but only tensors of numbers can be sent");
    }
    if (std::optional<onnx::ValueInfoProto> declared = DeclaredType(*graph_, v, types_)) {
      *to = *std::move(declared);
    } else if (as_input) {
      return InvalidArgument("the element type of value ", Quoted(value.name), ", which would cross the cut, is not known");
    } else {
      to->set_name(value.name);
    }
    return absl::OkStatus();
  }

  void Store(ValueId v, onnx::GraphProto* out, int64_t* param_bytes) {
    const Value& value = graph_->values[v];
    const onnx::GraphProto& whole = graph_->proto();
    const bool sparse = value.sparse_initializer >= 0;
    if (sparse)
      Refer(out->mutable_sparse_initializer(), whole.sparse_initializer(value.sparse_initializer));
    else
      Refer(out->mutable_initializer(), whole.initializer(value.initializer));
    const onnx::TensorProto& tensor =
        sparse ? whole.sparse_initializer(value.sparse_initializer).values() : whole.initializer(value.initializer);
    *param_bytes += TensorBytes(tensor).value_or(0);
    if (graph_->model->proto.ir_version() >= 4) return;
    if (value.input >= 0) {   // before IR 4 initialisers are inputs too
      *out->add_input() = whole.input(value.input);
      return;
    }
    onnx::ValueInfoProto* input = out->add_input();
    input->set_name(value.name);
    input->mutable_type()->mutable_tensor_type()->set_elem_type(tensor.data_type());
    const auto& dims = sparse ? whole.sparse_initializer(value.sparse_initializer).dims() : tensor.dims();
    for (const int64_t d : dims) input->mutable_type()->mutable_tensor_type()->mutable_shape()->add_dim()->set_dim_value(d);
  }

  std::shared_ptr<const OpGraph> graph_;
  const ValueTypes& types_;
  std::vector<uint8_t> node_in_, value_seen_;
  std::vector<NodeId> nodes_, pending_;
  std::vector<ValueId> inputs_, outputs_, stored_, inner_;
};

}   // namespace

SubModel::SubModel(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SubModel::SubModel(SubModel&&) noexcept = default;
SubModel& SubModel::operator=(SubModel&&) noexcept = default;
SubModel::~SubModel() = default;

const std::vector<ValueId>& SubModel::inputs() const { return impl_->inputs; }
const std::vector<ValueId>& SubModel::outputs() const { return impl_->outputs; }
const OpGraph& SubModel::graph() const { return *impl_->graph; }
int64_t SubModel::param_bytes() const { return impl_->param_bytes; }
size_t SubModel::byte_size() const { return impl_->part.ByteSizeLong(); }

void SubModel::RecordInputShapes(const ValueTypes& types) {
  std::map<std::string, Shape> shapes;
  for (const ValueId v : impl_->inputs) {
    const std::string& name = impl_->graph->values[v].name;
    const auto type = types.find(name);
    const auto fixed = [](int64_t d) { return d > 0; };
    if (type != types.end() && std::all_of(type->second.shape.begin(), type->second.shape.end(), fixed))
      shapes.emplace(name, type->second.shape);
  }
  if (shapes.empty()) return;
  onnx::StringStringEntryProto& entry = *impl_->part.add_metadata_props();
  entry.set_key(kInputShapesKey);
  entry.set_value(InputShapesText(shapes));
}

absl::StatusOr<std::string> SubModel::Serialize() const {
  const size_t size = byte_size();
  if (size > INT_MAX) return ResourceExhausted("a part of ", size, " bytes exceeds the 2 GB that an ONNX file can hold");
  std::string bytes;
  if (!impl_->part.SerializeToString(&bytes)) return InternalError("a part of ", size, " bytes did not serialise");
  return bytes;
}

absl::Status SubModel::WriteFile(const std::string& path) const {
  const size_t size = byte_size();
  if (size > INT_MAX) return ResourceExhausted("a part of ", size, " bytes exceeds the 2 GB that an ONNX file can hold");
  return WriteFileAtomically(path, [&](const FileSink& sink) {
    SinkStream stream(sink);
    bool done = false;
    {
      io::CopyingOutputStreamAdaptor adaptor(&stream, 1 << 20);
      done = impl_->part.SerializeToZeroCopyStream(&adaptor) && adaptor.Flush();
    }
    RETURN_IF_ERROR(stream.status());
    return done ? absl::OkStatus() : InternalError("a part of ", size, " bytes did not serialise to ", path);
  });
}

absl::StatusOr<SubModel> Extract(std::shared_ptr<const OpGraph> graph, std::span<const NodeId> nodes, const ValueTypes& types) {
  auto impl = std::make_unique<SubModel::Impl>();
  impl->graph = graph;
  RETURN_IF_ERROR(Extractor(std::move(graph), types).Run(nodes, &impl->part, &impl->inputs, &impl->outputs, &impl->param_bytes));
  return SubModel(std::move(impl));
}

absl::StatusOr<SubModel> ExtractGroups(const Grouping& grouping, int from, int to, const ValueTypes& types) {
  if (from < 0 || from >= to || to > grouping.size()) {
    return InvalidArgument("there are no groups ", from, " to ", to, ": the model has ", grouping.size(), " groups");
  }
  const std::span<const NodeId> order = grouping.graph->order;
  const int begin = grouping.positions[from], end = grouping.positions[to];
  return Extract(grouping.graph, order.subspan(static_cast<size_t>(begin), static_cast<size_t>(end - begin)), types);
}

}   // namespace partway::graph
