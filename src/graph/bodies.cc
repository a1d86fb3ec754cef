#include "graph/bodies.h"

#include <unordered_set>

namespace partway::graph {
namespace {

using NameSet = std::unordered_set<std::string_view>;

// Adds to `captured` what `body` uses and does not define. Recursion is bounded by the depth that model.h allows.
void CollectCaptured(const onnx::GraphProto& body, std::vector<std::string_view>& captured) {
  NameSet defined;
  for (const onnx::ValueInfoProto& input : body.input()) defined.insert(input.name());
  for (const onnx::TensorProto& tensor : body.initializer()) defined.insert(tensor.name());
  for (const onnx::SparseTensorProto& tensor : body.sparse_initializer()) defined.insert(tensor.values().name());
  for (const onnx::NodeProto& node : body.node()) defined.insert(node.output().begin(), node.output().end());

  NameSet seen;
  const auto use = [&](std::string_view name) {
    if (!name.empty() && !defined.contains(name) && seen.insert(name).second) captured.push_back(name);
  };
  for (const onnx::NodeProto& node : body.node()) {
    for (const std::string& name : node.input()) use(name);
    if (HasBody(node)) {
      for (const std::string_view name : CapturedNames(node)) use(name);
    }
  }
  for (const onnx::ValueInfoProto& output : body.output()) use(output.name());
}

}   // namespace

bool HasBody(const onnx::NodeProto& node) {
  for (const onnx::AttributeProto& attribute : node.attribute()) {
    if (attribute.has_g() || attribute.graphs_size() > 0) return true;
  }
  return false;
}

std::vector<std::string_view> CapturedNames(const onnx::NodeProto& node) {
  std::vector<std::string_view> all;
  ForEachBody(node, [&](const onnx::GraphProto& body) { CollectCaptured(body, all); });
  NameSet seen;
  std::erase_if(all, [&](std::string_view name) { return !seen.insert(name).second; });
  return all;
}

}   // namespace partway::graph
