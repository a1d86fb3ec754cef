#include "graph/determinism.h"

#include <string_view>
#include <unordered_set>

#include "base/text.h"
#include "graph/bodies.h"
#include "graph/onnx_names.h"

namespace partway::graph {
namespace {

std::string Key(std::string_view domain, std::string_view name) {
  return Concat(IsDefaultDomain(domain) ? std::string_view() : domain, "/", name);
}

bool IsRandomOperator(std::string_view op) {
  static const std::unordered_set<std::string_view> random = {
      "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike",  "Multinomial", "Bernoulli",
      "Dropout",      "BitmaskDropout",   "BiasDropout",   "BitmaskBiasDropout", "Sampling",
  };
  return random.contains(op);
}

}   // namespace

// A function may call those listed before it; one that calls a later one, or itself, counts as random, which is safe.
Determinism::Determinism(const onnx::ModelProto& model) {
  for (const onnx::FunctionProto& function : model.functions()) {
    bool all = true;
    for (const onnx::NodeProto& node : function.node()) all = all && Is(node);
    functions_[Key(function.domain(), function.name())] = all;
  }
}

bool Determinism::Is(const onnx::NodeProto& node) const {
  if (const auto it = functions_.find(Key(node.domain(), node.op_type())); it != functions_.end()) return it->second;
  const std::string& domain = node.domain();
  if (!IsDefaultDomain(domain) && domain != "ai.onnx.ml" && domain != "com.microsoft") return false;
  if (IsRandomOperator(node.op_type())) return false;
  bool all = true;
  ForEachBody(node, [&](const onnx::GraphProto& body) {
    for (const onnx::NodeProto& inner : body.node()) all = all && Is(inner);
  });
  return all;
}

}   // namespace partway::graph
