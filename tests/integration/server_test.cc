// What a stock client of the Open Inference Protocol sees: the generated stub, none of our parameters.
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <thread>

#include "tests/integration/server_harness.h"

namespace partway {
namespace {

using grpc::StatusCode;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

inference::ModelInferRequest RawRequest(const Tensor& x) {
  inference::ModelInferRequest request;
  request.set_model_name("arithmetic");
  request.set_id("42");
  auto* const input = request.add_inputs();
  input->set_name("x");
  input->set_datatype("FP32");
  for (const int64_t d : x.shape()) input->add_shape(d);
  request.add_raw_input_contents(x.data(), x.byte_size());
  return request;
}

grpc::Status Infer(inference::GRPCInferenceService::Stub& stub, const inference::ModelInferRequest& request,
                   inference::ModelInferResponse* response, milliseconds timeout = seconds(20)) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + timeout);
  return stub.ModelInfer(&context, request, response);
}

void ExpectAnswer(const inference::ModelInferResponse& response, const Tensor& x) {
  ASSERT_EQ(response.outputs_size(), 1);
  EXPECT_EQ(response.outputs(0).name(), "y");
  EXPECT_EQ(response.outputs(0).datatype(), "FP32");
  ASSERT_EQ(response.raw_output_contents_size(), 1);
  ASSERT_EQ(response.raw_output_contents(0).size(), x.byte_size());
  std::vector<float> y(x.floats().size());
  std::memcpy(y.data(), response.raw_output_contents(0).data(), x.byte_size());
  for (size_t i = 0; i < y.size(); ++i) EXPECT_FLOAT_EQ(y[i], Arithmetic(x.floats()[i])) << i;
}

TEST(StockClient, SendsTheWholeInputAndGetsTheWholeAnswer) {
  ServerHarness h;
  auto stub = h.Stub();
  for (const Shape& shape : {Shape{1, 3, 4, 4}, Shape{1, 3, 2, 7}}) {   // sizes change from request to request
    const Tensor x = Ramp(shape);
    inference::ModelInferResponse response;
    const grpc::Status status = Infer(*stub, RawRequest(x), &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(response.model_name(), "arithmetic");
    EXPECT_EQ(response.id(), "42");
    EXPECT_EQ(response.parameters_size(), 0);
    EXPECT_THAT(response.outputs(0).shape(), ElementsAre(shape[0], shape[1], shape[2], shape[3]));
    ExpectAnswer(response, x);
  }
}

TEST(StockClient, MaySendTypedContentsAndUnknownParameters) {
  ServerHarness h;
  const Tensor x = Ramp({1, 3, 2, 2});
  inference::ModelInferRequest request = RawRequest(x);
  request.clear_raw_input_contents();
  for (const float v : x.floats()) request.mutable_inputs(0)->mutable_contents()->add_fp32_contents(v);
  (*request.mutable_parameters())["priority"].set_uint64_param(1);
  (*request.mutable_parameters())["partway_from_the_future"].set_bool_param(true);
  request.add_outputs()->set_name("y");
  inference::ModelInferResponse response;
  const grpc::Status status = Infer(*h.Stub(), request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  ExpectAnswer(response, x);
}

TEST(StockClient, LearnsAboutServerAndModels) {
  ServerHarness h;
  auto stub = h.Stub();
  const auto call = [](auto method) {
    grpc::ClientContext context;
    const grpc::Status status = method(&context);
    EXPECT_TRUE(status.ok()) << status.error_message();
  };
  inference::ServerLiveResponse live;
  call([&](auto* c) { return stub->ServerLive(c, {}, &live); });
  EXPECT_TRUE(live.live());
  inference::ServerReadyResponse ready;
  call([&](auto* c) { return stub->ServerReady(c, {}, &ready); });
  EXPECT_TRUE(ready.ready());
  inference::ServerMetadataResponse server;
  call([&](auto* c) { return stub->ServerMetadata(c, {}, &server); });
  EXPECT_EQ(server.name(), "partway");
  inference::ModelReadyRequest name;
  name.set_name("arithmetic");
  inference::ModelReadyResponse model_ready;
  call([&](auto* c) { return stub->ModelReady(c, name, &model_ready); });
  EXPECT_TRUE(model_ready.ready());
  inference::ModelMetadataRequest query;
  query.set_name("arithmetic");
  inference::ModelMetadataResponse metadata;
  call([&](auto* c) { return stub->ModelMetadata(c, query, &metadata); });
  ASSERT_EQ(metadata.inputs_size(), 1);
  EXPECT_EQ(metadata.inputs(0).name(), "x");
  EXPECT_EQ(metadata.inputs(0).datatype(), "FP32");
  EXPECT_THAT(metadata.inputs(0).shape(), ElementsAre(1, 3, -1, -1));
  EXPECT_EQ(metadata.outputs(0).name(), "y");
  EXPECT_EQ(metadata.properties().at("sha256"), h.model->sha256);
  inference::RepositoryIndexResponse index;
  call([&](auto* c) { return stub->RepositoryIndex(c, {}, &index); });
  ASSERT_EQ(index.models_size(), 1);
  EXPECT_EQ(index.models(0).state(), "READY");
}

TEST(StockClient, ErrorsSayWhatWasWrongAndWhatWasExpected) {
  ServerHarness h;
  auto stub = h.Stub();
  const auto refused = [&](const inference::ModelInferRequest& request, StatusCode code, const char* message) {
    inference::ModelInferResponse response;
    const grpc::Status status = Infer(*stub, request, &response);
    EXPECT_EQ(status.error_code(), code) << status.error_message();
    EXPECT_THAT(status.error_message(), HasSubstr(message));
  };
  const inference::ModelInferRequest good = RawRequest(Ramp({1, 3, 2, 2}));
  inference::ModelInferRequest bad = good;
  bad.set_model_name("resnet5");
  refused(bad, StatusCode::NOT_FOUND, "no model 'resnet5' here; there is arithmetic");
  bad = good;
  bad.set_model_version("3");
  refused(bad, StatusCode::NOT_FOUND, "no version '3' of model arithmetic");
  bad = good;
  bad.mutable_inputs(0)->set_name("z");
  refused(bad, StatusCode::INVALID_ARGUMENT, "has no input 'z'; expected 'x' (FP32 1x3x?x?)");
  refused(RawRequest(Ramp({1, 4, 2, 2})), StatusCode::INVALID_ARGUMENT, "is FP32 1x4x2x2; expected FP32 1x3x?x?");
  bad = good;
  bad.mutable_inputs(0)->set_datatype("INT32");
  refused(bad, StatusCode::INVALID_ARGUMENT, "is INT32 1x3x2x2; expected FP32");
  refused(RawRequest(Ramp({1, 3, 0, 2})), StatusCode::INVALID_ARGUMENT, "dimension outside 1..");
  refused(RawRequest(Ramp({1, 3, 1, 20'000})), StatusCode::INVALID_ARGUMENT, "dimension outside 1..");
  bad = good;
  bad.clear_inputs();
  bad.clear_raw_input_contents();
  refused(bad, StatusCode::INVALID_ARGUMENT, "input 'x' of model arithmetic is missing");
  bad = good;
  bad.add_outputs()->set_name("logits");
  refused(bad, StatusCode::INVALID_ARGUMENT, "has no output 'logits'; expected 'y'");
  bad = good;
  (*bad.mutable_parameters())["triton_enable_empty_final_response"].set_bool_param(true);
  refused(bad, StatusCode::INVALID_ARGUMENT, "triton_enable_empty_final_response");
  bad = good;
  bad.mutable_raw_input_contents(0)->pop_back();
  refused(bad, StatusCode::INVALID_ARGUMENT, "47 raw bytes, expected 48");
  grpc::ClientContext context;
  inference::ModelReadyRequest unknown;
  unknown.set_name("nope");
  inference::ModelReadyResponse ready;
  EXPECT_EQ(stub->ModelReady(&context, unknown, &ready).error_code(), StatusCode::NOT_FOUND);
}

TEST(Server, ManyClientsAtOnceEachGetTheirOwnAnswer) {
  edge::EdgeServerOptions options;
  options.core.threads = 3;
  ServerHarness h(options);
  std::vector<std::thread> clients;
  for (int c = 0; c < 4; ++c) {
    clients.emplace_back([&, c] {
      auto stub = h.Stub();
      for (int i = 0; i < 20; ++i) {
        const Tensor x = Ramp({1, 3, 2 + c, 5}, static_cast<float>(c * 100 + i));
        inference::ModelInferResponse response;
        const grpc::Status status = Infer(*stub, RawRequest(x), &response);
        ASSERT_TRUE(status.ok()) << status.error_message();
        ExpectAnswer(response, x);
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(h.server->counts().answered, 80u);
}

TEST(Server, FullQueueIsRefusedWithItsReasonAndTheRestIsAnswered) {
  edge::EdgeServerOptions options;
  options.core.queue.max_queued = 2;
  ServerHarness h(options);
  auto stub = h.Stub();
  const Tensor x = Ramp({1, 3, 2, 2});
  h.gate.Close();
  std::vector<std::thread> clients;
  std::atomic<int> answered{0};
  const auto ask = [&] {
    clients.emplace_back([&] {
      inference::ModelInferResponse response;
      answered += Infer(*stub, RawRequest(x), &response).ok();
    });
  };
  ask();
  h.gate.WaitFor(1);   // one runs
  ask();
  ask();   // two wait, in either order; once both do, one more is too many
  StatusCode code = StatusCode::OK;
  std::string message;
  while (code == StatusCode::OK || code == StatusCode::DEADLINE_EXCEEDED) {
    inference::ModelInferResponse response;
    const grpc::Status status = Infer(*stub, RawRequest(x), &response, milliseconds(50));
    code = status.error_code();
    message = status.error_message();
  }
  EXPECT_EQ(code, StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(message, HasSubstr("queue is full (2 requests)"));
  h.gate.Open();
  for (std::thread& client : clients) client.join();
  EXPECT_GE(answered.load(), 1);
}

TEST(Server, DeadlineOfTheCallDropsQueuedWork) {
  ServerHarness h;
  auto stub = h.Stub();
  h.gate.Close();
  std::thread first([&] {
    inference::ModelInferResponse response;
    EXPECT_TRUE(Infer(*stub, RawRequest(Ramp({1, 3, 2, 2})), &response).ok());
  });
  h.gate.WaitFor(1);
  inference::ModelInferResponse response;
  EXPECT_EQ(Infer(*stub, RawRequest(Ramp({1, 3, 2, 2})), &response, milliseconds(100)).error_code(),
            StatusCode::DEADLINE_EXCEEDED);
  while (h.server->counts().refused == 0) std::this_thread::yield();   // the server hears of it a little later than the client
  h.gate.Open();
  first.join();
  h.server->Drain(seconds(20));
  EXPECT_EQ(h.server->counts().answered, 1u);   // the second never ran
}

TEST(Server, DrainFinishesWhatItTookAndRefusesTheRest) {
  ServerHarness h;
  auto stub = h.Stub();
  h.gate.Close();
  inference::ModelInferResponse response;
  const Tensor x = Ramp({1, 3, 2, 2});
  std::thread client([&] {
    const grpc::Status status = Infer(*stub, RawRequest(x), &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
  });
  h.gate.WaitFor(1);
  std::thread drain([&] { h.server->Drain(seconds(20)); });
  // The drain has begun when a new request is refused.
  StatusCode code = StatusCode::OK;
  while (code != StatusCode::UNAVAILABLE) {
    inference::ModelInferResponse other;
    code = Infer(*stub, RawRequest(x), &other, milliseconds(50)).error_code();
  }
  h.gate.Open();
  client.join();
  drain.join();
  ExpectAnswer(response, x);
}

TEST(Server, MessageAboveTheLimitIsRefused) {
  edge::EdgeServerOptions options;
  options.core.limits.max_message_bytes = options.core.limits.max_tensor_bytes = 10'000;
  ServerHarness h(options);
  inference::ModelInferResponse response;
  EXPECT_EQ(Infer(*h.Stub(), RawRequest(Ramp({1, 3, 40, 40})), &response).error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_TRUE(Infer(*h.Stub(), RawRequest(Ramp({1, 3, 20, 20})), &response).ok());
}

TEST(Server, PortInUseIsAnErrorAndNeverShared) {
  ServerHarness h;
  edge::EdgeServerOptions same;
  same.listen = h.server->address();
  const auto second = edge::EdgeServer::Start(same, h.store, h.engine, h.clock);
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(std::string(second.status().message()), HasSubstr("cannot listen on " + same.listen + ": Address already in use"));
}

TEST(ModelStore, FindsByNameAndHash) {
  ServerHarness h;
  EXPECT_TRUE(h.store.Find("arithmetic", "", "").ok());
  EXPECT_TRUE(h.store.Find("arithmetic", "1", h.model->sha256).ok());
  EXPECT_TRUE(h.store.Find("my name for it", "", h.model->sha256).ok());
  const std::string other(64, 'f');
  const absl::Status status = h.store.Find("arithmetic", "", other).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr(h.model->sha256.substr(0, 12)));
  EXPECT_THAT(std::string(status.message()), HasSubstr("ffffffffffff"));
  EXPECT_EQ(h.store.Find("else", "", other).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(h.store.Add(ArithmeticModel("arithmetic", 5)).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_TRUE(h.store.Add(h.model).ok());
}

TEST(ModelStore, KeepsAtMostSoManyChainsAndBuildsAgain) {
  Gate gate;
  GatedEngine engine(gate);
  edge::ModelStore store(engine, {.max_chains = 1, .max_groupings = 2});
  ASSERT_TRUE(store.Add(ArithmeticModel()).ok());
  const auto model = *store.Find("arithmetic", "", "");
  const std::string a = *store.Attach(*model, {0, 4}), b = *store.Attach(*model, {0, 2, 4});
  EXPECT_NE(a, b);
  const auto first = *store.Chain(*model, a);
  const auto second = *store.Chain(*model, b);   // pushes the first out of the store, not out of use
  EXPECT_EQ(*store.Chain(*model, b), second);
  EXPECT_NE(*store.Chain(*model, a), first);   // built again
  EXPECT_EQ(*store.GroupCount(*model, b), 2);
  const std::string c = *store.Attach(*model, {0, 1, 4});
  EXPECT_TRUE(store.GroupCount(*model, c).ok());
  EXPECT_TRUE(store.GroupCount(*model, a).ok());
  EXPECT_EQ(store.GroupCount(*model, b).status().code(), absl::StatusCode::kFailedPrecondition);   // used longest ago: forgotten
  for (const std::vector<int>& bad : {std::vector<int>{0}, {0, 5}, {1, 4}, {0, 3, 2, 4}, {0, 2, 2, 4}}) {
    EXPECT_EQ(store.Attach(*model, bad).status().code(), absl::StatusCode::kInvalidArgument);
  }
}

}   // namespace
}   // namespace partway
