// Equal requests in one run on the real engine: the answers are those of single runs, and what cannot be stacked is not. Whether batches pay is not
// asked here (it depends on the machine): one trial, whatever it says of time, is enough.
#include <future>
#include <limits>

#include "base/text.h"
#include "codec/codec.h"
#include "edge/service/edge_core.h"
#include "tests/integration/server_harness.h"

namespace partway {
namespace {

using ::testing::ElementsAre;

// y = x - (mean of x over the batch): says that it takes batches, and mixes them.
std::shared_ptr<const graph::Model> MixingModel() {
  graph::ModelBuilder b("net");
  b.Input("x", DType::kFloat32, {"N", 3, "H", "W"});
  b.Node("ReduceMean", {"x"}, {graph::attr::Ints("axes", {0})}, "mean");
  b.Output(b.Node("Sub", {"x", "mean"}, {}, "y"), DType::kFloat32, {"N", 3, "H", "W"});
  auto model = graph::ModelFromProto(b.Build(), "mixing");
  EXPECT_TRUE(model.ok()) << model.status();
  return *model;
}

edge::EdgeCoreOptions OneTrialIsEnough() {
  edge::EdgeCoreOptions options;
  constexpr double kAny = std::numeric_limits<double>::max();
  options.batches = {.most = 4, .pays = kAny, .keeps = kAny, .trials = 1, .effort = 1e12};
  return options;
}

class Batching : public testing::Test {
 protected:
  using Reply = absl::StatusOr<wire::InferReply>;

  ~Batching() override { gate_.Open(); }

  void Serve(const std::shared_ptr<const graph::Model>& model, const edge::EdgeCoreOptions& options = OneTrialIsEnough()) {
    ASSERT_TRUE(store_.Add(model).ok());
    served_ = *store_.Find(model->name, "", "");
    std::vector<int> positions;
    for (int i = 0; i <= static_cast<int>(served_->graph->order.size()); ++i) positions.push_back(i);
    grouping_ = *store_.Attach(*served_, positions);
    core_ = std::make_unique<edge::EdgeCore>(store_, engine_, clock_, options);
  }

  std::future<Reply> Ask(std::vector<NamedTensor> inputs, int from, const std::string& codec = "raw") {
    wire::InferRequest request;
    request.model = served_->name;
    const int groups = *store_.GroupCount(*served_, grouping_);
    request.segment = wire::InferRequest::Segment{from, groups, grouping_, served_->sha256(), codec};
    request.inputs = std::move(inputs);
    auto done = std::make_shared<std::promise<Reply>>();
    core_->Infer(core_->NewId(), std::move(request), clock_.Now(), "ipv4:127.0.0.1:1", std::nullopt,
                 [done](Reply reply) { done->set_value(std::move(reply)); });
    return done->get_future();
  }

  // One that holds the only worker, and while it does, the others: they wait together when it is done.
  std::vector<Reply> AskTogether(const std::vector<NamedTensor>& first, const std::vector<std::vector<NamedTensor>>& others,
                                 int from, const std::string& codec = "raw") {
    gate_.Close();
    std::future<Reply> holding = Ask(first, from, codec);
    gate_.WaitFor(1);
    std::vector<std::future<Reply>> asked;
    for (const auto& inputs : others) asked.push_back(Ask(inputs, from, codec));
    gate_.Open();
    EXPECT_TRUE(holding.get().ok());
    std::vector<Reply> replies;
    for (auto& one : asked) replies.push_back(one.get());
    core_->WaitUntilIdle();
    return replies;
  }

  static void ExpectArithmetic(const Reply& reply, const Tensor& x) {
    ASSERT_TRUE(reply.ok()) << reply.status();
    ASSERT_EQ(reply->outputs.size(), 1u);
    const Tensor& y = reply->outputs[0].tensor;
    ASSERT_EQ(y.shape(), x.shape());
    for (size_t i = 0; i < x.floats().size(); ++i) ASSERT_FLOAT_EQ(y.floats()[i], Arithmetic(x.floats()[i])) << i;
  }

  Gate gate_;
  GatedEngine engine_{gate_};
  edge::ModelStore store_{engine_, {}};
  SteadyClock clock_;
  std::shared_ptr<const edge::ServedModel> served_;
  std::string grouping_;
  std::unique_ptr<edge::EdgeCore> core_;
};

TEST_F(Batching, AnswersAreThoseOfSingleRuns) {
  Serve(ArithmeticModel("stackable", 2, "N"));
  const Tensor a = Ramp({1, 3, 2, 2}), b = Ramp({1, 3, 2, 2}, -1), c = Ramp({1, 3, 2, 2}, 7);
  for (int round = 0; round < 3; ++round) {   // the first is the trial
    const std::vector<Reply> replies = AskTogether({{"x", a}}, {{{"x", b}}, {{"x", c}}}, 0);
    ExpectArithmetic(replies[0], b);
    ExpectArithmetic(replies[1], c);
    EXPECT_EQ(core_->counts().batches, static_cast<uint64_t>(round));
  }
  EXPECT_EQ(core_->counts().batched, 4u);
  EXPECT_EQ(core_->counts().answered, 9u);
}

// A cut in the middle, encoded: the frames' headers tell that they are alike, and halves keep these values exactly.
TEST_F(Batching, EncodedRequestsAreBatchedAsWell) {
  Serve(ArithmeticModel("stackable", 2, "N"));
  codec::Encoder encoder(*codec::ParseCodec("fp16"));
  const auto encoded = [&](const Tensor& doubled) {
    std::string frame;
    EXPECT_TRUE(encoder.Encode(std::vector<NamedTensor>{{"doubled", doubled}}, nullptr, &frame).ok());
    Tensor bytes = *Tensor::Allocate(DType::kUint8, {static_cast<int64_t>(frame.size())});
    std::copy_n(reinterpret_cast<const std::byte*>(frame.data()), frame.size(), bytes.mutable_data());
    return std::vector<NamedTensor>{{wire::kEncodedInput, bytes}};
  };
  const Tensor a = Ramp({1, 3, 2, 2}), b = Ramp({1, 3, 2, 2}, -1), c = Ramp({1, 3, 2, 2}, 7);
  for (int round = 0; round < 2; ++round) {
    const std::vector<Reply> replies = AskTogether(encoded(a), {encoded(b), encoded(c)}, 1, "fp16");
    for (const auto& [reply, x] : {std::pair(&replies[0], &b), {&replies[1], &c}}) {
      ASSERT_TRUE(reply->ok()) << reply->status();
      for (size_t i = 0; i < x->floats().size(); ++i)
        ASSERT_FLOAT_EQ((*reply)->outputs[0].tensor.floats()[i], Arithmetic(x->floats()[i] / 2));
    }
  }
  EXPECT_EQ(core_->counts().batches, 1u);
  // A damaged frame among them: it gets its error, the others their answers.
  std::vector<NamedTensor> damaged = encoded(a);
  damaged[0].tensor.mutable_data()[damaged[0].tensor.byte_size() - 1] ^= std::byte{1};
  const std::vector<Reply> replies = AskTogether(encoded(a), {encoded(b), damaged, encoded(c)}, 1, "fp16");
  EXPECT_TRUE(replies[0].ok());
  EXPECT_EQ(replies[1].status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(replies[2].ok());
}

// Each is told its share of the run as computing and all the rest as waiting, so that shares add up to what the workers did, and both to how long it was there.
TEST_F(Batching, AMemberReportsItsShare) {
  Serve(ArithmeticModel("stackable", 2, "N"));
  const Tensor a = Ramp({1, 3, 2, 2}), b = Ramp({1, 3, 2, 2}, -1), c = Ramp({1, 3, 2, 2}, 7);
  AskTogether({{"x", a}}, {{{"x", b}}, {{"x", c}}}, 0);
  const Duration busy = core_->Report({}).busy;
  const std::vector<Reply> replies = AskTogether({{"x", a}}, {{{"x", b}}, {{"x", c}}}, 0);
  ASSERT_EQ(core_->counts().batches, 1u);
  const Duration shares = replies[0]->compute + replies[1]->compute;
  EXPECT_GT(shares, Duration(0));
  EXPECT_LE(shares, core_->Report({}).busy - busy);
  for (const Reply& reply : replies) EXPECT_GE(reply->queue + reply->compute, shares) << "it was there as long as the batch ran";
}

TEST_F(Batching, AModelThatMixesItsBatchIsFoundOutAndNeverBatched) {
  Serve(MixingModel());
  const Tensor a = Ramp({1, 3, 2, 2}), b = Ramp({1, 3, 2, 2}, -1), c = Ramp({1, 3, 2, 2}, 7);
  AskTogether({{"x", a}}, {{{"x", b}}, {{"x", b}}}, 0);   // equal inputs hide it, so they are no trial
  for (int round = 0; round < 3; ++round) {
    for (const Reply& reply : AskTogether({{"x", a}}, {{{"x", b}}, {{"x", c}}}, 0)) {
      ASSERT_TRUE(reply.ok()) << reply.status();
      for (const float v : reply->outputs[0].tensor.floats()) ASSERT_EQ(v, 0) << "x less itself";
    }
  }
  EXPECT_EQ(core_->counts().batches, 0u);
}

TEST_F(Batching, AModelFixedAtOneIsNeverBatched) {
  Serve(ArithmeticModel());
  const Tensor a = Ramp({1, 3, 2, 2}), b = Ramp({1, 3, 2, 2}, -1);
  for (int round = 0; round < 3; ++round) {
    const std::vector<Reply> replies = AskTogether({{"x", a}}, {{{"x", b}}, {{"x", a}}}, 0);
    ExpectArithmetic(replies[0], b);
    ExpectArithmetic(replies[1], a);
  }
  EXPECT_EQ(core_->counts().batches, 0u);
}

TEST_F(Batching, OtherShapesAndTheSwitchKeepRequestsApart) {
  edge::EdgeCoreOptions off = OneTrialIsEnough();
  off.batches.most = 1;
  Serve(ArithmeticModel("stackable", 2, "N"), off);
  const Tensor a = Ramp({1, 3, 2, 2}), b = Ramp({1, 3, 2, 2}, -1), wide = Ramp({1, 3, 2, 5});
  const auto rounds = [&](const Tensor& second) {
    for (int round = 0; round < 3; ++round) {
      const std::vector<Reply> replies = AskTogether({{"x", a}}, {{{"x", b}}, {{"x", second}}}, 0);
      ExpectArithmetic(replies[0], b);
      ExpectArithmetic(replies[1], second);
    }
    EXPECT_EQ(core_->counts().batches, 0u);
  };
  rounds(a);   // switched off
  core_ = std::make_unique<edge::EdgeCore>(store_, engine_, clock_, OneTrialIsEnough());
  rounds(wide);
}

// A client with three names and connections against one with one, in turns by where they come from. The clock stands still, so every request costs the
// same.
TEST(Fairness, IsByAddressAndThenByName) {
  Gate gate;
  GatedEngine engine(gate);
  edge::ModelStore store(engine, {});
  ASSERT_TRUE(store.Add(ArithmeticModel()).ok());
  const ManualClock clock;
  std::mutex mutex;
  std::vector<std::string> answered;
  edge::EdgeCore core(store, engine, clock, {});
  const auto ask = [&](const std::string& peer, const std::string& device, const std::string& label) {
    wire::InferRequest request;
    request.model = "arithmetic";
    request.device = device;
    request.inputs = {{"x", Ramp({1, 3, 2, 2})}};
    core.Infer(core.NewId(), std::move(request), clock.Now(), peer, std::nullopt, [&, label](const auto& reply) {
      EXPECT_TRUE(reply.ok()) << reply.status();
      std::lock_guard lock(mutex);
      answered.push_back(label);
    });
  };
  gate.Close();
  ask("ipv6:%5B::1%5D:9", "", "holds");
  gate.WaitFor(1);
  for (const char* name : {"a", "b", ""}) {
    const std::string peer = Concat("ipv4:10.0.0.1:", name[0] == '\0' ? 1 : 2);
    ask(peer, name, "many");
    ask(peer, name, "many");
  }
  for (int i = 0; i < 3; ++i) ask("ipv4:10.0.0.2:1", "a", "one");
  gate.Open();
  core.WaitUntilIdle();
  EXPECT_THAT(answered, ElementsAre("holds", "many", "one", "many", "one", "many", "one", "many", "many", "many"));
}

}   // namespace
}   // namespace partway
