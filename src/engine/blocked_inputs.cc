#include "engine/blocked_inputs.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/text.h"

namespace partway::engine {
namespace {

constexpr int kChannelAlignment = 16;   // the largest block; other channel counts are not always blocked

bool IsBlockable(const onnx::ValueInfoProto& input) {
  const auto& type = input.type().tensor_type();
  return type.elem_type() == onnx::TensorProto::FLOAT && type.shape().dim_size() == 4 && type.shape().dim(1).dim_value() > 0 &&
         type.shape().dim(1).dim_value() % kChannelAlignment == 0;
}

}   // namespace

bool MayBeginAtResidual(const graph::SubModel& part) {
#if defined(__x86_64__)
  const graph::OpGraph& graph = part.graph();
  return std::any_of(part.inputs().begin(), part.inputs().end(), [&](graph::ValueId v) {
    bool convolved = false, added = false;
    for (const graph::NodeId n : graph.values[v].consumers) {
      const std::string& op = graph.model->proto.graph().node(n).op_type();
      convolved = convolved || op == "Conv";
      added = added || op == "Add";
    }
    return convolved && added;
  });
#else
  return false;   // there the engine does not block
#endif
}

int BlockResidualInputs(onnx::GraphProto* graph) {
  std::vector<onnx::NodeProto> pools;
  for (const onnx::ValueInfoProto& input : graph->input()) {
    if (!IsBlockable(input)) continue;
    std::vector<std::string*> uses;
    bool convolved = false, added = false;
    for (onnx::NodeProto& node : *graph->mutable_node()) {
      const bool conv = node.op_type() == "Conv", add = node.op_type() == "Add";
      if (!conv && !add) continue;
      for (std::string& name : *node.mutable_input()) {
        if (name != input.name()) continue;
        uses.push_back(&name);
        (conv ? convolved : added) = true;
      }
    }
    if (!convolved || !added) continue;
    onnx::NodeProto& pool = pools.emplace_back();
    pool.set_op_type("MaxPool");
    pool.set_name(Concat("partway.blocked/", input.name()));
    pool.add_input(input.name());
    pool.add_output(pool.name());
    onnx::AttributeProto* kernel = pool.add_attribute();
    kernel->set_name("kernel_shape");
    kernel->set_type(onnx::AttributeProto::INTS);
    kernel->add_ints(1);
    kernel->add_ints(1);
    for (std::string* use : uses) *use = pool.name();
  }
  for (onnx::NodeProto& pool : pools) *graph->add_node() = std::move(pool);
  // In topological order: what reads only inputs comes first.
  std::rotate(graph->mutable_node()->pointer_begin(),
              graph->mutable_node()->pointer_end() - static_cast<std::ptrdiff_t>(pools.size()),
              graph->mutable_node()->pointer_end());
  return static_cast<int>(pools.size());
}

}   // namespace partway::engine
