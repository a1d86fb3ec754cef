// What does the way to the edge and back cost, beside the computing and beside the same bytes over plain TCP? One frame in flight, server
// and client in this process over loopback. In turns, so that all see the same machine:
//
//   total     head here, upload of the cut's tensor, tail on the server, reply: as the device sees it
//   head      groups [0, cut) here              tail   groups [cut, N) here
//   echo      the tensor's bytes over one TCP connection (no delay) to a thread that reads them all and sends them all back
//   one way   the same bytes up, the reply's few bytes down: the least that any transport could take
//
// Held against the goal of total <= head + tail + 2 echo, with head and tail as that very frame spent them (the server reports its
// computing with the reply), and against the aim of 1.3 echo. Against head and tail run alone the same sum is printed too, but it is the
// small difference of three large times: a hundredth of the computing is a whole echo.
//
//   loopback_bench [--quick] [--json] [--model resnet50|pool] [--rounds N]
//
// resnet50: cut where 1x512x28x28 crosses (1.6 MB). pool: that tensor into one average pooling, no head: the transport alone.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <future>
#include <iostream>
#include <thread>

#include "CLI/CLI.hpp"
#include "apps/prepared_model.h"
#include "apps/request_memory.h"
#include "base/status.h"
#include "device/live/grpc_channel.h"
#include "edge/service/edge_server.h"
#include "engine/check.h"
#include "engine/group_chain.h"
#include "engine/ort_engine.h"
#include "graph/model_builder.h"
#include "nlohmann/json.hpp"

namespace partway {
namespace {

constexpr int64_t kTensorBytes = int64_t{4} * 512 * 28 * 28;
constexpr double kWayGoal = 2.0, kWayAim = 1.3;

struct Flags {
  std::string model = "resnet50";
  int rounds = 40;
  bool quick = false, json = false;
};

double Median(std::vector<double> v) {
  std::nth_element(v.begin(), v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2), v.end());
  return v[v.size() / 2];
}

// Sends what it is sent: `up` bytes read, then `down` bytes written, for ever.
class TcpPeer {
 public:
  TcpPeer(size_t up, size_t down) : up_(up), down_(down) {
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    auto* const address = reinterpret_cast<sockaddr*>(&at);
    ok_ = ::bind(listener, address, size) == 0 && ::listen(listener, 1) == 0 && ::getsockname(listener, address, &size) == 0;
    client_ = ::socket(AF_INET, SOCK_STREAM, 0);
    ok_ = ok_ && ::connect(client_, address, size) == 0;
    server_ = ::accept(listener, nullptr, nullptr);
    ::close(listener);
    const int one = 1;
    for (const int fd : {client_, server_}) ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    thread_ = std::thread([this] {
      std::vector<char> buffer(std::max(up_, down_));
      while (All(::read, server_, buffer.data(), up_) && All(::write, server_, buffer.data(), down_)) {}
    });
  }
  ~TcpPeer() {
    ::shutdown(client_, SHUT_RDWR);
    thread_.join();
    ::close(client_);
    ::close(server_);
  }
  bool Exchange(std::vector<char>& buffer) {
    return ok_ && All(::write, client_, buffer.data(), up_) && All(::read, client_, buffer.data(), down_);
  }

 private:
  template <class Call>
  static bool All(Call call, int fd, char* at, size_t left) {
    while (left > 0) {
      const ssize_t n = call(fd, at, left);
      if (n <= 0) return false;
      at += n;
      left -= static_cast<size_t>(n);
    }
    return true;
  }
  const size_t up_, down_;
  bool ok_ = false;
  int client_ = -1, server_ = -1;
  std::thread thread_;
};

std::shared_ptr<const graph::Model> PoolModel() {
  graph::ModelBuilder b("pool");
  b.Input("x", DType::kFloat32, {1, 512, 28, 28});
  b.Output(b.Node("GlobalAveragePool", {"x"}, {}, "y"), DType::kFloat32, {1, 512, 1, 1});
  return graph::ModelFromProto(b.Build(), "pool").value();
}

absl::StatusOr<apps::PreparedModel> Prepare(const std::string& name) {
  if (name != "pool") return apps::PrepareModel(name, {}, "paper");
  apps::PreparedModel prepared;
  prepared.loaded.model = PoolModel();
  ASSIGN_OR_RETURN(prepared.graph, graph::BuildOpGraph(prepared.loaded.model));
  ASSIGN_OR_RETURN(prepared.types, engine::ProbeTypes(*prepared.graph, {}));
  ASSIGN_OR_RETURN(prepared.grouping, graph::GroupingFromPositions(prepared.graph, {0, 1}, prepared.types));
  return prepared;
}

struct Series {
  std::vector<double> total, head, tail, way, echo, one_way;
};

absl::StatusOr<int> Bench(const Flags& flags) {
  ASSIGN_OR_RETURN(const apps::PreparedModel prepared, Prepare(flags.model));
  const graph::Grouping& grouping = *prepared.grouping;
  const auto at =
      std::find_if(grouping.cuts.begin(), grouping.cuts.end(), [](const graph::Cut& c) { return c.bytes == kTensorBytes; });
  if (at == grouping.cuts.end()) return NotFound(flags.model, " has no cut of ", kTensorBytes, " bytes");
  const int cut = static_cast<int>(at - grouping.cuts.begin()), size = grouping.size();

  ASSIGN_OR_RETURN(const std::unique_ptr<engine::Engine> engine, engine::MakeOrtEngine({}));
  ASSIGN_OR_RETURN(const std::unique_ptr<engine::GroupChain> chain,
                   engine::GroupChain::Build(*engine, prepared.grouping, prepared.types));
  edge::ModelStore store(*engine, {});
  RETURN_IF_ERROR(store.Add(prepared.loaded.model));
  const SteadyClock clock;
  ASSIGN_OR_RETURN(const std::unique_ptr<edge::EdgeServer> server, edge::EdgeServer::Start({}, store, *engine, clock));
  ASSIGN_OR_RETURN(const std::unique_ptr<device::Channel> channel, device::MakeGrpcChannel({.address = server->address()}));
  std::promise<absl::StatusOr<wire::AttachReply>> attached;
  channel->Attach({.device = "bench",
                   .model = prepared.loaded.model->name,
                   .model_sha256 = prepared.loaded.model->sha256,
                   .positions = grouping.positions},
                  std::chrono::seconds(60), [&](absl::StatusOr<wire::AttachReply> r) { attached.set_value(std::move(r)); });
  RETURN_IF_ERROR(attached.get_future().get().status());

  ASSIGN_OR_RETURN(const std::vector<NamedTensor> inputs, engine::NoiseInputs(*prepared.graph, prepared.types, 1));
  std::vector<NamedTensor> kept = inputs, answer;
  if (cut > 0) {
    kept.clear();
    RETURN_IF_ERROR(chain->Run(0, cut, inputs, kept));
  }
  RETURN_IF_ERROR(chain->Run(cut, size, kept, answer));
  int64_t answer_bytes = 0;
  for (const NamedTensor& t : answer) answer_bytes += static_cast<int64_t>(t.tensor.byte_size());
  TcpPeer echo(kTensorBytes, kTensorBytes), one_way(kTensorBytes, static_cast<size_t>(answer_bytes));
  std::vector<char> buffer(kTensorBytes);

  const auto timed = [&](auto body) -> absl::StatusOr<double> {
    const Instant begun = clock.Now();
    RETURN_IF_ERROR(body());
    return (clock.Now() - begun).count() * 1e-9;
  };
  Series s;
  const int warm = 5;
  for (int round = 0; round < flags.rounds + warm; ++round) {
    double way = 0;
    ASSIGN_OR_RETURN(
        const double total, timed([&]() -> absl::Status {
          wire::InferRequest request;
          request.model = prepared.loaded.model->name;
          request.device = "bench";
          request.segment = wire::InferRequest::Segment{cut, size, grouping.fingerprint, prepared.loaded.model->sha256, "raw"};
          request.inputs = inputs;
          if (cut > 0) {
            request.inputs.clear();
            RETURN_IF_ERROR(chain->Run(0, cut, inputs, request.inputs));
          }
          const Instant sent = clock.Now();
          std::promise<absl::StatusOr<wire::InferReply>> got;
          channel->Infer(request, std::chrono::seconds(30),
                         [&](absl::StatusOr<wire::InferReply> r) { got.set_value(std::move(r)); });
          ASSIGN_OR_RETURN(const wire::InferReply reply, got.get_future().get());
          way = ((clock.Now() - sent) - reply.compute).count() * 1e-9;
          return absl::OkStatus();
        }));
    const auto exchange = [&](TcpPeer& peer) {
      return [&] { return peer.Exchange(buffer) ? absl::OkStatus() : InternalError("the TCP exchange failed"); };
    };
    // Each exchange follows a computation, as the upload follows the head, so that it finds the caches as the upload does.
    double head = 0;
    if (cut > 0) {
      std::vector<NamedTensor> out;
      ASSIGN_OR_RETURN(head, timed([&] { return chain->Run(0, cut, inputs, out); }));
    }
    ASSIGN_OR_RETURN(const double echo_s, timed(exchange(echo)));
    std::vector<NamedTensor> out;
    ASSIGN_OR_RETURN(const double tail, timed([&] { return chain->Run(cut, size, kept, out); }));
    ASSIGN_OR_RETURN(const double one_way_s, timed(exchange(one_way)));
    if (round < warm) continue;
    s.total.push_back(total), s.head.push_back(head), s.tail.push_back(tail);
    s.way.push_back(way), s.echo.push_back(echo_s), s.one_way.push_back(one_way_s);
  }

  const double total = Median(s.total), head = Median(s.head), tail = Median(s.tail), way = Median(s.way), raw = Median(s.echo);
  const double of_alone = (total - head - tail) / raw, of_frame = way / raw;
  const bool holds = of_frame <= kWayGoal;
  if (flags.json) {
    std::cout << nlohmann::json{{"model", flags.model},
                                {"cut", cut},
                                {"tensor_bytes", kTensorBytes},
                                {"rounds", flags.rounds},
                                {"total_s", total},
                                {"head_s", head},
                                {"tail_s", tail},
                                {"echo_s", raw},
                                {"one_way_s", Median(s.one_way)},
                                {"way_s", way},
                                {"way_of_echo", of_frame},
                                {"total_less_computing_alone_of_echo", of_alone},
                                {"holds", holds},
                                {"aim_holds", of_frame <= kWayAim}}
              << "\n";
  } else {
    std::printf("%s, cut %d of %d, %lld bytes up, %lld down, medians of %d rounds\n", flags.model.c_str(), cut, size,
                static_cast<long long>(kTensorBytes), static_cast<long long>(answer_bytes), flags.rounds);
    std::printf("  total %.3f ms   head %.3f   tail %.3f   echo %.3f   one way %.3f\n", total * 1e3, head * 1e3, tail * 1e3,
                raw * 1e3, Median(s.one_way) * 1e3);
    std::printf("  way of a frame, total less its own head and tail: %.3f ms = %.2f echo (goal %.1f, aim %.1f): %s\n", way * 1e3,
                of_frame, kWayGoal, kWayAim, holds ? "holds" : "does not hold");
    std::printf("  total less head and tail run alone: %.2f echo\n", of_alone);
  }
  return holds ? 0 : 3;
}

int Main(int argc, char** argv) {
  Flags flags;
  CLI::App app{"The cost of the way to the edge and back against plain TCP."};
  app.add_flag("--quick", flags.quick, "fewer rounds");
  app.add_flag("--json", flags.json, "one JSON document on stdout");
  app.add_option("--model", flags.model, "resnet50 or pool")->check(CLI::IsMember({"resnet50", "pool"}))->capture_default_str();
  app.add_option("--rounds", flags.rounds, "rounds measured")->check(CLI::Range(3, 100000))->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  apps::KeepTensorMemory();   // as serve and run do
  if (flags.quick) flags.rounds = std::min(flags.rounds, 15);
  const absl::StatusOr<int> code = Bench(flags);
  if (code.ok()) return *code;
  std::cerr << "loopback_bench: " << code.status().message() << "\n";
  return 1;
}

}   // namespace
}   // namespace partway

int main(int argc, char** argv) { return partway::Main(argc, argv); }
