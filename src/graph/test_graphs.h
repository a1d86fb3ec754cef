// Small graphs for the tests of this folder: named unary and binary operators over one element type, whatever their sense.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/rng.h"
#include "base/text.h"
#include "graph/model.h"
#include "graph/model_builder.h"
#include "graph/op_graph.h"
#include "graph/shapes.h"
#include "gtest/gtest.h"

namespace partway::graph {

inline std::shared_ptr<const OpGraph> GraphOf(ModelBuilder& b) {
  auto model = ModelFromProto(b.Build(), "test");
  EXPECT_TRUE(model.ok()) << model.status();
  if (!model.ok()) return nullptr;
  auto graph = BuildOpGraph(*model);
  EXPECT_TRUE(graph.ok()) << graph.status();
  return graph.ok() ? *graph : nullptr;
}

// Every value is FP32 of `elements` elements.
inline ValueTypes UniformTypes(const OpGraph& graph, int64_t elements = 4) {
  ValueTypes types;
  for (const Value& value : graph.values) types[value.name] = {DType::kFloat32, {1, elements}};
  return types;
}

inline ValueId Id(const OpGraph& graph, const std::string& name) { return graph.by_name.at(name); }

inline std::vector<std::string> NamesOf(const OpGraph& graph, const std::vector<ValueId>& values) {
  std::vector<std::string> names;
  for (const ValueId v : values) names.push_back(graph.values[v].name);
  return names;
}

// A random graph: 1..3 inputs, some constants and shared weights, nodes of 1..3 operands, 1..3 outputs.
inline std::shared_ptr<const OpGraph> RandomGraph(uint64_t seed) {
  Rng rng(seed);
  ModelBuilder b("random");
  std::vector<std::string> values;
  for (int64_t i = 0, n = rng.UniformInt(1, 3); i < n; ++i) values.push_back(b.Input(Concat("in", i), DType::kFloat32, {1, 4}));
  for (int64_t i = 0, n = rng.UniformInt(1, 3); i < n; ++i) values.push_back(b.Floats(Concat("w", i), {1, 4}, {1, 2, 3, 4}));
  const int64_t nodes = rng.UniformInt(1, 40);
  for (int64_t i = 0; i < nodes; ++i) {
    std::vector<std::string> operands;
    for (int64_t k = 0, n = rng.UniformInt(1, 3); k < n; ++k) {
      const int64_t last = static_cast<int64_t>(values.size()) - 1;
      operands.push_back(values[rng.Chance(0.6) ? std::max<int64_t>(0, last - rng.UniformInt(0, 3)) : rng.UniformInt(0, last)]);
    }
    values.push_back(b.Node("Sum", operands, {}, Concat("v", i)));
  }
  b.Output(values.back());
  for (int64_t i = 0, n = rng.UniformInt(0, 2); i < n; ++i) {
    const std::string& extra = values[rng.UniformInt(0, static_cast<int64_t>(values.size()) - 2)];
    bool listed = false;
    for (const auto& output : b.graph().output()) listed = listed || output.name() == extra;
    if (!listed) b.Output(extra);
  }
  return GraphOf(b);
}

}   // namespace partway::graph
