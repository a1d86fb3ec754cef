// partway compare: the same frames over the same links, live, by different policies.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <memory>
#include <utility>

#include "apps/assumed_config.h"
#include "apps/child_process.h"
#include "apps/compare_results.h"
#include "apps/device_side.h"
#include "apps/fixed_row.h"
#include "apps/link_flags.h"
#include "apps/live_policy.h"
#include "apps/options.h"
#include "apps/progress.h"
#include "apps/recorded_run.h"
#include "apps/replay_info.h"
#include "apps/request_memory.h"
#include "apps/stop_signal.h"
#include "apps/verb.h"
#include "base/file.h"
#include "base/status.h"
#include "nlohmann/json.hpp"

namespace partway::apps {
namespace {

constexpr Duration kServerStart = std::chrono::seconds(20), kAttachTimeout = std::chrono::seconds(20);
constexpr char kGridRates[] = "0.3Mbps,1Mbps,3Mbps,10Mbps,30Mbps,50Mbps";
constexpr char kGridTraces[] = "lte-walk,5g-drive,busy-wifi";
constexpr char kDefaultMethods[] = "adaptive,all-local,jpeg";
constexpr double kLeastRatio = 0.95;   // of the better of all-local and JPEG to the server

struct CompareFlags {
  DeviceOptions device;
  LivePolicyFlags live;
  std::string source, edge, rates, traces, methods = kDefaultMethods, labels, page, records;
  std::optional<Duration> delay;
  double fps = 30, slowdown = 1;
  int64_t frames = 240;
  int rounds = 3;
  bool grid = false;
};

struct Method {
  std::string name, what;
  std::string policy;   // of the registry
  policy::Parameters parameters;
};

std::vector<std::string> Split(const std::string& text) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= text.size() && !text.empty();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

absl::StatusOr<Method> MethodOf(const std::string& name, const LiveProblem& live) {
  if (name != "jpeg" && name != "all-local") {
    if (const absl::Status status = CheckLivePolicy(name, "--policies"); !status.ok())
      return UsageError(Concat(std::string(status.message()), ", and jpeg"));
    return Method{name, policy::FindPolicy(name)->summary, name, {}};
  }
  const std::optional<size_t> row = FixedRow(live, name == "all-local");
  if (!row)
    return UsageError(Concat("--policies: there is no option for ", name, name == "jpeg" ? "; --codecs lacks jpeg:Q" : ""));
  return Method{name, cost::OptionText(live.table, *row), "fixed", FixedParameters(live.table, *row)};
}

struct NamedLink {
  net::LinkOptions options;
  std::string text, name;   // name: short, for files
  std::optional<double> rate_bps;
};

absl::StatusOr<std::vector<NamedLink>> LinksOf(const CompareFlags& flags) {
  if (flags.grid && (!flags.rates.empty() || !flags.traces.empty())) return UsageError("--grid has rates and traces of its own");
  if (!flags.grid && flags.rates.empty() && flags.traces.empty())
    return UsageError("over which link? --rate R, --trace T or --grid is missing, for example --rate 10Mbps");
  const std::string delay = flags.delay ? Concat(",", ToSeconds(*flags.delay) * 1e3, "ms") : "";
  std::vector<NamedLink> links;
  for (const bool trace : {false, true}) {
    const std::string& text = flags.grid ? trace ? kGridTraces : kGridRates : trace ? flags.traces : flags.rates;
    for (const std::string& one : Split(text)) {
      ASSIGN_OR_RETURN(net::LinkOptions link, ParseLink(one + delay));
      NamedLink named{link, LinkText(link), std::filesystem::path(one).stem().string(), std::nullopt};
      if (!trace) named.name = one;
      if (!trace) named.rate_bps = link.up.rate.value();
      links.push_back(std::move(named));
    }
  }
  return links;
}

absl::Status MakeFolder(const std::string& folder) {
  std::error_code error;
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  if (error) return FailedPrecondition("--record ", folder, ": cannot make this folder: ", error.message());
  return absl::OkStatus();
}

class Compare {
 public:
  Compare(const CompareFlags& flags, const Globals& globals) : flags_(flags), globals_(globals), stop_(StopSignal()) {}

  absl::StatusOr<int> Run() {
    KeepTensorMemory();
    ASSIGN_OR_RETURN(links_, LinksOf(flags_));
    RETURN_IF_ERROR(MakeFolder(flags_.records));
    RETURN_IF_ERROR(SetUp());
    for (const NamedLink& link : links_) {
      comparison_.links.push_back({link.text, link.rate_bps, std::vector<std::vector<CompareRun>>(methods_.size())});
    }
    const int64_t total = static_cast<int64_t>(links_.size() * methods_.size()) * flags_.rounds;
    Progress progress(clock_, globals_.quiet || globals_.json, "comparing, run", total);
    int64_t done = 0;
    // Rounds outermost and the order of methods rotated, so that what drifts on this machine hits all alike.
    for (int round = 0; round < flags_.rounds; ++round) {
      for (size_t l = 0; l < links_.size(); ++l) {
        for (size_t i = 0; i < methods_.size(); ++i) {
          if (stop_) break;
          const size_t m = (i + static_cast<size_t>(round)) % methods_.size();
          ASSIGN_OR_RETURN(CompareRun run, RunOnce(methods_[m], links_[l], round));
          if (!stop_) comparison_.links[l].runs[m].push_back(std::move(run));
          progress.Update(++done);
        }
      }
    }
    if (stop_) return absl::CancelledError("stopped by a signal before the comparison was done");
    if (globals_.json) {
      std::cout << CompareJson(comparison_).dump() << "\n";
    } else {
      std::cout << CompareText(comparison_);
    }
    if (!flags_.page.empty()) {
      RETURN_IF_ERROR(WriteFileAtomically(flags_.page, CompareHtml(comparison_)));
      if (!globals_.json) std::cout << "written: " << flags_.page << "\n";
    }
    const auto verdict = VerdictOf(comparison_);
    return verdict && verdict->worst < kLeastRatio ? kExitClaimFails : kExitDone;
  }

 private:
  absl::Status SetUp() {
    ASSIGN_OR_RETURN(side_, MakeDeviceSide(flags_.device));
    TellAssumedConfig(side_.prepared.loaded, flags_.device.model, globals_);
    edge_ = flags_.edge;
    if (edge_.empty()) {
      ASSIGN_OR_RETURN(server_, ChildProcess::Start(globals_.program,
                                                    {"serve", flags_.device.model, "--listen", "127.0.0.1:0", "--drain", "500ms"},
                                                    kServerStart));
      const std::string kReady = "listening on ";
      if (!server_->first_line().starts_with(kReady)) return InternalError("the edge server said '", server_->first_line(), "'");
      edge_ = server_->first_line().substr(kReady.size());
    }
    LivePolicyFlags live = flags_.live;
    live.source = flags_.source;
    ASSIGN_OR_RETURN(live_, MakeLiveProblem(live, flags_.device, side_, edge_, flags_.slowdown, globals_));
    if (!globals_.quiet) {
      for (const std::string& note : live_->notes) std::cerr << "partway: " << note << "\n";
    }
    for (const std::string& name : Split(flags_.methods)) {
      ASSIGN_OR_RETURN(Method method, MethodOf(name, *live_));
      comparison_.methods.push_back({method.name, method.what});
      methods_.push_back(std::move(method));
    }
    comparison_.command = globals_.command_line;
    comparison_.model = side_.prepared.loaded.model->name;
    comparison_.source = flags_.source;
    comparison_.slowdown = flags_.slowdown;
    comparison_.fps = flags_.fps;
    comparison_.max_latency_s = live_->problem.max_latency_s;
    comparison_.min_accuracy = live_->problem.min_accuracy;
    comparison_.accuracy_known = live_->problem.min_accuracy > 0;
    return absl::OkStatus();
  }

  absl::StatusOr<CompareRun> RunOnce(const Method& method, const NamedLink& link, int round) {
    ASSIGN_OR_RETURN(EdgeLink edge, ConnectEdge(side_, edge_, link.options, kAttachTimeout));
    const Instant link_began = clock_.Now();
    ASSIGN_OR_RETURN(std::unique_ptr<media::Source> source,
                     media::OpenSource(flags_.source, {.repeat = true, .labels_csv = flags_.labels}));
    // An answer later than asked for counts nothing, so each frame has that as its deadline, whoever decides.
    const Duration deadline = FromSeconds(live_->problem.max_latency_s);
    ASSIGN_OR_RETURN(const std::unique_ptr<control::Controller> controller,
                     MakeController(*live_, method.policy, kPolicySeed, deadline, method.parameters));
    device::LiveOptions live = ControlledOptions(*controller, side_);
    live.session.deadline = deadline;
    live.slowdown = flags_.slowdown;
    live.feeder.fps = flags_.fps;
    live.feeder.frames_max = flags_.frames;
    CompareRun run;
    RunHooks hooks;
    hooks.table = &live_->table;
    std::unique_ptr<report::RecordWriter> record;
    if (!flags_.records.empty()) {
      report::RunHeader header = MakeHeader(globals_.command_line, side_, link.text, method.name);
      header.source = flags_.source;
      header.edge = edge_;
      header.slowdown = flags_.slowdown;
      header.seed = kPolicySeed;
      header.control = report::ControlInfo{live_->slot_s, live_->problem.max_latency_s, live_->problem.min_accuracy};
      header.replay = ReplayInfoOf(*live_, live, side_, *source, method.policy, method.parameters);
      const Duration length = FromSeconds(static_cast<double>(flags_.frames) / flags_.fps);
      if (header.replay) header.replay->link = ReplayLinkOf(link.options, link_began, length);
      const std::string name = Concat(flags_.records, "/", link.name, "-", method.name, "-", round + 1, ".jsonl");
      ASSIGN_OR_RETURN(record, report::RecordWriter::Create(name, header));
    }
    hooks.record = record.get();
    hooks.frame = [&](report::FrameRow& frame, const media::Picture&, const std::vector<media::Guess>&) {
      run.Add(frame, live_->problem.max_latency_s);
    };
    ASSIGN_OR_RETURN(const RecordedRun done, RunRecorded(live, clock_, side_, *source, edge.channel.get(), hooks, stop_));
    edge.channel->Shutdown();
    if (record) {
      record->Finish(done.summary);
      RETURN_IF_ERROR(record->status());
    }
    RETURN_IF_ERROR(done.live.source);
    run.seconds = static_cast<double>(flags_.frames) / flags_.fps;
    return run;
  }

  const CompareFlags& flags_;
  const Globals& globals_;
  const std::atomic<bool>& stop_;
  SteadyClock clock_;
  std::unique_ptr<ChildProcess> server_;
  DeviceSide side_;
  std::unique_ptr<LiveProblem> live_;
  std::string edge_;
  std::vector<NamedLink> links_;
  std::vector<Method> methods_;
  Comparison comparison_;
};

}   // namespace

VerbBody MakeCompare(CLI::App& command) {
  auto flags = std::make_shared<CompareFlags>();
  command.add_option("MODEL", flags->device.model, "ONNX file or the name of a zoo model")->required();
  command.add_option("--source", flags->source, "folder of pictures or video file")->required();
  command.add_option("--labels", flags->labels, "CSV of file,label_index; default: labels.csv in the folder");
  command.add_option("--edge", flags->edge, "a server that runs already; default: one is started on this machine");
  command.add_option("--rate", flags->rates, "rates of the link, with commas: 1Mbps,10Mbps");
  command.add_option("--trace", flags->traces, "traces that the link follows, with commas: files, or names of those shipped");
  command.add_flag("--grid", flags->grid, "rates from 0.3 to 50 Mbps and the shipped traces");
  AddDuration(command, "--delay", &flags->delay, "of the link, each way (default none)");
  command
      .add_option("--policies", flags->methods,
                  "with commas, ours first; jpeg: the picture to the server, quality and size fixed")
      ->capture_default_str();
  AddLivePolicyFlags(command, &flags->live);
  command.add_option("--slowdown", flags->slowdown, "emulate a device so many times slower, by sleeping")
      ->check(CLI::Range(1.0, 1000.0));
  command.add_option("--fps", flags->fps, "frames a second")->check(CLI::Range(0.1, 1000.0))->capture_default_str();
  command.add_option("--frames", flags->frames, "of each run")->check(WholeNumberFrom(1))->capture_default_str();
  command.add_option("--rounds", flags->rounds, "runs of each policy over each link")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  command.add_option("--groups", flags->device.groups, "auto, all, paper, a number or a file")->capture_default_str();
  command.add_option("--threads", flags->device.threads, "threads of the device's engine; 0: one per core")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  command.add_option("--record", flags->records,
                     "leave a record of each run in this folder: LINK-POLICY-ROUND.jsonl, for 'replay' and 'report'");
  command.add_option("-o,--output", flags->page, "write a page to this file");
  return [flags](const Globals& globals) { return Compare(*flags, globals).Run(); };
}

}   // namespace partway::apps
