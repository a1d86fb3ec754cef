#include "engine/ort_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <thread>

#include "graph/model_builder.h"

namespace partway::engine {
namespace {

using graph::ModelBuilder;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::unique_ptr<Engine> MakeEngine(const OrtOptions& options = {}) {
  absl::StatusOr<std::unique_ptr<Engine>> engine = MakeOrtEngine(options);
  EXPECT_TRUE(engine.ok()) << engine.status();
  return std::move(*engine);
}

std::unique_ptr<Segment> MakeSegment(ModelBuilder& b, const OrtOptions& options = {}) {
  absl::StatusOr<std::unique_ptr<Segment>> segment = MakeEngine(options)->BuildFromBytes(b.Build().SerializeAsString());
  EXPECT_TRUE(segment.ok()) << segment.status();
  return segment.ok() ? std::move(*segment) : nullptr;
}

Tensor Floats(Shape shape, std::vector<float> values) {
  Tensor t = *Tensor::Allocate(DType::kFloat32, std::move(shape));
  std::copy(values.begin(), values.end(), t.mutable_floats().begin());
  return t;
}

// y = 2x + 1 over any N x 3.
std::unique_ptr<Segment> Affine(const OrtOptions& options = {}) {
  ModelBuilder b("affine");
  b.Input("x", DType::kFloat32, {"N", 3});
  b.Floats("two", {}, {2});
  b.Floats("one", {}, {1});
  b.Output(b.Node("Add", {b.Node("Mul", {"x", "two"}), "one"}, {}, "y"), DType::kFloat32, {"N", 3});
  return MakeSegment(b, options);
}

TEST(OrtEngine, SaysWhatItIs) {
  const EngineInfo info = MakeEngine()->info();
  EXPECT_EQ(info.name, "onnxruntime");
  EXPECT_THAT(info.version, HasSubstr("1."));
  EXPECT_EQ(info.provider, "cpu");
  EXPECT_EQ(info.threads, 1);
}

TEST(OrtEngine, NamesTheProvidersThereAre) {
  EXPECT_THAT(OrtProviders(), Contains("cpu"));
  EXPECT_THAT(OrtProviders(), Not(Contains("abacus")));
  const absl::Status status = MakeOrtEngine({.provider = "abacus"}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("no provider 'abacus'; it has: cpu"));
  EXPECT_EQ(MakeOrtEngine({.threads = -1}).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(OrtEngine, RunsIntoItsOwnMemoryOrTheCallers) {
  const std::unique_ptr<Segment> segment = Affine();
  EXPECT_THAT(segment->inputs(), ElementsAre(TensorSpec{"x", DType::kFloat32, {-1, 3}}));
  EXPECT_THAT(segment->outputs(), ElementsAre(TensorSpec{"y", DType::kFloat32, {-1, 3}}));
  const Tensor in[] = {Floats({1, 3}, {1, 2, 3})};
  Tensor out[1];
  ASSERT_TRUE(segment->Run(in, out).ok());
  EXPECT_THAT(out[0].floats(), ElementsAre(3, 5, 7));
  EXPECT_EQ(out[0].shape(), (Shape{1, 3}));

  Tensor mine[] = {Floats({1, 3}, {0, 0, 0})};
  const std::byte* const where = mine[0].data();
  ASSERT_TRUE(segment->Run(in, mine).ok());
  EXPECT_EQ(mine[0].data(), where);
  EXPECT_THAT(mine[0].floats(), ElementsAre(3, 5, 7));
  EXPECT_THAT(in[0].floats(), ElementsAre(1, 2, 3));
}

TEST(OrtEngine, TakesAnotherSizeEachRun) {
  const std::unique_ptr<Segment> segment = Affine();
  for (int64_t n : {1, 5, 2, 0, 100}) {
    const Tensor in[] = {Floats({n, 3}, std::vector<float>(static_cast<size_t>(n) * 3, 2.0f))};
    Tensor out[1];
    ASSERT_TRUE(segment->Run(in, out).ok()) << n;
    EXPECT_EQ(out[0].shape(), (Shape{n, 3}));
    EXPECT_FALSE(out[0].empty());
    for (const float v : out[0].floats()) EXPECT_EQ(v, 5);
  }
}

TEST(OrtEngine, ResultsOutliveSegmentAndEngine) {
  Tensor out[1];
  {
    const std::unique_ptr<Segment> segment = Affine();
    const Tensor in[] = {Floats({1, 3}, {1, 2, 3})};
    ASSERT_TRUE(segment->Run(in, out).ok());
  }
  EXPECT_THAT(out[0].floats(), ElementsAre(3, 5, 7));
}

TEST(OrtEngine, ComesAndGoesManyTimes) {
  for (int i = 0; i < 20; ++i) {
    const std::unique_ptr<Segment> segment = Affine({.threads = 1 + i % 3});
    const Tensor in[] = {Floats({1, 3}, {1, 2, 3})};
    Tensor out[1];
    ASSERT_TRUE(segment->Run(in, out).ok());
    EXPECT_THAT(out[0].floats(), ElementsAre(3, 5, 7));
  }
}

TEST(OrtEngine, FirstPoolHoldsWhileItLives) {
  const std::unique_ptr<Engine> first = MakeEngine({.threads = 3});
  EXPECT_EQ(first->info().threads, 3);
  EXPECT_EQ(MakeEngine({.threads = 2})->info().threads, 3);
  EXPECT_EQ(MakeEngine({.threads = 1})->info().threads, 1);
}

struct BadRun {
  const char* what;
  std::vector<Tensor> in, out;
  const char* message;
};

TEST(OrtEngine, NamesWhatDoesNotFit) {
  const std::unique_ptr<Segment> segment = Affine();
  const Tensor good = Floats({1, 3}, {1, 2, 3});
  const std::vector<BadRun> cases = {
      {"count", {}, {Tensor()}, "expected 1 inputs, got 0"},
      {"out count", {good}, {}, "expected room for 1 outputs, got 0"},
      {"empty", {Tensor()}, {Tensor()}, "input 'x' has no memory"},
      {"rank", {Floats({3}, {1, 2, 3})}, {Tensor()}, "input 'x' is FP32 ?x3, got FP32 3"},
      {"dimension", {Floats({1, 2}, {1, 2})}, {Tensor()}, "input 'x' is FP32 ?x3, got FP32 1x2"},
      {"type", {*Tensor::Allocate(DType::kInt64, {1, 3})}, {Tensor()}, "input 'x' is FP32 ?x3, got INT64 1x3"},
      {"out type", {good}, {*Tensor::Allocate(DType::kFloat64, {1, 3})}, "output 'y' is FP32 ?x3, got FP64 1x3"},
      {"out shape", {good}, {Floats({2, 3}, {0, 0, 0, 0, 0, 0})}, "output"},
  };
  for (const BadRun& c : cases) {
    std::vector<Tensor> out = c.out;
    const absl::Status status = segment->Run(c.in, out);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << c.what << ": " << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(c.message)) << c.what;
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("\n"))) << c.what;
  }
}

TEST(OrtEngine, AnyThreadsMayRunAtOnce) {
  const std::unique_ptr<Segment> segment = Affine({.threads = 2});
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int k = 0; k < 8; ++k) {
    threads.emplace_back([&, k] {
      const auto value = static_cast<float>(k);
      for (int64_t n = 1; n <= 50; ++n) {
        const Tensor in[] = {Floats({n, 3}, std::vector<float>(static_cast<size_t>(n) * 3, value))};
        Tensor out[1];
        if (!segment->Run(in, out).ok() || out[0].shape() != Shape{n, 3}) ++wrong;
        for (const float v : out[0].floats()) wrong += v != 2 * value + 1;
      }
    });
  }
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(wrong, 0);
}

TEST(OrtEngine, CarriesEveryElementType) {
  for (const DType dtype :
       {DType::kBool, DType::kUint8, DType::kUint16, DType::kUint32, DType::kUint64, DType::kInt8, DType::kInt16, DType::kInt32,
        DType::kInt64, DType::kFloat16, DType::kBfloat16, DType::kFloat32, DType::kFloat64}) {
    ModelBuilder b("types");
    b.Input("x", dtype, {4});
    b.Output(b.Node("Identity", {"x"}, {}, "y"), dtype);
    const std::unique_ptr<Segment> segment = MakeSegment(b);
    ASSERT_NE(segment, nullptr);
    Tensor x = *Tensor::Allocate(dtype, {4});
    for (size_t i = 0; i < x.byte_size(); ++i) x.mutable_data()[i] = static_cast<std::byte>(i % 2);
    const Tensor in[] = {x};
    Tensor out[1];
    ASSERT_TRUE(segment->Run(in, out).ok()) << DTypeName(dtype);
    EXPECT_EQ(out[0].dtype(), dtype);
    EXPECT_EQ(std::memcmp(out[0].data(), x.data(), x.byte_size()), 0) << DTypeName(dtype);
  }
}

TEST(OrtEngine, RefusesWhatIsNoTensorOfNumbers) {
  ModelBuilder b("opaque");
  b.Input("x", DType::kFloat32, {4});
  b.Node("SequenceConstruct", {"x", "x"}, {}, "pair");
  auto* output = b.graph().add_output();
  output->set_name("pair");
  output->mutable_type()->mutable_sequence_type()->mutable_elem_type()->mutable_tensor_type()->set_elem_type(1);
  const std::string bytes = b.Build().SerializeAsString();
  const absl::Status status = MakeEngine()->BuildFromBytes(bytes).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("output 'pair' is not a tensor of numbers"));
  const auto seen = MakeEngine({.allow_opaque = true})->BuildFromBytes(bytes);
  ASSERT_TRUE(seen.ok()) << seen.status();
  EXPECT_EQ((*seen)->outputs()[0].dtype, DType::kOpaque);
  const Tensor in[] = {Floats({4}, {1, 2, 3, 4})};
  Tensor out[1];
  EXPECT_EQ((*seen)->Run(in, out).code(), absl::StatusCode::kInvalidArgument);
}

TEST(OrtEngine, SaysInOneLineWhyItRefusesAModel) {
  ModelBuilder b("unknown");
  b.Input("x", DType::kFloat32, {4});
  b.Output(b.Node("Frobnicate", {"x"}, {}, "y"));
  for (const std::string& bytes : {b.Build().SerializeAsString(), std::string("not a model"), std::string()}) {
    const absl::Status status = MakeEngine()->BuildFromBytes(bytes).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    const std::string message(status.message());
    EXPECT_THAT(message, HasSubstr("ONNX Runtime refuses it: "));
    EXPECT_THAT(message, Not(HasSubstr("\n")));
    EXPECT_THAT(message, Not(HasSubstr("/onnxruntime")));
    RecordProperty("message", message);
  }
}

TEST(OrtEngine, AFailureWhileRunningIsAStatus) {
  ModelBuilder b("gather");   // an index out of range shows only at run time
  b.Input("i", DType::kInt64, {1});
  b.Floats("table", {2}, {1, 2});
  b.Output(b.Node("Gather", {"table", "i"}, {}, "y"));
  const std::unique_ptr<Segment> segment = MakeSegment(b);
  ASSERT_NE(segment, nullptr);
  Tensor i = *Tensor::Allocate(DType::kInt64, {1});
  const int64_t index = 7;
  std::memcpy(i.mutable_data(), &index, sizeof(index));
  const Tensor in[] = {i};
  Tensor out[1];
  const absl::Status status = segment->Run(in, out);
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(status.message()), HasSubstr("Gather"));
  EXPECT_TRUE(out[0].empty());
}

}   // namespace
}   // namespace partway::engine
