// What Prometheus reads from a running server.
#include "edge/service/metrics.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/integration/server_harness.h"

namespace partway {
namespace {

using ::testing::HasSubstr;

std::string HttpGet(int port, const std::string& path) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(static_cast<uint16_t>(port));
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
  const std::string request = "GET " + path + " HTTP/1.0\r\nConnection: close\r\n\r\n";
  EXPECT_EQ(::send(fd, request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
  std::string answer;
  char buffer[4096];
  for (ssize_t n; (n = ::recv(fd, buffer, sizeof buffer, 0)) > 0;) answer.append(buffer, static_cast<size_t>(n));
  ::close(fd);
  return answer;
}

TEST(Metrics, CountRequestsByHowTheyEnded) {
  ServerHarness h;
  const auto metrics = edge::MetricsEndpoint::Start("127.0.0.1:0", *h.server, h.store);
  ASSERT_TRUE(metrics.ok()) << metrics.status();
  const auto stub = h.Stub();
  const auto ask = [&](const std::string& model) {
    inference::ModelInferRequest request;
    request.set_model_name(model);
    auto* input = request.add_inputs();
    input->set_name("x");
    input->set_datatype("FP32");
    for (const int64_t d : {1, 3, 2, 2}) input->add_shape(d);
    request.add_raw_input_contents(std::string(48, '\0'));
    inference::ModelInferResponse response;
    grpc::ClientContext context;
    return stub->ModelInfer(&context, request, &response).ok();
  };
  EXPECT_TRUE(ask("arithmetic"));
  EXPECT_TRUE(ask("arithmetic"));
  EXPECT_FALSE(ask("nothing"));
  const std::string page = HttpGet((*metrics)->port(), "/metrics");
  EXPECT_THAT(page, HasSubstr("partway_requests_total{outcome=\"answered\"} 2\n"));
  EXPECT_THAT(page, HasSubstr("partway_requests_total{outcome=\"refused\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("partway_requests_queued 0\n"));
  EXPECT_THAT(page, HasSubstr("partway_batches_total 0\n"));
  EXPECT_THAT(page, HasSubstr("partway_batched_requests_total 0\n"));
  EXPECT_THAT(page, HasSubstr("partway_batch_size_mean 0\n"));
  EXPECT_THAT(page, HasSubstr("partway_models 1\n"));
}

TEST(Metrics, APortInUseIsOneClearLine) {
  ServerHarness h;
  const auto first = edge::MetricsEndpoint::Start("127.0.0.1:0", *h.server, h.store);
  ASSERT_TRUE(first.ok());
  const auto second = edge::MetricsEndpoint::Start("127.0.0.1:" + std::to_string((*first)->port()), *h.server, h.store);
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(std::string(second.status().message()), HasSubstr("cannot listen for metrics"));
}

}   // namespace
}   // namespace partway
