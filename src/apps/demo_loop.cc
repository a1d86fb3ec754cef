#include "apps/demo_loop.h"

#include <algorithm>
#include <cmath>
#include <iostream>
#include <utility>

#include "apps/fixed_row.h"
#include "apps/live_show.h"
#include "apps/recorded_run.h"
#include "base/quantity.h"
#include "base/status.h"
#include "net/trace.h"

namespace partway::apps {
namespace {

constexpr char kModel[] = "efficientnet_lite0";
constexpr char kSizes[] = "128,160,192,224", kCodecs[] = "jpeg:75,jpeg:90,int8-ec,int4-ec", kMinAccuracy[] = "0.85";
constexpr int kTypicalEdge = 192;   // pixels; the least size that reaches that accuracy
constexpr double kTypicalSeconds =
    0.07;   // what the emulated device takes for it: two frames in three of those offered are too many for it
constexpr double kMostSlowdown = 100;
constexpr Duration kMaxLatency = std::chrono::milliseconds(100), kSlot = std::chrono::milliseconds(500);
constexpr double kFps = 30;
constexpr double kLocalPace = 3;   // the link is nothing to the device alone, so less time tells as much
constexpr Duration kAttachTimeout = std::chrono::seconds(20), kDelay = std::chrono::milliseconds(5);
constexpr Duration kForEver = std::chrono::hours(24);

struct Part {
  const char* name;
  double share;   // of the whole length
  double uplink_bps;
};
constexpr Part kParts[] = {
    {"good", 4.0 / 15, 20e6}, {"bad", 4.0 / 15, 1e6}, {"gone", 3.0 / 15, 0}, {"good again", 4.0 / 15, 20e6}};

}   // namespace

absl::StatusOr<ChangingLink> MakeChangingLink(double length_s, double pace) {
  ChangingLink made;
  std::vector<net::RateStep> steps;
  std::vector<net::LinkFault> outages;
  double from_s = 0, rate_bps = kParts[0].uplink_bps;
  for (const Part& part : kParts) {
    const double to_s = from_s + part.share * length_s;
    made.phases.push_back({part.name, from_s, to_s, part.uplink_bps});
    const Duration at = FromSeconds(from_s / pace);
    if (part.uplink_bps > 0) {
      rate_bps = part.uplink_bps;
      steps.push_back({at, static_cast<int64_t>(rate_bps)});
    } else {
      outages.push_back({net::LinkFault::Kind::kOutage, at, FromSeconds((to_s - from_s) / pace)});
    }
    from_s = to_s;
  }
  steps.push_back({kForEver, static_cast<int64_t>(rate_bps)});   // a trace begins again when it is over
  made.link.up.profile = net::RateOverTime(steps);
  made.link.up.profile_name = "good, bad, gone, good";
  made.link.up.rate = BitsPerSecond(kParts[0].uplink_bps);
  made.link.up.delay = kDelay;
  made.link.down = made.link.up;
  ASSIGN_OR_RETURN(made.link.faults, net::FaultSchedule::Make(std::move(outages)));
  return made;
}

absl::Status DemoLoop::SetUp() {
  LivePolicyFlags flags;
  flags.sizes = kSizes;
  flags.codecs = kCodecs;
  flags.min_accuracy = kMinAccuracy;
  flags.max_latency = kMaxLatency;
  flags.slot = kSlot;
  // The server is this machine too, so its profile is the device's before that is slowed down; asking it would take as long again.
  ASSIGN_OR_RETURN(problem_, MakeLiveProblem(flags, {.model = kModel}, side_, "", 1, globals_));
  for (size_t row = 0; row < problem_->table.size(); ++row) {
    const cost::OptionTable& table = problem_->table;
    if (!table.local(row) || table.sizes[static_cast<size_t>(table.keys[row].size)].height != kTypicalEdge) continue;
    const double times = kTypicalSeconds / std::max(table.coefficient[cost::kDevice][row], 1e-6);
    slowdown_ = std::clamp(std::round(times * 10) / 10, 1.0, kMostSlowdown);
  }
  problem_->device_speed = 1 / slowdown_;
  return absl::OkStatus();
}

absl::StatusOr<report::LoopStory> DemoLoop::Run() {
  std::vector<Method> methods = {{.name = "adaptive", .policy = kDefaultPolicy, .record = "loop", .shown = true}};
  for (const bool local : {true, false}) {
    const std::optional<size_t> row = FixedRow(*problem_, local);
    if (!row) return InternalError("the demo's options lack ", local ? "all on the device" : "JPEG to the edge");
    methods.push_back({.name = local ? "all-local" : "jpeg",
                       .what = cost::OptionText(problem_->table, *row),
                       .policy = "fixed",
                       .record = local ? "local" : "jpeg",
                       .parameters = FixedParameters(problem_->table, *row),
                       .pace = local ? kLocalPace : 1});
  }
  methods.front().what = "ours: decides cut, size, codec and frames by itself, twice a second";
  report::LoopStory story;
  ASSIGN_OR_RETURN(const ChangingLink link, MakeChangingLink(options_.length_s, 1));
  story.phases = link.phases;
  story.fps = kFps;
  story.slot_s = problem_->slot_s;
  story.max_latency_s = problem_->problem.max_latency_s;
  story.min_accuracy = problem_->problem.min_accuracy;
  for (const Method& method : methods) {
    ASSIGN_OR_RETURN(report::RunRecord record, RunOnce(method));
    story.methods.push_back({method.name, method.what, std::move(record), method.pace});
  }
  return story;
}

absl::StatusOr<report::RunRecord> DemoLoop::RunOnce(const Method& method) {
  ASSIGN_OR_RETURN(const ChangingLink changing, MakeChangingLink(options_.length_s, method.pace));
  ASSIGN_OR_RETURN(EdgeLink edge, ConnectEdge(side_, options_.edge, changing.link, kAttachTimeout));
  ASSIGN_OR_RETURN(std::unique_ptr<media::Source> source, media::OpenSource(ShareDir() + "/photos", {.repeat = true}));
  ASSIGN_OR_RETURN(const std::unique_ptr<control::Controller> controller,
                   MakeController(*problem_, method.policy, 1, kMaxLatency, method.parameters));
  device::LiveOptions live = ControlledOptions(*controller, side_);
  live.session.deadline = kMaxLatency;
  live.slowdown = slowdown_;
  live.feeder.fps = kFps;
  live.feeder.frames_max = static_cast<int64_t>(std::lround(options_.length_s / method.pace * kFps));
  live.drain = Duration(0);   // Ctrl-C: nobody waits for answers that nobody will see

  report::RunHeader header = MakeHeader(globals_.command_line, side_, LinkText(changing.link), method.name);
  header.source = "the shipped photos";
  header.edge = options_.edge;
  header.slowdown = slowdown_;
  header.control = report::ControlInfo{problem_->slot_s, problem_->problem.max_latency_s, problem_->problem.min_accuracy};
  const std::string path = Concat(options_.folder, "/", method.record, ".jsonl");
  ASSIGN_OR_RETURN(const std::unique_ptr<report::RecordWriter> record, report::RecordWriter::Create(path, header));
  const bool quiet = globals_.quiet || globals_.json;
  Progress progress(clock_, quiet || method.shown, Concat(method.name, " over the same link"), *live.feeder.frames_max);
  RunHooks hooks;
  hooks.record = record.get();
  hooks.progress = &progress;
  hooks.table = &problem_->table;
  absl::StatusOr<RecordedRun> done = InternalError("not run");
  {
    std::optional<LiveShow> show;
    if (method.shown && !quiet) {
      LiveFeedOptions view;
      view.title = Concat(side_.prepared.loaded.model->name, ", policy ", method.policy);
      view.emulated =
          Concat("device ", slowdown_, " times slower than this machine, emulated; the link is a relay, the edge a process here");
      view.total_s = options_.length_s;
      view.edge = view.connected = true;
      view.groups = side_.prepared.grouping->size();
      view.problem = problem_.get();
      view.controller = controller.get();
      show.emplace(std::move(view), side_.prepared.loaded.config);
      hooks.frame = [&](report::FrameRow&, const media::Picture&, const std::vector<media::Guess>&) {
        const double at_s = show->feed().state().elapsed_s;
        for (const report::LoopPhase& phase : changing.phases) {
          if (at_s < phase.from_s || at_s >= phase.to_s) continue;
          show->feed().TellLink(Concat(phase.name, ", ", phase.uplink_bps > 0 ? FormatBitRate(phase.uplink_bps) : "no link"));
        }
      };
      show->AddTo(&hooks);
    }
    done = RunRecorded(live, clock_, side_, *source, edge.channel.get(), hooks, stop_);
  }
  edge.channel->Shutdown();
  RETURN_IF_ERROR(done.status());
  RETURN_IF_ERROR(done->live.source);
  if (stop_) return absl::CancelledError("stopped by a signal; what was recorded is kept");
  record->Finish(done->summary);
  RETURN_IF_ERROR(record->status());
  return report::ReadRecord(path);
}

}   // namespace partway::apps
