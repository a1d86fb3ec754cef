// The device's channel against a real server, a server that is not there, and things that are no server of ours.
#include <arpa/inet.h>
#include <grpcpp/server_builder.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <future>
#include <thread>

#include "codec/codec.h"
#include "device/live/grpc_channel.h"
#include "tests/integration/server_harness.h"

namespace partway {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

std::unique_ptr<device::Channel> ChannelTo(const std::string& address) { return *device::MakeGrpcChannel({.address = address}); }

absl::StatusOr<wire::AttachReply> Attach(device::Channel& channel, const wire::AttachRequest& request,
                                         Duration timeout = seconds(20)) {
  std::promise<absl::StatusOr<wire::AttachReply>> reply;
  channel.Attach(request, timeout, [&](absl::StatusOr<wire::AttachReply> r) { reply.set_value(std::move(r)); });
  return reply.get_future().get();
}

absl::StatusOr<wire::InferReply> Infer(device::Channel& channel, const wire::InferRequest& request,
                                       Duration timeout = seconds(20)) {
  std::promise<absl::StatusOr<wire::InferReply>> reply;
  channel.Infer(request, timeout, [&](absl::StatusOr<wire::InferReply> r) { reply.set_value(std::move(r)); });
  return reply.get_future().get();
}

wire::AttachRequest AttachOf(const ServerHarness& h) {
  return {.device = "test", .model = "arithmetic", .model_sha256 = h.model->sha256, .positions = h.Grouping()->positions};
}

wire::InferRequest Part(const ServerHarness& h, int from, int to, NamedTensor in) {
  wire::InferRequest request;
  request.model = "arithmetic";
  request.device = "test";
  request.segment = wire::InferRequest::Segment{from, to, h.Grouping()->fingerprint, h.model->sha256, "raw"};
  request.inputs.push_back(std::move(in));
  return request;
}

TEST(GrpcChannel, AttachedDeviceRunsEveryRunOfGroups) {
  ServerHarness h;
  const auto channel = ChannelTo(h.server->address());
  const absl::StatusOr<wire::AttachReply> attached = Attach(*channel, AttachOf(h));
  ASSERT_TRUE(attached.ok()) << attached.status();
  EXPECT_EQ(attached->grouping, h.Grouping()->fingerprint);
  EXPECT_EQ(attached->engine, "onnxruntime");
  EXPECT_GT(attached->max_message_bytes, 0);

  // The values along the chain for x = 0.75: 1.5, 2.5, 2.5, -0.5.
  const std::vector<std::pair<std::string, float>> values = {
      {"x", 0.75f}, {"doubled", 1.5f}, {"shifted", 2.5f}, {"positive", 2.5f}, {"y", -0.5f}};
  for (int from = 0; from < 4; ++from) {
    for (int to = from + 1; to <= 4; ++to) {
      Tensor in = *Tensor::Allocate(DType::kFloat32, {1, 3, 2, 2});
      for (float& v : in.mutable_floats()) v = values[from].second;
      const absl::StatusOr<wire::InferReply> reply = Infer(*channel, Part(h, from, to, {values[from].first, in}));
      ASSERT_TRUE(reply.ok()) << from << ".." << to << " " << reply.status();
      ASSERT_EQ(reply->outputs.size(), 1u);
      EXPECT_EQ(reply->outputs[0].name, values[to].first);
      for (const float v : reply->outputs[0].tensor.floats()) EXPECT_FLOAT_EQ(v, values[to].second);
      EXPECT_GT(reply->compute.count(), 0);
    }
  }
}

TEST(GrpcChannel, ProbesAndRepliesTellWhenTheRequestWasThereAndHowBusyTheServerIs) {
  ServerHarness h;
  const auto channel = ChannelTo(h.server->address());
  ASSERT_TRUE(Attach(*channel, AttachOf(h)).ok());
  const auto probe = [&](size_t padding) {
    std::promise<absl::StatusOr<wire::ProbeReply>> reply;
    channel->Probe({1, "test", padding}, seconds(20), [&](absl::StatusOr<wire::ProbeReply> r) { reply.set_value(std::move(r)); });
    return reply.get_future().get();
  };
  const auto before = probe(0);
  ASSERT_TRUE(before.ok()) << before.status();
  Tensor in = *Tensor::Allocate(DType::kFloat32, {1, 3, 2, 2});
  for (float& v : in.mutable_floats()) v = 1;
  const auto reply = Infer(*channel, Part(h, 0, 4, {"x", in}));
  ASSERT_TRUE(reply.ok()) << reply.status();
  ASSERT_TRUE(reply->report.has_value());
  const auto after = probe(wire::kMostPadding);
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_LT(before->report.received, reply->report->received);
  EXPECT_LT(reply->report->received, after->report.received);
  EXPECT_GE(after->report.received - reply->report->received, reply->compute) << "one after the other";
  EXPECT_GE(after->report.busy - before->report.busy, reply->compute - microseconds(1)) << "what ran in between is counted";
  EXPECT_EQ(after->report.workers, before->report.workers);
  EXPECT_GE(after->report.workers, 1);
}

TEST(GrpcChannel, RefusalsArriveWithCodeAndReason) {
  ServerHarness h;
  const auto channel = ChannelTo(h.server->address());
  const auto expect = [](const absl::Status& status, absl::StatusCode code, const char* message) {
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(message));
  };
  const NamedTensor x{"x", Ramp({1, 3, 2, 2})};
  expect(Infer(*channel, Part(h, 0, 4, x)).status(), absl::StatusCode::kFailedPrecondition, "attach first");
  wire::AttachRequest attach = AttachOf(h);
  attach.model_sha256 = std::string(64, 'e');
  expect(Attach(*channel, attach).status(), absl::StatusCode::kFailedPrecondition, "another version");
  attach.model = "vgg";
  expect(Attach(*channel, attach).status(), absl::StatusCode::kNotFound, "there is arithmetic");
  attach = AttachOf(h);
  attach.positions = {0, 99};
  expect(Attach(*channel, attach).status(), absl::StatusCode::kInvalidArgument, "positions");
  attach = AttachOf(h);
  attach.protocol = 9;
  expect(Attach(*channel, attach).status(), absl::StatusCode::kFailedPrecondition, "protocol 9");
  ASSERT_TRUE(Attach(*channel, AttachOf(h)).ok());
  expect(Infer(*channel, Part(h, 2, 5, x)).status(), absl::StatusCode::kInvalidArgument,
         "groups [2, 5) of model arithmetic, which has 4");
  expect(Infer(*channel, Part(h, 2, 4, x)).status(), absl::StatusCode::kInvalidArgument, "shifted");
  wire::InferRequest coded = Part(h, 0, 4, x);
  coded.segment->codec = "zip";
  expect(Infer(*channel, coded).status(), absl::StatusCode::kInvalidArgument, "codec 'zip'");
}

// `values` as a frame of the codec, in the one input that the protocol has for it.
NamedTensor Encoded(const char* codec, const NamedTensor& value) {
  const auto bytes = std::make_shared<std::string>();
  EXPECT_TRUE(codec::Encoder(*codec::ParseCodec(codec)).Encode(std::span(&value, 1), nullptr, bytes.get()).ok());
  return {wire::kEncodedInput, Tensor::Wrap(DType::kUint8, {static_cast<int64_t>(bytes->size())},
                                            reinterpret_cast<std::byte*>(bytes->data()), bytes->size(), bytes)};
}

TEST(GrpcChannel, EncodedValuesAreDecodedAndRun) {
  ServerHarness h;
  const auto channel = ChannelTo(h.server->address());
  ASSERT_TRUE(Attach(*channel, AttachOf(h)).ok());
  const Tensor shifted = Ramp({1, 3, 2, 2});   // halves from -8 to -2.5: exact in half precision
  wire::InferRequest request = Part(h, 2, 4, Encoded("fp16", {"shifted", shifted}));
  request.segment->codec = "fp16";
  const absl::StatusOr<wire::InferReply> reply = Infer(*channel, request);
  ASSERT_TRUE(reply.ok()) << reply.status();
  const auto y = reply->outputs.at(0).tensor.floats();
  for (size_t i = 0; i < y.size(); ++i) EXPECT_FLOAT_EQ(y[i], std::max(shifted.floats()[i], 0.0f) - 3);
}

TEST(GrpcChannel, DamagedAndMisplacedFramesAreRefusedWithTheirReason) {
  ServerHarness h;
  const auto channel = ChannelTo(h.server->address());
  ASSERT_TRUE(Attach(*channel, AttachOf(h)).ok());
  const auto refusal = [&](NamedTensor input) {
    wire::InferRequest request = Part(h, 2, 4, std::move(input));
    request.segment->codec = "fp16";
    const absl::Status status = Infer(*channel, request).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    return std::string(status.message());
  };
  EXPECT_THAT(refusal({"shifted", Ramp({1, 3, 2, 2})}), HasSubstr("expected one input 'partway.frame'"));
  NamedTensor damaged = Encoded("fp16", {"shifted", Ramp({1, 3, 2, 2})});
  damaged.tensor.mutable_data()[damaged.tensor.byte_size() / 2] ^= std::byte{1};
  EXPECT_THAT(refusal(damaged), HasSubstr("partway.frame: "));
  EXPECT_THAT(refusal(Encoded("fp16", {"doubled", Ramp({1, 3, 2, 2})})), HasSubstr("'shifted'"));
}

TEST(GrpcChannel, CancelledAndTimedOutRequestsStillGetTheirCallbackOnce) {
  ServerHarness h;
  const auto channel = ChannelTo(h.server->address());
  ASSERT_TRUE(Attach(*channel, AttachOf(h)).ok());
  h.gate.Close();
  std::promise<absl::StatusOr<wire::InferReply>> reply;
  const device::Channel::Sent sent = channel->Infer(Part(h, 0, 4, {"x", Ramp({1, 3, 2, 2})}), seconds(20),
                                                    [&](absl::StatusOr<wire::InferReply> r) { reply.set_value(std::move(r)); });
  EXPECT_GT(sent.bytes, 48);
  h.gate.WaitFor(1);
  channel->Cancel(sent.token);
  EXPECT_EQ(reply.get_future().get().status().code(), absl::StatusCode::kCancelled);
  channel->Cancel(sent.token);   // finished: ignored
  channel->Cancel(12345);
  EXPECT_EQ(Infer(*channel, Part(h, 0, 4, {"x", Ramp({1, 3, 2, 2})}), milliseconds(80)).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  h.gate.Open();
}

TEST(GrpcChannel, DeadlineOfTheRequestIsKeptByTheServer) {
  ServerHarness h;
  const auto channel = ChannelTo(h.server->address());
  ASSERT_TRUE(Attach(*channel, AttachOf(h)).ok());
  h.gate.Close();
  const NamedTensor x{"x", Ramp({1, 3, 2, 2})};
  std::promise<absl::StatusOr<wire::InferReply>> first, second;
  channel->Infer(Part(h, 0, 4, x), seconds(20), [&](absl::StatusOr<wire::InferReply> r) { first.set_value(std::move(r)); });
  h.gate.WaitFor(1);
  wire::InferRequest late = Part(h, 0, 4, x);
  late.deadline = std::chrono::microseconds(1);
  channel->Infer(late, seconds(20), [&](absl::StatusOr<wire::InferReply> r) { second.set_value(std::move(r)); });
  std::future<absl::StatusOr<wire::InferReply>> answer = second.get_future();
  h.gate.Open();
  EXPECT_TRUE(first.get_future().get().ok());
  EXPECT_EQ(answer.get().status().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST(GrpcChannel, ShutdownCallsEveryCallbackBack) {
  ServerHarness h;
  const auto channel = ChannelTo(h.server->address());
  ASSERT_TRUE(Attach(*channel, AttachOf(h)).ok());
  h.gate.Close();
  std::atomic<int> called{0};
  for (int i = 0; i < 8; ++i) {
    channel->Infer(Part(h, 0, 4, {"x", Ramp({1, 3, 2, 2})}), seconds(20),
                   [&](const absl::StatusOr<wire::InferReply>& r) { called += !r.ok(); });
  }
  channel->Shutdown();
  EXPECT_EQ(called.load(), 8);
  EXPECT_EQ(channel->Infer(Part(h, 0, 4, {"x", Ramp({1, 3, 2, 2})}), seconds(1), [&](auto) { ++called; }).token, 0u);
  EXPECT_EQ(called.load(), 8);
  h.gate.Open();
}

TEST(GrpcChannel, ServerThatEndsAndComesBackIsFoundAgain) {
  ServerHarness h;
  const std::string address = h.server->address();
  const auto channel = ChannelTo(address);
  ASSERT_TRUE(Attach(*channel, AttachOf(h)).ok());
  h.server.reset();
  EXPECT_EQ(Infer(*channel, Part(h, 0, 4, {"x", Ramp({1, 3, 2, 2})})).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Attach(*channel, AttachOf(h)).status().code(), absl::StatusCode::kUnavailable);
  edge::EdgeServerOptions options;
  options.listen = address;
  h.Start(options);
  absl::Status status = absl::UnavailableError("");
  for (int attempt = 0; attempt < 100 && !status.ok(); ++attempt) {
    status = Attach(*channel, AttachOf(h)).status();
    if (!status.ok()) std::this_thread::sleep_for(milliseconds(50));   // as the session's probes pause
  }
  EXPECT_TRUE(status.ok()) << status;
}

// A listening socket with a program behind it that is no gRPC server.
class OtherServer {
 public:
  // Says `greeting` to whoever connects (nothing if empty), then keeps the connection open.
  explicit OtherServer(std::string greeting) {
    fd_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&at), size), 0);
    EXPECT_EQ(::listen(fd_, 16), 0);
    EXPECT_EQ(::getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size), 0);
    address_ = "127.0.0.1:" + std::to_string(ntohs(at.sin_port));
    thread_ = std::thread([this, greeting = std::move(greeting)] {
      std::vector<int> connections;
      while (true) {
        const int c = ::accept(fd_, nullptr, nullptr);
        if (c < 0) break;
        connections.push_back(c);
        char wasted[4096];
        if (!greeting.empty() && ::read(c, wasted, sizeof wasted) > 0) (void)!::write(c, greeting.data(), greeting.size());
      }
      for (const int c : connections) ::close(c);
    });
  }
  ~OtherServer() {
    ::shutdown(fd_, SHUT_RDWR);
    thread_.join();
    ::close(fd_);
  }
  const std::string& address() const { return address_; }

 private:
  int fd_;
  std::string address_;
  std::thread thread_;
};

TEST(GrpcChannel, PeersThatAreNoGrpcServerGiveOneClearLine) {
  const OtherServer web("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
  const absl::Status http = Attach(*ChannelTo(web.address()), {.model = "m"}, seconds(5)).status();
  EXPECT_EQ(http.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(http.message()), HasSubstr(web.address() + " does not speak gRPC"));

  const OtherServer chatty("220 mail.example ready\r\n");
  const absl::Status mail = Attach(*ChannelTo(chatty.address()), {.model = "m"}, seconds(5)).status();
  EXPECT_EQ(mail.code(), absl::StatusCode::kUnavailable) << mail;

  const OtherServer silent("");
  const absl::Status quiet = Attach(*ChannelTo(silent.address()), {.model = "m"}, milliseconds(300)).status();
  EXPECT_EQ(quiet.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(quiet.message()), HasSubstr("accepts no gRPC connection in time"));

  std::string closed;
  { closed = OtherServer("").address(); }
  const absl::Status nobody = Attach(*ChannelTo(closed), {.model = "m"}, seconds(5)).status();
  EXPECT_EQ(nobody.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(nobody.message()), HasSubstr(closed + " refuses connections"));
  for (const absl::Status& status : {http, mail, quiet, nobody}) EXPECT_EQ(status.message().find('\n'), std::string::npos);
}

TEST(GrpcChannel, GrpcServerWithoutOurServiceIsNamed) {
  inference::GRPCInferenceService::Service stock;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&stock);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  const absl::Status status = Attach(*ChannelTo("127.0.0.1:" + std::to_string(port)), {.model = "m"}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(std::string(status.message()), HasSubstr("partway serve"));
}

// As where a relay of our own stands before the server.
TEST(GrpcChannel, ErrorsCallThePeerByTheNameItWasGiven) {
  std::string closed;
  { closed = OtherServer("").address(); }
  const auto channel = *device::MakeGrpcChannel({.address = closed, .name = "edge.example:8001"});
  const std::string message(Attach(*channel, {.model = "m"}, seconds(5)).status().message());
  EXPECT_THAT(message, HasSubstr("edge.example:8001 refuses connections"));
  EXPECT_THAT(message, testing::Not(HasSubstr(closed)));
}

TEST(GrpcChannel, EmptyAddressIsRefused) {
  EXPECT_EQ(device::MakeGrpcChannel({}).status().code(), absl::StatusCode::kInvalidArgument);
}

}   // namespace
}   // namespace partway
