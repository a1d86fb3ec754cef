// A model of odd_models.h, loaded and run whole on several inputs, and the ways to run it in pieces.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/rng.h"
#include "base/text.h"
#include "engine/check.h"
#include "engine/group_chain.h"
#include "engine/ort_engine.h"
#include "graph/frontier.h"
#include "tests/engine/odd_models.h"

namespace partway::engine {

inline constexpr double kTolerance = 1e-5;   // of the output's range; a boundary changes which sums the engine fuses

using Tensors = std::map<std::string, Tensor>;

class Folder {
 public:
  explicit Folder(const std::string& name) : path_(Concat(::testing::TempDir(), "/partway_odd_", name, "_", getpid())) {
    std::filesystem::create_directories(path_);
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string File(std::string_view name) const { return Concat(path_, "/", name); }

 private:
  std::string path_;
};

// Moves every tensor of more than `least` bytes into "weights.bin" beside the model.
inline void WriteWithExternalData(onnx::ModelProto proto, const Folder& folder) {
  std::string blob;
  for (onnx::TensorProto& tensor : *proto.mutable_graph()->mutable_initializer()) {
    if (tensor.raw_data().size() <= 64) continue;
    blob.resize((blob.size() + 63) / 64 * 64);
    const std::pair<const char*, std::string> entries[] = {
        {"location", "weights.bin"}, {"offset", Concat(blob.size())}, {"length", Concat(tensor.raw_data().size())}};
    for (const auto& [key, value] : entries) {
      onnx::StringStringEntryProto* entry = tensor.add_external_data();
      entry->set_key(key);
      entry->set_value(value);
    }
    blob += tensor.raw_data();
    tensor.clear_raw_data();
    tensor.set_data_location(onnx::TensorProto::EXTERNAL);
  }
  ASSERT_FALSE(blob.empty());
  ASSERT_TRUE(WriteFileAtomically(folder.File("weights.bin"), blob).ok());
  ASSERT_TRUE(WriteFileAtomically(folder.File("model.onnx"), proto.SerializeAsString()).ok());
}

// Runs a segment on what is known by name, and adds what it makes to `made`.
inline void RunOn(Segment& segment, const Tensors& known, Tensors* made) {
  std::vector<Tensor> in, out(segment.outputs().size());
  for (const TensorSpec& spec : segment.inputs()) {
    ASSERT_TRUE(known.contains(spec.name)) << "a part reads '" << spec.name
                                           << "', which neither the model's inputs nor the head give";
    in.push_back(known.at(spec.name));
  }
  const absl::Status status = segment.Run(in, out);
  ASSERT_TRUE(status.ok()) << status;
  for (size_t i = 0; i < out.size(); ++i) (*made)[segment.outputs()[i].name] = out[i];
}

inline bool FreeBatch(const onnx::ValueInfoProto& input) {
  const auto& shape = input.type().tensor_type().shape();
  return shape.dim_size() > 0 && shape.dim(0).dim_param() == "N";
}

class OddModelTest : public ::testing::TestWithParam<OddModel> {
 protected:
  void SetUp() override {
    folder_ = std::make_unique<Folder>(GetParam().name);
    absl::StatusOr<std::shared_ptr<const graph::Model>> model;
    if (GetParam().external) {
      WriteWithExternalData(GetParam().build(), *folder_);
      model = graph::LoadModel(folder_->File("model.onnx"));
    } else {
      model = graph::ModelFromProto(GetParam().build(), GetParam().name);
    }
    ASSERT_TRUE(model.ok()) << model.status();
    auto graph = graph::BuildOpGraph(*model);
    ASSERT_TRUE(graph.ok()) << graph.status();
    graph_ = *graph;
    auto types = ProbeTypes(*graph_, GetParam().size);
    ASSERT_TRUE(types.ok()) << types.status();
    types_ = *types;
    engine_ = *MakeOrtEngine({});
    auto whole = engine_->BuildFromBytes(graph_->model->proto.SerializeAsString());
    ASSERT_TRUE(whole.ok()) << whole.status();
    whole_ = *std::move(whole);
    AddCase(types_, 1);
    if (HasFatalFailure()) return;
    if (GetParam().other_size.height > 0) {
      auto other = ProbeTypes(*graph_, GetParam().other_size);
      ASSERT_TRUE(other.ok()) << other.status();
      AddCase(*other, 2);
      graph::ValueTypes batch = types_;
      for (const graph::ValueId v : graph_->inputs) {
        const graph::Value& value = graph_->values[v];
        if (FreeBatch(graph_->proto().input(value.input))) batch.at(value.name).shape[0] = 3;
      }
      AddCase(batch, 3);
    }
    ExpectAnswersDependOnInputs();
  }

  // Inputs, and what the whole model makes of them.
  struct Case {
    Tensors inputs, whole;
  };

  void AddCase(const graph::ValueTypes& types, uint64_t seed) {
    Case c;
    auto noise = NoiseInputs(*graph_, types, seed);
    ASSERT_TRUE(noise.ok()) << noise.status();
    for (NamedTensor& t : *noise) c.inputs[t.name] = std::move(t.tensor);
    RunOn(*whole_, c.inputs, &c.whole);
    ASSERT_EQ(c.whole.size(), graph_->outputs.size());
    cases_.push_back(std::move(c));
  }

  // Without this a model whose activations die out would agree with anything.
  void ExpectAnswersDependOnInputs() {
    AddCase(types_, 5);
    if (HasFatalFailure()) return;
    const Tensors first = cases_.front().whole, second = cases_.back().whole;
    cases_.pop_back();
    bool differ = false;
    for (const auto& [name, tensor] : first) {
      const graph::Value& value = graph_->values[graph_->by_name.at(name)];
      differ =
          differ || (value.kind == graph::ValueKind::kActivation && !std::ranges::equal(tensor.bytes(), second.at(name).bytes()));
      if (tensor.dtype() != DType::kFloat32) continue;
      EXPECT_TRUE(std::ranges::all_of(tensor.floats(), [](float f) { return std::isfinite(f); })) << name;
    }
    EXPECT_TRUE(differ || graph_->order.empty());
  }

  void ExpectWhole(const Case& c, const Tensors& made, const std::string& where) {
    std::vector<NamedTensor> expected, got;
    for (const auto& [name, tensor] : c.whole) {
      ASSERT_TRUE(made.contains(name)) << where << " does not give output '" << name << "'";
      expected.push_back({name, tensor});
      got.push_back({name, made.at(name)});
    }
    worst_ = std::max(worst_, Compare(expected, got).max_rel);
    EXPECT_LE(Compare(expected, got).max_rel, kTolerance) << where;
  }

  // Runs [0, a) here, [a, b) there and [b, N) here again; there gets only what it reads from here, and sends back all it makes.
  void RunPlan(GroupChain& chain, int a, int b, const Case& c) {
    const std::string where = Concat("groups [", a, ", ", b, ") of ", chain.size());
    Tensors here = c.inputs;
    for (const auto& [from, to] : {std::pair(0, a), std::pair(a, b), std::pair(b, chain.size())}) {
      if (from == to) continue;
      std::vector<NamedTensor> in, out;
      for (const std::string& name : chain.InputNames(from, to)) {
        ASSERT_TRUE(here.contains(name)) << where << ": [" << from << ", " << to << ") reads '" << name
                                         << "', which was not made before";
        in.push_back({name, here.at(name)});
      }
      const absl::Status status = chain.Run(from, to, in, out);
      ASSERT_TRUE(status.ok()) << where << ": " << status;
      for (NamedTensor& t : out) here[t.name] = std::move(t.tensor);
    }
    ExpectWhole(c, here, where);
  }

  // A random set of nodes that holds every producer of its values, and both ends of every value that cannot be sent. May be
  // empty or all nodes.
  std::vector<graph::NodeId> ClosedSet(Rng& rng) {
    std::set<graph::NodeId> in;
    std::vector<graph::NodeId> pending;
    const int64_t last = static_cast<int64_t>(graph_->order.size()) - 1;
    if (last < 0) return {};
    for (int64_t i = 0, n = rng.UniformInt(1, 3); i < n; ++i) pending.push_back(graph_->order[rng.UniformInt(0, last)]);
    while (!pending.empty()) {
      const graph::NodeId node = pending.back();
      pending.pop_back();
      if (graph_->nodes[node].constant || !graph_->nodes[node].live || !in.insert(node).second) continue;
      for (const graph::ValueId v : graph_->nodes[node].inputs) {
        if (graph_->values[v].producer != graph::kNoNode) pending.push_back(graph_->values[v].producer);
      }
      for (const graph::ValueId v : graph_->nodes[node].outputs) {
        if (graph::Sendable(*graph_, v, types_)) continue;
        for (const graph::NodeId consumer : graph_->values[v].consumers) pending.push_back(consumer);
      }
    }
    return {in.begin(), in.end()};
  }

  std::unique_ptr<Folder> folder_;
  std::shared_ptr<const graph::OpGraph> graph_;
  graph::ValueTypes types_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Segment> whole_;
  std::vector<Case> cases_;   // at the size of `types_`; where the model is free also at the other one, and three at once
  double worst_ = 0;
};

}   // namespace partway::engine
