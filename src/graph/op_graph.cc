#include "graph/op_graph.h"

#include <algorithm>

#include "base/status.h"
#include "graph/bodies.h"
#include "graph/cut_order.h"
#include "graph/declared_types.h"
#include "graph/determinism.h"
#include "graph/onnx_names.h"

namespace partway::graph {
namespace {

class Builder {
 public:
  explicit Builder(std::shared_ptr<const Model> model) : graph_(std::make_shared<OpGraph>()), proto_(model->proto.graph()) {
    graph_->model = std::move(model);
  }

  absl::StatusOr<std::shared_ptr<const OpGraph>> Build() {
    AddFedValues();
    AddNodes();
    RETURN_IF_ERROR(AddOutputs());
    RETURN_IF_ERROR(Connect());
    for (int i = 0; i < proto_.value_info_size(); ++i) {
      if (const auto it = graph_->by_name.find(proto_.value_info(i).name()); it != graph_->by_name.end())
        graph_->values[it->second].value_info = i;
    }
    MarkConstants();
    MarkLive();
    AddConsumers();
    graph_->trust = TrustOf(*graph_);
    graph_->order = ChooseOrder(*graph_);
    return std::shared_ptr<const OpGraph>(std::move(graph_));
  }

 private:
  Value& Add(const std::string& name) {
    const auto [it, added] = graph_->by_name.emplace(name, static_cast<ValueId>(graph_->values.size()));
    if (added) graph_->values.emplace_back().name = name;
    return graph_->values[it->second];
  }

  void AddFedValues() {
    for (int i = 0; i < proto_.input_size(); ++i) {
      Value& value = Add(proto_.input(i).name());
      value.kind = ValueKind::kInput;
      value.input = i;
    }
    for (int i = 0; i < proto_.initializer_size(); ++i) {
      Value& value = Add(proto_.initializer(i).name());
      value.kind = ValueKind::kConstant;
      value.initializer = i;
    }
    for (int i = 0; i < proto_.sparse_initializer_size(); ++i) {
      Value& value = Add(proto_.sparse_initializer(i).values().name());
      value.kind = ValueKind::kConstant;
      value.sparse_initializer = i;
    }
    for (size_t v = 0; v < graph_->values.size(); ++v) {
      if (graph_->values[v].kind == ValueKind::kInput) graph_->inputs.push_back(static_cast<ValueId>(v));
    }
  }

  void AddNodes() {
    graph_->nodes.resize(proto_.node_size());
    for (int i = 0; i < proto_.node_size(); ++i) {
      for (const std::string& name : proto_.node(i).output()) {
        if (name.empty()) continue;
        Value& value = Add(name);
        value.producer = i;
        graph_->nodes[i].outputs.push_back(static_cast<ValueId>(&value - graph_->values.data()));
      }
    }
  }

  absl::Status AddOutputs() {
    for (const onnx::ValueInfoProto& output : proto_.output()) {
      const auto it = graph_->by_name.find(output.name());
      if (it == graph_->by_name.end()) return InvalidArgument("output ", Quoted(output.name()), " is made by no node");
      graph_->values[it->second].is_output = true;
      graph_->outputs.push_back(it->second);
    }
    return absl::OkStatus();
  }

  absl::Status Connect() {
    std::vector<NodeId> reader(graph_->values.size(), kNoNode);   // the last node that was seen to read a value
    for (NodeId i = 0; i < proto_.node_size(); ++i) {
      const onnx::NodeProto& node = proto_.node(i);
      absl::Status status;
      const auto read = [&](std::string_view name) {
        const auto it = graph_->by_name.find(name);
        if (it == graph_->by_name.end()) {
          status = InvalidArgument(NodeLabel(node, i), " reads ", Quoted(name), ", which nothing makes");
          return;
        }
        const NodeId producer = graph_->values[it->second].producer;
        if (producer >= i) status = InvalidArgument(NodeLabel(node, i), " reads ", Quoted(name), " before it is made");
        if (reader[it->second] == i) return;
        reader[it->second] = i;
        graph_->nodes[i].inputs.push_back(it->second);
      };
      for (const std::string& name : node.input()) {
        if (!name.empty()) read(name);
      }
      if (HasBody(node)) {
        for (const std::string_view name : CapturedNames(node)) read(name);
      }
      RETURN_IF_ERROR(status);
    }
    return absl::OkStatus();
  }

  void MarkConstants() {
    const Determinism deterministic(graph_->model->proto);
    for (size_t i = 0; i < graph_->nodes.size(); ++i) {
      Node& node = graph_->nodes[i];
      node.constant = std::all_of(node.inputs.begin(), node.inputs.end(),
                                  [&](ValueId v) { return graph_->values[v].kind == ValueKind::kConstant; }) &&
                      deterministic.Is(proto_.node(static_cast<int>(i)));
      if (!node.constant) continue;
      for (const ValueId v : node.outputs) graph_->values[v].kind = ValueKind::kConstant;
    }
  }

  // Nodes are sorted, so one pass from the back sees every consumer before its producers.
  void MarkLive() {
    std::vector<bool> wanted(graph_->values.size(), false);
    for (const ValueId v : graph_->outputs) wanted[v] = true;
    for (size_t i = graph_->nodes.size(); i-- > 0;) {
      Node& node = graph_->nodes[i];
      node.live = std::any_of(node.outputs.begin(), node.outputs.end(), [&](ValueId v) { return wanted[v]; });
      if (!node.live) continue;
      for (const ValueId v : node.inputs) wanted[v] = true;
    }
  }

  void AddConsumers() {
    for (size_t i = 0; i < graph_->nodes.size(); ++i) {
      if (!graph_->nodes[i].live) continue;
      for (const ValueId v : graph_->nodes[i].inputs) graph_->values[v].consumers.push_back(static_cast<NodeId>(i));
    }
  }

  std::shared_ptr<OpGraph> graph_;
  const onnx::GraphProto& proto_;
};

}   // namespace

absl::StatusOr<std::shared_ptr<const OpGraph>> BuildOpGraph(std::shared_ptr<const Model> model) {
  return Builder(std::move(model)).Build();
}

}   // namespace partway::graph
