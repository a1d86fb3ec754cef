// What do devices make of a server that they share? One server and 1, 2, 4, 8 live devices in this process, each with a link, a session and a policy of
// its own, over real sockets: with the devices rises the load that the server reports, and their cuts move to what is left of it.
//
//   many_devices_bench [--quick] [--json] [--devices 1,8] [--seconds T] [--fps F] [--slowdown X] [--max-latency-ms T] [--link L] [--policy NAME] [--batch N]
//
// The first half of each run is left out: it is how long devices take to learn of each other. Frames count that were answered within their deadline.
#include <cstdio>
#include <iostream>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "CLI/CLI.hpp"
#include "apps/device_side.h"
#include "apps/live_policy.h"
#include "apps/recorded_run.h"
#include "apps/request_memory.h"
#include "base/status.h"
#include "edge/service/edge_server.h"
#include "engine/ort_engine.h"
#include "nlohmann/json.hpp"

namespace partway {
namespace {

constexpr Duration kAttachTimeout = std::chrono::seconds(20);

struct Flags {
  std::string model = "efficientnet_lite0", source = "assets/photos", link = "20Mbps,5ms", policy;
  std::vector<int> devices = {1, 2, 4, 8};
  double seconds = 20, fps = 10, slowdown = 8;
  int max_latency_ms = 300;
  int workers = 1, batch = 8;
  bool quick = false, json = false;
};

// A device's second half.
struct Tally {
  int64_t offered = 0, edge = 0, local = 0, dropped = 0, within = 0;
  double latency_s = 0, edge_s = 0, device_s = 0, load = 0, slots = 0;
  std::map<int, int64_t> cuts;   // of frames that were sent

  Tally& operator+=(const Tally& other) {
    offered += other.offered, edge += other.edge, local += other.local, dropped += other.dropped, within += other.within;
    latency_s += other.latency_s, edge_s += other.edge_s, device_s += other.device_s, load += other.load, slots += other.slots;
    for (const auto& [cut, frames] : other.cuts) cuts[cut] += frames;
    return *this;
  }
};

class Bench {
 public:
  explicit Bench(const Flags& flags) : flags_(flags) {}

  absl::Status SetUp() {
    ASSIGN_OR_RETURN(side_, apps::MakeDeviceSide({.model = flags_.model}));
    ASSIGN_OR_RETURN(link_, apps::ParseLink(flags_.link));
    ASSIGN_OR_RETURN(engine_, engine::MakeOrtEngine({.threads = 1}));
    store_ = std::make_unique<edge::ModelStore>(*engine_, edge::ModelStoreOptions{});
    RETURN_IF_ERROR(store_->Add(side_.prepared.loaded.model));
    edge::EdgeServerOptions options;
    options.core.threads = flags_.workers;
    options.core.batches.most = flags_.batch;
    ASSIGN_OR_RETURN(server_, edge::EdgeServer::Start(options, *store_, *engine_, clock_));
    apps::LivePolicyFlags live;
    live.source = flags_.source;
    live.max_latency = std::chrono::milliseconds(flags_.max_latency_ms);
    ASSIGN_OR_RETURN(live_,
                     apps::MakeLiveProblem(live, {.model = flags_.model}, side_, server_->address(), flags_.slowdown, globals_));
    return absl::OkStatus();
  }

  absl::StatusOr<nlohmann::json> RunAll(int count) {
    std::vector<absl::StatusOr<Tally>> tallies(static_cast<size_t>(count), Tally{});
    const edge::EdgeCounts before = server_->counts();
    std::vector<std::thread> threads;
    for (int d = 0; d < count; ++d) {
      threads.emplace_back([&, d] { tallies[static_cast<size_t>(d)] = RunOne(d, count); });
    }
    for (std::thread& thread : threads) thread.join();
    const edge::EdgeCounts after = server_->counts();
    Tally sum;
    int64_t least = INT64_MAX, most = 0;
    for (const auto& tally : tallies) {
      RETURN_IF_ERROR(tally.status());
      sum += *tally;
      least = std::min(least, tally->within);
      most = std::max(most, tally->within);
    }
    return RowOf(count, sum, least, most, after.batches - before.batches, after.batched - before.batched);
  }

 private:
  absl::StatusOr<Tally> RunOne(int number, int of) {
    ASSIGN_OR_RETURN(apps::EdgeLink edge, apps::ConnectEdge(side_, server_->address(), link_, kAttachTimeout));
    ASSIGN_OR_RETURN(const std::unique_ptr<media::Source> source, media::OpenSource(flags_.source, {.repeat = true}));
    // Each begins with another picture.
    for (int i = 0; i < number; ++i) RETURN_IF_ERROR(source->Next().status());
    const Duration deadline = FromSeconds(live_->problem.max_latency_s);
    ASSIGN_OR_RETURN(const std::unique_ptr<control::Controller> controller,
                     apps::MakeController(*live_, flags_.policy, static_cast<uint64_t>(number) + 1, deadline));
    device::LiveOptions live = apps::ControlledOptions(*controller, side_);
    live.attach.device = Concat("device ", number + 1, " of ", of);
    live.session.deadline = deadline;
    live.slowdown = flags_.slowdown;
    live.feeder.fps = flags_.fps;
    live.feeder.duration = FromSeconds(flags_.seconds);
    Tally tally;
    const double half_s = flags_.seconds / 2;
    const Instant begun = clock_.Now();
    apps::RunHooks hooks;
    hooks.table = &live_->table;
    hooks.frame = [&](report::FrameRow& frame, const media::Picture&, const std::vector<media::Guess>&) {
      if (frame.captured_s - begun.seconds() < half_s) return;
      Count(frame, &tally);
    };
    hooks.slot = [&](const report::SlotRow&, const control::SlotReport& slot) {
      if (static_cast<double>(slot.seen.slot) * live_->slot_s < half_s) return;
      tally.load += slot.seen.state.edge_load;
      tally.slots += 1;
    };
    const std::atomic<bool> stop{false};
    ASSIGN_OR_RETURN(const apps::RecordedRun done,
                     apps::RunRecorded(live, clock_, side_, *source, edge.channel.get(), hooks, stop));
    edge.channel->Shutdown();
    RETURN_IF_ERROR(done.live.source);
    return tally;
  }

  void Count(const report::FrameRow& frame, Tally* tally) const {
    ++tally->offered;
    if (frame.outcome == device::Outcome::kDropped) {
      ++tally->dropped;
      return;
    }
    const bool edge = frame.outcome == device::Outcome::kEdge;
    ++(edge ? tally->edge : tally->local);
    if (edge) ++tally->cuts[frame.cut];
    tally->latency_s += frame.latency_s;
    tally->within += frame.latency_s <= live_->problem.max_latency_s ? 1 : 0;
    tally->edge_s += edge ? frame.edge_s : 0;
    tally->device_s += (frame.head_s + frame.tail_s) / flags_.slowdown;   // as this machine would take without sleeping
  }

  nlohmann::json RowOf(int count, const Tally& sum, int64_t least, int64_t most, uint64_t batches, uint64_t batched) const {
    const auto share = [&](int64_t part) {
      return sum.offered > 0 ? static_cast<double>(part) / static_cast<double>(sum.offered) : 0;
    };
    const double seconds = flags_.seconds / 2;
    const auto answered = static_cast<double>(sum.edge + sum.local);
    nlohmann::json cuts = nlohmann::json::object();
    for (const auto& [cut, frames] : sum.cuts) cuts[std::to_string(cut)] = share(frames);
    return {{"devices", count},
            {"reported_load", sum.slots > 0 ? sum.load / sum.slots : 0},
            {"offered", sum.offered},
            {"edge", share(sum.edge)},
            {"local", share(sum.local)},
            {"dropped", share(sum.dropped)},
            {"cuts", cuts},
            {"edge_compute_share", sum.edge_s + sum.device_s > 0 ? sum.edge_s / (sum.edge_s + sum.device_s) : 0},
            {"within_fps", static_cast<double>(sum.within) / seconds},
            {"within_fps_least", static_cast<double>(least) / seconds},
            {"within_fps_most", static_cast<double>(most) / seconds},
            {"latency_s", answered > 0 ? sum.latency_s / answered : 0},
            {"batches", batches},
            {"batched_requests", batched}};
  }

  const Flags& flags_;
  const apps::Globals globals_{.quiet = true};
  const SteadyClock clock_;
  apps::DeviceSide side_;
  net::LinkOptions link_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<edge::ModelStore> store_;
  std::unique_ptr<edge::EdgeServer> server_;
  std::unique_ptr<apps::LiveProblem> live_;
};

void Print(const nlohmann::json& row) {
  const double least = row["within_fps_least"].get<double>(), most = row["within_fps_most"].get<double>();
  std::printf("%4d %6.2f %6.0f%% %6.0f%% %6.0f%% %8.2f %9.1f %5.1f..%-5.1f %5.2f %6.0f ms %8llu   ", row["devices"].get<int>(),
              row["reported_load"].get<double>(), row["edge"].get<double>() * 100, row["local"].get<double>() * 100,
              row["dropped"].get<double>() * 100, row["edge_compute_share"].get<double>(), row["within_fps"].get<double>(), least,
              most, least > 0 ? most / least : 0, row["latency_s"].get<double>() * 1e3,
              static_cast<unsigned long long>(row["batches"].get<uint64_t>()));
  for (const auto& [cut, part] : row["cuts"].items()) std::printf("%s:%.0f%% ", cut.c_str(), part.get<double>() * 100);
  std::printf("\n");
  std::fflush(stdout);
}

int Main(int argc, char** argv) {
  Flags flags;
  CLI::App app{"live devices on one server"};
  app.add_option("--model", flags.model, "zoo name or ONNX file");
  app.add_option("--source", flags.source, "folder of pictures");
  app.add_option("--devices", flags.devices, "how many, with commas")->delimiter(',')->check(CLI::Range(1, 64));
  app.add_option("--seconds", flags.seconds, "of each run")->check(CLI::Range(2.0, 3600.0));
  app.add_option("--fps", flags.fps, "of each device")->check(CLI::Range(0.1, 1000.0));
  app.add_option("--slowdown", flags.slowdown, "of each device (emulated, by sleeping)")->check(CLI::Range(1.0, 1000.0));
  app.add_option("--link", flags.link, "of each device: RATE|TRACE[,DELAY[,QUEUE]]");
  app.add_option("--max-latency-ms", flags.max_latency_ms, "of a frame, and its deadline")->check(CLI::Range(1, 60000));
  app.add_option("--policy", flags.policy, "default: adaptive");
  app.add_option("--workers", flags.workers, "of the server")->check(CLI::Range(1, 64));
  app.add_option("--batch", flags.batch, "requests in a batch at most; 1: none")->check(CLI::Range(1, 64));
  app.add_flag("--quick", flags.quick, "one device and eight, shortly");
  app.add_flag("--json", flags.json, "one JSON document on stdout");
  CLI11_PARSE(app, argc, argv);
  if (flags.quick) {
    flags.devices = {1, 8};
    flags.seconds = std::min(flags.seconds, 8.0);
  }
  apps::KeepTensorMemory();
  Bench bench(flags);
  nlohmann::json rows = nlohmann::json::array();
  const auto fail = [](const absl::Status& status) {
    std::cerr << "many_devices_bench: " << status.message() << "\n";
    return 1;
  };
  if (const absl::Status status = bench.SetUp(); !status.ok()) return fail(status);
  if (!flags.json) {
    std::printf("each %g fps over %s, %g times slower than this machine (emulated)\n", flags.fps, flags.link.c_str(),
                flags.slowdown);
    std::printf("devs   load    edge   local dropped  edge s/all  within/s  least..most ratio  latency  batches   sent at cut\n");
  }
  for (const int count : flags.devices) {
    const absl::StatusOr<nlohmann::json> row = bench.RunAll(count);
    if (!row.ok()) return fail(row.status());
    if (!flags.json) Print(*row);
    rows.push_back(*row);
  }
  if (flags.json) {
    std::cout
        << nlohmann::json{{"bench", "many_devices"}, {"fps", flags.fps}, {"slowdown", flags.slowdown}, {"rows", rows}}.dump()
        << "\n";
  }
  return 0;
}

}   // namespace
}   // namespace partway

int main(int argc, char** argv) { return partway::Main(argc, argv); }
