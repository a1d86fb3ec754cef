// partway run: the device. Pictures in, answers out, the groups before the cut here and the rest on the edge.
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>

#include "apps/answer_video.h"
#include "apps/assumed_config.h"
#include "apps/device_side.h"
#include "apps/link_flags.h"
#include "apps/live_policy.h"
#include "apps/live_show.h"
#include "apps/live_words.h"
#include "apps/options.h"
#include "apps/recorded_run.h"
#include "apps/replay_info.h"
#include "apps/request_memory.h"
#include "apps/skipped_text.h"
#include "apps/stop_signal.h"
#include "apps/verb.h"
#include "base/status.h"
#include "codec/codec_spec.h"
#include "nlohmann/json.hpp"

namespace partway::apps {
namespace {

constexpr Duration kAttachTimeout = std::chrono::seconds(15);   // the server may have to build the model first
constexpr double kVideoFps = 10;                                // of pictures that have no pace

struct RunFlags {
  DeviceOptions device;
  LivePolicyFlags live;
  std::string edge = "none", source, size, codec, link, record, labels, video;
  bool view = false;
  int cut = -1, to = -1, depth = 0;
  double fps = 0, slowdown = 1;
  int64_t frames = 0;
  std::optional<Duration> duration, deadline, reply_timeout;
};

struct RunSetUp {
  DeviceSide side;
  EdgeLink edge;
  std::optional<net::LinkOptions> link;
  std::unique_ptr<media::Source> source;
  device::LiveOptions live;
  std::string policy;
  std::unique_ptr<LiveProblem> problem;   // of a run that a policy decides
  std::unique_ptr<control::Controller> controller;
};

// A policy decides, unless the cut is named or there is no edge.
bool Decides(const RunFlags& flags) { return flags.edge != "none" && flags.cut < 0; }

absl::StatusOr<device::Plan> MakePlan(const RunFlags& flags, const DeviceSide& side) {
  const int groups = side.prepared.grouping->size();
  device::Plan plan;
  plan.size = side.input_edge;
  const std::string codec_name = flags.codec.empty() ? "raw" : flags.codec;
  const absl::StatusOr<codec::CodecSpec> codec = codec::ParseCodec(codec_name);
  if (!codec.ok()) return UsageError(Concat("--codec: ", std::string(codec.status().message())));
  plan.codec = codec_name;
  if (flags.edge == "none") {
    if (flags.cut >= 0 && flags.cut != groups) {
      return UsageError(
          Concat("--cut ", flags.cut, " needs an edge; with --edge none all ", groups, " groups run on the device"));
    }
    plan.from = plan.to = groups;
    return plan;
  }
  RETURN_IF_ERROR(CheckCut(side.prepared, flags.device.groups, flags.cut));
  plan.from = flags.cut;
  plan.to = flags.to < 0 ? groups : flags.to;
  if (plan.to < plan.from || plan.to > groups) {
    return UsageError(Concat("--to ", flags.to, " must lie between --cut ", flags.cut, " and ", groups));
  }
  if (codec->pictures_only() && plan.from > 0 && plan.from < plan.to) {
    return UsageError(Concat("--codec ", flags.codec, " sends the picture, so it needs --cut 0; features at cut ", plan.from,
                             " take raw, fp16 or int8 ... int2"));
  }
  return plan;
}

// Which flags go with a policy that decides, and which with a cut that is named.
absl::Status CheckTogether(const RunFlags& flags, bool quiet) {
  const LivePolicyFlags& live = flags.live;
  if (flags.view && quiet) return UsageError("--live and --quiet exclude each other");
  if (Decides(flags)) {
    if (flags.to >= 0) return UsageError("--to needs --cut");
    if (flags.depth > 0) return UsageError("--depth needs --cut: where a policy decides, frames are paced by its slots");
    if (!flags.size.empty() && !live.sizes.empty()) return UsageError("--size and --sizes exclude each other");
    if (!flags.codec.empty() && !live.codecs.empty()) return UsageError("--codec and --codecs exclude each other");
    return absl::OkStatus();
  }
  const bool any = live.max_latency || live.slot || !live.policy.empty() || !live.min_accuracy.empty() ||
                   !live.accuracy.empty() || !live.profile.empty() || !live.sizes.empty() || !live.codecs.empty() ||
                   live.min_device_groups > 0;
  if (!any) return absl::OkStatus();
  return UsageError(flags.cut >= 0
                        ? "--cut names what every frame does, so there is nothing for a policy and its limits to decide"
                        : "a policy needs --edge ADDR: with --edge none everything runs on the device");
}

// What a policy decides about, and the policy. A server that cannot be reached yet may come later: until then all runs here.
absl::Status SetUpPolicy(const RunFlags& flags, const Globals& globals, RunSetUp* run) {
  LivePolicyFlags live = flags.live;
  if (!flags.size.empty()) live.sizes = flags.size;
  if (!flags.codec.empty()) live.codecs = flags.codec;
  if (!run->source->live()) live.source = flags.source;
  RETURN_IF_ERROR(CheckLiveFlags(live, run->side));
  ASSIGN_OR_RETURN(run->edge, ConnectEdge(run->side, flags.edge, run->link, kAttachTimeout, Attach::kMayFail));
  const bool attached = run->edge.attached.ok();
  ASSIGN_OR_RETURN(run->problem,
                   MakeLiveProblem(live, flags.device, run->side, attached ? flags.edge : "", flags.slowdown, globals));
  if (!attached) {
    run->problem->notes.push_back(Concat(std::string(run->edge.attached.message()), "; everything runs here until it answers"));
  }
  ASSIGN_OR_RETURN(run->controller, MakeController(*run->problem, live.policy, kPolicySeed, flags.deadline));
  const device::LiveOptions named = std::exchange(run->live, ControlledOptions(*run->controller, run->side));
  run->live.feeder = named.feeder;
  run->live.slowdown = named.slowdown;
  device::SessionOptions& session = run->live.session;
  session.deadline = named.session.deadline;
  session.reply_timeout = named.session.reply_timeout;
  session.connected = attached;
  session.drop_oldest = run->source->live();
  if (!run->source->live() && run->live.feeder.fps == 0) run->live.feeder.fps = run->source->native_fps().value_or(kDefaultFps);
  run->policy = live.policy.empty() ? kDefaultPolicy : live.policy;
  return absl::OkStatus();
}

// Whether the record has a place; it is written only once there is a run.
absl::Status CheckRecord(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::error_code ignored;
  if (!folder.empty() && !std::filesystem::is_directory(folder, ignored))
    return NotFound("cannot create the record ", path, ": there is no folder ", folder.string());
  if (std::filesystem::is_directory(path, ignored)) return InvalidArgument("cannot create the record ", path, ": it is a folder");
  return absl::OkStatus();
}

absl::StatusOr<RunSetUp> SetUp(const RunFlags& flags, const Globals& globals) {
  RunSetUp run;
  RETURN_IF_ERROR(CheckTogether(flags, globals.quiet));
  RETURN_IF_ERROR(CheckRecord(flags.record));
  if (!flags.link.empty()) {
    if (flags.edge == "none") return UsageError("--link needs an edge");
    ASSIGN_OR_RETURN(run.link, ParseLink(flags.link));
  }
  if (flags.edge != "none") {
    const absl::StatusOr<net::Address> address = net::ParseAddress(flags.edge);
    if (!address.ok()) return UsageError(Concat("--edge: ", std::string(address.status().message())));
  }
  DeviceOptions device = flags.device;
  // Where a policy decides, a size that is named is what it chooses among; groups and profiles are of the model's own size.
  if (!Decides(flags)) {
    ASSIGN_OR_RETURN(device.size, ParseSize(flags.size));
  }
  if (Decides(flags) && !flags.live.policy.empty()) RETURN_IF_ERROR(CheckLivePolicy(flags.live.policy, "--policy"));
  media::SourceOptions source;
  source.repeat = flags.frames > 0 || flags.duration.has_value();
  source.labels_csv = flags.labels;
  ASSIGN_OR_RETURN(run.source, media::OpenSource(flags.source, source));
  ASSIGN_OR_RETURN(run.side, MakeDeviceSide(device));

  device::SessionOptions& session = run.live.session;
  session.group_count = run.side.prepared.grouping->size();
  session.depth = flags.depth;
  session.deadline = flags.deadline;
  if (flags.reply_timeout) session.reply_timeout = *flags.reply_timeout;
  run.live.slowdown = flags.slowdown;
  run.live.feeder.fps = flags.fps;
  if (flags.frames > 0) run.live.feeder.frames_max = flags.frames;
  run.live.feeder.duration = flags.duration;
  run.live.attach = run.side.attach;
  if (Decides(flags)) {
    RETURN_IF_ERROR(SetUpPolicy(flags, globals, &run));
    return run;
  }
  ASSIGN_OR_RETURN(session.plan, MakePlan(flags, run.side));
  session.drop_oldest = run.source->live();
  // A file waits for us: taking more frames than the next one would only add their waiting to the latency.
  session.waiting_max = run.source->live() ? 2 : 1;
  if (session.plan.from < session.plan.to) {
    ASSIGN_OR_RETURN(run.edge, ConnectEdge(run.side, flags.edge, run.link, kAttachTimeout));
    run.policy =
        Concat("fixed cut ", session.plan.from, session.plan.to < session.group_count ? Concat(" to ", session.plan.to) : "",
               session.plan.codec == "raw" ? "" : Concat(", ", session.plan.codec));
  } else {
    run.policy = "all-local";
  }
  return run;
}

// From the first frame, as far as that is known beforehand.
std::optional<Duration> LengthOf(const RunSetUp& run) {
  const device::FeederOptions& feeder = run.live.feeder;
  if (feeder.duration) return feeder.duration;
  if (feeder.frames_max && feeder.fps > 0) return FromSeconds(static_cast<double>(*feeder.frames_max) / feeder.fps);
  return std::nullopt;
}

void PrintSummary(const RunSetUp& run, const RecordedRun& done) {
  const report::RunSummary& s = done.summary;
  const std::string emulated = run.live.slowdown > 1 ? Concat(", device ", run.live.slowdown, " times slower (emulated)") : "";
  const std::string how = run.controller != nullptr
                              ? Concat("policy ", run.policy)
                              : Concat(run.policy, ", ", run.side.input_edge, " px, pipeline depth ", done.live.depth);
  std::printf("%s, %s%s\n", run.side.prepared.loaded.model->name.c_str(), how.c_str(), emulated.c_str());
  if (run.link) std::printf("link      %s\n", LinkText(run.link).c_str());
  std::printf("frames    %lld offered: %lld edge, %lld local, %lld dropped\n", static_cast<long long>(s.offered),
              static_cast<long long>(s.edge), static_cast<long long>(s.local), static_cast<long long>(s.dropped));
  for (const auto& [reason, count] : s.dropped_by_reason)
    std::printf("          %lld dropped: %s\n", static_cast<long long>(count), reason.c_str());
  if (s.limits) {
    std::printf("limits    latency %s", FormatSeconds(s.limits->max_latency_s).c_str());
    if (s.limits->min_accuracy > 0) std::printf(", accuracy %.1f %%", s.limits->min_accuracy * 100);
    std::printf(", on average; %lld of %lld frames were answered within that latency\n",
                static_cast<long long>(s.within.value_or(0)), static_cast<long long>(s.offered));
  }
  std::printf("rate      %.1f fps\n", s.fps);
  if (s.latency_s) {
    std::printf("latency   mean %s, p50 %s, p95 %s, p99 %s\n", FormatSeconds(s.latency_s->mean).c_str(),
                FormatSeconds(s.latency_s->p50).c_str(), FormatSeconds(s.latency_s->p95).c_str(),
                FormatSeconds(s.latency_s->p99).c_str());
  }
  std::printf("upload    %s, %s a frame\n", FormatBytes(static_cast<double>(s.upload_bytes)).c_str(),
              FormatBytes(s.bytes_per_frame).c_str());
  if (s.top1_accuracy) std::printf("top-1     %.1f %%\n", *s.top1_accuracy * 100);
  if (s.deadline_misses > 0) std::printf("deadline  missed by %lld\n", static_cast<long long>(s.deadline_misses));
}

// The frames' own pace, as far as there is one.
double PaceOf(const RunSetUp& run) {
  return run.live.feeder.fps > 0 ? run.live.feeder.fps : run.source->native_fps().value_or(kVideoFps);
}

LiveFeedOptions ViewOf(const RunFlags& flags, const RunSetUp& run) {
  LiveFeedOptions view;
  const int groups = run.side.prepared.grouping->size();
  view.groups = groups;
  view.title = Concat(run.side.prepared.loaded.model->name, ", ", run.controller ? "policy " : "", run.policy);
  if (flags.slowdown > 1) view.emulated = Concat("device ", flags.slowdown, " times slower, emulated");
  if (flags.duration) {
    view.total_s = ToSeconds(*flags.duration);
  } else if (const int64_t frames = flags.frames > 0 ? flags.frames : run.source->pass_length().value_or(0);
             frames > 0 && run.live.feeder.fps > 0) {
    view.total_s = static_cast<double>(frames) / run.live.feeder.fps;
  }
  view.edge = run.edge.channel != nullptr;
  view.connected = view.edge && run.edge.attached.ok();
  view.problem = run.problem.get();
  view.controller = run.controller.get();
  if (run.controller == nullptr) {
    const device::Plan& plan = run.live.session.plan;
    view.fixed = Concat("every frame: ", WayText(plan.from < plan.to ? plan.from : groups, groups, plan.size, plan.codec));
  }
  if (flags.deadline) view.max_latency_s = ToSeconds(*flags.deadline);
  return view;
}

absl::StatusOr<int> Run(const RunFlags& flags, const Globals& globals) {
  KeepTensorMemory();
  const std::atomic<bool>& stop = StopSignal();
  std::unique_ptr<media::VideoWriter> video_file;
  if (!flags.video.empty()) {
    ASSIGN_OR_RETURN(video_file, AnswerVideo::Reserve(flags.video));
  }
  ASSIGN_OR_RETURN(RunSetUp run, SetUp(flags, globals));
  if (run.problem != nullptr && !globals.quiet) {
    for (const std::string& note : run.problem->notes) std::cerr << "partway: " << note << "\n";
  }
  TellAssumedConfig(run.side.prepared.loaded, flags.device.model, globals);
  SteadyClock clock;
  if (run.edge.relay) run.edge.relay->Rewind();   // its trace and faults begin with the frames
  const Instant link_began = clock.Now();
  std::unique_ptr<report::RecordWriter> record;
  if (!flags.record.empty()) {
    report::RunHeader header = MakeHeader(globals.command_line, run.side, run.link ? LinkText(run.link) : "", run.policy);
    header.source = flags.source;
    header.edge = flags.edge;
    header.slowdown = flags.slowdown;
    if (run.problem != nullptr) {
      header.seed = kPolicySeed;
      header.control =
          report::ControlInfo{run.problem->slot_s, run.problem->problem.max_latency_s, run.problem->problem.min_accuracy};
      header.replay = ReplayInfoOf(*run.problem, run.live, run.side, *run.source, run.policy);
      if (header.replay && run.link) header.replay->link = ReplayLinkOf(*run.link, link_began, LengthOf(run));
    }
    ASSIGN_OR_RETURN(record, report::RecordWriter::Create(flags.record, header));
  }
  std::unique_ptr<AnswerVideo> video;
  if (video_file) {
    video = std::make_unique<AnswerVideo>(std::move(video_file), PaceOf(run), run.side.prepared.loaded.config,
                                          run.side.prepared.grouping->size());
  }
  absl::StatusOr<RecordedRun> done = InternalError("not run");
  {
    int64_t total = flags.frames;
    if (total == 0 && !flags.duration) total = run.source->pass_length().value_or(0);
    Progress progress(clock, globals.quiet || globals.json || flags.view, "run", total);
    RunHooks hooks;
    hooks.record = record.get();
    hooks.progress = &progress;
    hooks.event = [&](const report::EventRow& event) {
      if (!globals.quiet) std::cerr << "partway: " << event.kind << (event.detail.empty() ? "" : ": ") << event.detail << "\n";
    };
    if (run.problem != nullptr) {
      hooks.table = &run.problem->table;
      hooks.limits = report::SummaryLimits{run.problem->problem.max_latency_s, run.problem->problem.min_accuracy};
    }
    if (video) {
      hooks.frame = [&](report::FrameRow& frame, const media::Picture& picture, const std::vector<media::Guess>& guesses) {
        video->Add(frame, picture, guesses);
      };
    }
    std::optional<LiveShow> show;
    if (flags.view) show.emplace(ViewOf(flags, run), run.side.prepared.loaded.config).AddTo(&hooks);
    done = RunRecorded(run.live, clock, run.side, *run.source, run.edge.channel.get(), hooks, stop);
  }
  if (run.edge.channel) run.edge.channel->Shutdown();
  TellSkipped(run.source->skipped());
  if (!done.ok()) return done.status();
  if (record) record->Finish(done->summary);
  if (video) {
    RETURN_IF_ERROR(video->Finish(done->live.stopped));
    if (video->left_out() > 0 && !globals.quiet)
      std::cerr << "partway: " << video->left_out() << " frames are not in the video, which could not keep up with them\n";
  }
  if (globals.json) {
    std::cout << done->summary.ToJsonText() << "\n";
  } else {
    PrintSummary(run, *done);
  }
  RETURN_IF_ERROR(done->live.source);
  if (record) RETURN_IF_ERROR(record->status());
  return kExitDone;
}

}   // namespace

VerbBody MakeRun(CLI::App& command) {
  auto flags = std::make_shared<RunFlags>();
  command.add_option("MODEL", flags->device.model, "ONNX file or the name of a zoo model")->required();
  command.add_option("--edge", flags->edge, "address of the edge server, or none for all on the device")->capture_default_str();
  command.add_option("--source", flags->source, "folder of pictures, video file, camera:N or synthetic")->required();
  command.add_option("--labels", flags->labels, "CSV of file,label_index; default: labels.csv in the folder");
  command.add_option("--cut", flags->cut, "groups that run on the device, 0..N; default: a policy decides, slot by slot")
      ->check(WholeNumberFrom(0));
  command.add_option("--policy", flags->live.policy, "who decides; any of those of 'simulate' that need not know the future")
      ->default_str(kDefaultPolicy);
  AddLivePolicyFlags(command, &flags->live);
  command.add_option("--slowdown", flags->slowdown, "emulate a device so many times slower, by sleeping")
      ->check(CLI::Range(1.0, 1000.0));
  command.add_option("--to", flags->to, "first group back on the device after the edge; default: N, none")
      ->check(WholeNumberFrom(0));
  command.add_option("--groups", flags->device.groups, "auto, all, paper, a number or a file")->capture_default_str();
  command.add_option("--size", flags->size, "input edge in pixels; default: the model's own");
  command.add_option(
      "--codec", flags->codec,
      "how values travel: raw, fp16, int8 ... int2 (-ch per channel, -ec entropy-coded); at cut 0 also raw8, jpeg:Q; "
      "default: raw with --cut, else a policy decides");
  command
      .add_option("--fps", flags->fps,
                  "frames a second; default: as fast as they are taken; where a policy decides the video's own, else 30")
      ->check(CLI::Range(0.001, 10000.0));
  command.add_option("--frames", flags->frames, "end after so many frames; the source is repeated as needed")
      ->check(WholeNumberFrom(1));
  AddDuration(command, "--duration", &flags->duration, "end after this time, for example 30s");
  AddDuration(command, "--deadline", &flags->deadline, "from capture; later answers are missed, for example 100ms");
  AddDuration(command, "--reply-timeout", &flags->reply_timeout, "a frame without reply by then is finished here (default 5s)");
  command.add_option("--depth", flags->depth, "frames in the pipeline at once; 0: chosen")
      ->check(CLI::Range(0, 64))
      ->capture_default_str();
  command.add_option(
      "--link", flags->link,
      "put a link of RATE|TRACE[,DELAY[,QUEUE]] between us and the edge, for example 20Mbps,10ms or lte-walk,25ms");
  command.add_option("--threads", flags->device.threads, "threads of the engine; 0: one per core")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  command.add_option("--provider", flags->device.provider, "execution provider of the engine")->capture_default_str();
  command.add_option("--record", flags->record, "write the run as JSON lines to this file");
  command.add_flag("--live", flags->view,
                   "show on stderr what is chosen and why, the link, what came of it and the newest answer, while it runs");
  command.add_option("--write-video", flags->video,
                     "write a video with the answers over the pictures to this file (.mp4, .mkv or .avi)");
  return [flags](const Globals& globals) { return Run(*flags, globals); };
}

}   // namespace partway::apps
