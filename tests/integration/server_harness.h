// A real server in this process, on a port of its own, with small real models; and an engine whose computations a test can hold back.
#pragma once

#include <grpcpp/create_channel.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "edge/service/edge_server.h"
#include "engine/ort_engine.h"
#include "engine/shape_probe.h"
#include "gmock/gmock.h"
#include "graph/grouping.h"
#include "graph/model_builder.h"
#include "open_inference.grpc.pb.h"

namespace partway {

// Computations pass only while the gate is open.
class Gate {
 public:
  void Open() {
    std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void Close() {
    std::lock_guard lock(mutex_);
    open_ = false;
  }
  void Pass() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return open_; });
    --waiting_;
  }
  // Until so many computations stand at the gate.
  void WaitFor(int waiting) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ >= waiting; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = true;
  int waiting_ = 0;
};

class GatedEngine final : public engine::Engine {
 public:
  explicit GatedEngine(Gate& gate) : gate_(gate), inner_(*engine::MakeOrtEngine({})) {}
  engine::EngineInfo info() const override { return inner_->info(); }
  absl::StatusOr<std::unique_ptr<engine::Segment>> Build(const graph::SubModel& part) override {
    return Wrap(inner_->Build(part));
  }
  absl::StatusOr<std::unique_ptr<engine::Segment>> BuildFromBytes(std::string_view onnx) override {
    return Wrap(inner_->BuildFromBytes(onnx));
  }

 private:
  class Gated final : public engine::Segment {
   public:
    Gated(Gate& gate, std::unique_ptr<engine::Segment> inner) : gate_(gate), inner_(std::move(inner)) {}
    const std::vector<TensorSpec>& inputs() const override { return inner_->inputs(); }
    const std::vector<TensorSpec>& outputs() const override { return inner_->outputs(); }
    absl::Status Run(std::span<const Tensor> in, std::span<Tensor> out) override {
      gate_.Pass();
      return inner_->Run(in, out);
    }

   private:
    Gate& gate_;
    std::unique_ptr<engine::Segment> inner_;
  };
  absl::StatusOr<std::unique_ptr<engine::Segment>> Wrap(absl::StatusOr<std::unique_ptr<engine::Segment>> inner) {
    if (!inner.ok()) return inner;
    return std::make_unique<Gated>(gate_, *std::move(inner));
  }
  Gate& gate_;
  std::unique_ptr<engine::Engine> inner_;
};

// y = relu(2x + 1) - 3, in three nodes that can be cut anywhere; x is 1x3xHxW with free H and W, or as many of them as `batch` says.
inline std::shared_ptr<const graph::Model> ArithmeticModel(const std::string& name = "arithmetic", float two = 2,
                                                           const graph::Dim& batch = 1) {
  graph::ModelBuilder b("net");
  b.Input("x", DType::kFloat32, {batch, 3, "H", "W"});
  b.Floats("two", {1}, {two});
  b.Floats("one", {1}, {1});
  b.Floats("three", {1}, {3});
  b.Node("Mul", {"x", "two"}, {}, "doubled");
  b.Node("Add", {"doubled", "one"}, {}, "shifted");
  b.Node("Relu", {"shifted"}, {}, "positive");
  b.Output(b.Node("Sub", {"positive", "three"}, {}, "y"), DType::kFloat32, {batch, 3, "H", "W"});
  auto model = graph::ModelFromProto(b.Build(), name);
  EXPECT_TRUE(model.ok()) << model.status();
  return *model;
}
inline float Arithmetic(float x) { return std::max(2 * x + 1, 0.0f) - 3; }

inline Tensor Ramp(Shape shape, float first = -8) {
  Tensor t = *Tensor::Allocate(DType::kFloat32, std::move(shape));
  for (float& v : t.mutable_floats()) v = first, first += 0.5f;
  return t;
}

// The server, its models and a stock client's stub.
class ServerHarness {
 public:
  explicit ServerHarness(edge::EdgeServerOptions options = {}) : engine(gate), store(engine, {}), model(ArithmeticModel()) {
    EXPECT_TRUE(store.Add(model).ok());
    Start(options);
  }
  ~ServerHarness() { gate.Open(); }

  void Start(const edge::EdgeServerOptions& options) {
    auto started = edge::EdgeServer::Start(options, store, engine, clock);
    ASSERT_TRUE(started.ok()) << started.status();
    server = *std::move(started);
  }
  std::unique_ptr<inference::GRPCInferenceService::Stub> Stub() const {
    grpc::ChannelArguments args;
    args.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    return inference::GRPCInferenceService::NewStub(
        grpc::CreateCustomChannel(server->address(), grpc::InsecureChannelCredentials(), args));
  }
  // "all": every node a group of its own.
  std::shared_ptr<const graph::Grouping> Grouping() const {
    auto graph = graph::BuildOpGraph(model);
    EXPECT_TRUE(graph.ok()) << graph.status();
    std::vector<int> positions;
    for (int i = 0; i <= static_cast<int>((*graph)->order.size()); ++i) positions.push_back(i);
    auto grouping = graph::GroupingFromPositions(*graph, positions, {});
    EXPECT_TRUE(grouping.ok()) << grouping.status();
    return *grouping;
  }

  Gate gate;
  GatedEngine engine;
  SteadyClock clock;
  edge::ModelStore store;
  std::shared_ptr<const graph::Model> model;
  std::unique_ptr<edge::EdgeServer> server;
};

}   // namespace partway
