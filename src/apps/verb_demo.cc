// partway demo: the main job on real input with nothing to configure. A second process of this program is the edge server; a relay in
// this process is the link. First the loop decides by itself over a link that changes, with the device alone and JPEG to the server beside it; then the
// shipped photos go through the shipped model at every cut, as float32 and encoded.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "apps/child_process.h"
#include "apps/demo_loop.h"
#include "apps/demo_report.h"
#include "apps/demo_schedule.h"
#include "apps/device_side.h"
#include "apps/options.h"
#include "apps/recorded_run.h"
#include "apps/request_memory.h"
#include "apps/stop_signal.h"
#include "apps/verb.h"
#include "base/status.h"
#include "nlohmann/json.hpp"

namespace partway::apps {
namespace {

constexpr char kModel[] = "efficientnet_lite0";
constexpr Duration kServerStart = std::chrono::seconds(20);
constexpr Duration kAttachTimeout = std::chrono::seconds(20);
constexpr Seconds kWhole{55};      // for all of it; the page is written after that
constexpr Seconds kLeastLeft{4};   // for the cuts, whatever went before
constexpr int kLeastPhotos = 5;
constexpr char kPictureCodec[] = "jpeg:75", kFeatureCodec[] = "int8-ec";
constexpr Seconds kOverhead{0.025};                      // of a photo beside its bytes, for the schedule only
constexpr double kShortestLoop = 2, kLongestLoop = 60;   // s

struct DemoFlags {
  std::string folder = "partway-demo";
  std::string link = "20Mbps,10ms";
  std::optional<Duration> loop;
  int photos = 50;
};

// What the whole model says on this device, by picture.
using WholeAnswers = std::unordered_map<std::string, int>;

class Demo {
 public:
  Demo(const DemoFlags& flags, const Globals& globals) : flags_(flags), globals_(globals), stop_(StopSignal()) {}

  absl::StatusOr<int> Run() {
    KeepTensorMemory();
    RETURN_IF_ERROR(SetUp());
    RETURN_IF_ERROR(RunLoop());
    RETURN_IF_ERROR(RunAllCuts());
    record_->Finish(sums_.Summary());
    edge_.channel->Shutdown();
    if (const int code = server_->Stop(); code != 0) return InternalError("the edge server ended with code ", code);
    if (globals_.json) {
      std::cout << DemoJson(report_).dump() << "\n";
    } else {
      PrintDemo(report_);
    }
    RETURN_IF_ERROR(record_->status());
    RETURN_IF_ERROR(WriteDemoPage(report_, flags_.folder));
    if (!globals_.json) std::printf("\nwritten: %s/report.html, and the records it is made from\n", flags_.folder.c_str());
    return kExitDone;
  }

 private:
  absl::Status SetUp() {
    loop_s_ = flags_.loop ? ToSeconds(*flags_.loop) : DemoLoopOptions{}.length_s;
    if (!(loop_s_ >= kShortestLoop && loop_s_ <= kLongestLoop))
      return UsageError(Concat("--loop: expected ", kShortestLoop, "s to ", kLongestLoop, "s"));
    ASSIGN_OR_RETURN(link_, ParseLink(flags_.link));
    std::error_code error;
    std::filesystem::create_directories(flags_.folder, error);
    if (error) return InternalError("cannot create the folder ", flags_.folder, ": ", error.message());
    Say("starting the edge server");
    ASSIGN_OR_RETURN(server_, ChildProcess::Start(
                                  globals_.program,
                                  {"serve", "--listen", "127.0.0.1:0", "--models", ShareDir() + "/" + kModel, "--drain", "500ms"},
                                  kServerStart));
    const std::string kReady = "listening on ";
    if (!server_->first_line().starts_with(kReady)) return InternalError("the edge server said '", server_->first_line(), "'");
    const std::string address = server_->first_line().substr(kReady.size());
    Say("building the model on the device");
    ASSIGN_OR_RETURN(side_, MakeDeviceSide({.model = kModel}));
    Say("building the model on the edge");
    ASSIGN_OR_RETURN(edge_, ConnectEdge(side_, address, link_, kAttachTimeout));
    report_.link = LinkText(link_);
    report_.server_pid = server_->pid();
    report_.edge = address;
    report::RunHeader header = MakeHeader(globals_.command_line, side_, report_.link, "every cut in turn");
    header.source = "the shipped photos";
    header.edge = address;
    ASSIGN_OR_RETURN(record_, report::RecordWriter::Create(flags_.folder + "/demo.jsonl", header));
    report_.record_path = flags_.folder + "/demo.jsonl";
    report_.labels = side_.prepared.loaded.config.labels;
    return absl::OkStatus();
  }

  absl::Status RunLoop() {
    DemoLoop loop({.length_s = loop_s_, .folder = flags_.folder, .edge = report_.edge}, side_, globals_, clock_, stop_);
    RETURN_IF_ERROR(loop.SetUp());
    Say("the device decides by itself over a link that is good, then bad, then gone, then good again");
    ASSIGN_OR_RETURN(report_.loop, loop.Run());
    Say("every cut in turn");
    return absl::OkStatus();
  }

  absl::Status RunAllCuts() {
    const graph::Grouping& grouping = *side_.prepared.grouping;
    const int groups = grouping.size();
    // Raw and encoded of each cut; encoded ones are small.
    std::vector<Seconds> per_photo;
    for (int cut = 0; cut < groups; ++cut) {
      per_photo.push_back(std::max(ToBits(Bytes(static_cast<double>(grouping.cuts[cut].bytes))) / link_.up.rate, kOverhead));
      per_photo.push_back(kOverhead);
    }
    // The whole model on the device comes on top.
    const Seconds left = kWhole - Seconds(clock_.Now().seconds()) - Seconds(kOverhead.value() * flags_.photos);
    const std::vector<int> counts = PhotosPerCut(per_photo, flags_.photos, kLeastPhotos, std::max(left, kLeastLeft));
    // Warms both sides up, uncounted: buffers, the connection's window.
    RETURN_IF_ERROR(RunCut(groups, "", 2, false));
    RETURN_IF_ERROR(RunCut(groups > 1 ? 1 : 0, "raw", 1, false));
    // The whole model on the device first: the answers that the others are held against.
    RETURN_IF_ERROR(RunCut(groups, "", flags_.photos, true));
    for (int cut = 0; cut < groups; ++cut) {
      RETURN_IF_ERROR(RunCut(cut, "raw", counts[2 * cut], true));
      RETURN_IF_ERROR(RunCut(cut, cut == 0 ? kPictureCodec : kFeatureCodec, counts[2 * cut + 1], true));
    }
    std::rotate(report_.cuts.begin(), report_.cuts.begin() + 1, report_.cuts.end());   // all on the device comes last, as cut N
    return absl::OkStatus();
  }

  absl::Status RunCut(int cut, const std::string& codec, int photos, bool counted) {
    const int groups = side_.prepared.grouping->size();
    const bool local = cut == groups;
    ASSIGN_OR_RETURN(std::unique_ptr<media::Source> source, media::OpenSource(ShareDir() + "/photos"));
    device::LiveOptions live;
    live.session.group_count = groups;
    live.session.plan = {.from = cut, .to = groups, .size = side_.input_edge, .codec = local ? "raw" : codec};
    live.session.waiting_max = 1;
    live.session.reply_timeout = std::chrono::seconds(20);
    live.feeder.frames_max = photos;
    live.drain = Duration(0);   // Ctrl-C: nobody waits for answers that nobody will see
    live.attach = side_.attach;

    DemoCut row;
    row.cut = cut;
    row.codec = codec;
    row.name = local ? "all on the device" : cut == 0 ? "all on the edge" : side_.prepared.grouping->groups[cut - 1].name;
    row.cut_bytes = local ? 0 : side_.prepared.grouping->cuts[cut].bytes;
    Progress progress(clock_, globals_.quiet || globals_.json,
                      counted ? local ? std::string("all on the device") : Concat("cut ", cut, " of ", groups, ", ", codec)
                              : std::string("warming up"),
                      photos);
    RunHooks hooks;
    hooks.progress = &progress;
    if (counted) {
      hooks.record = record_.get();
      hooks.first_id = next_id_;
      hooks.frame = [&](report::FrameRow& frame, const media::Picture& picture, const std::vector<media::Guess>& guesses) {
        if (!guesses.empty()) {
          if (local) whole_[picture.name] = guesses.front().index;
          const auto whole = whole_.find(picture.name);
          if (whole != whole_.end()) frame.agrees = whole->second == guesses.front().index;
          if (local) report_.photos.push_back({picture.name, picture.label, guesses});
        }
        row.Add(frame);
        sums_.Add(frame);
      };
    }
    ASSIGN_OR_RETURN(RecordedRun run, RunRecorded(live, clock_, side_, *source, edge_.channel.get(), hooks, stop_));
    RETURN_IF_ERROR(run.live.source);
    if (stop_) return absl::CancelledError("stopped by a signal; what was recorded is kept");
    if (!counted) return absl::OkStatus();
    next_id_ += static_cast<uint64_t>(run.summary.offered);
    row.summary = run.summary;
    row.depth = run.live.depth;
    report_.cuts.push_back(std::move(row));
    return absl::OkStatus();
  }

  void Say(const std::string& what) const {
    if (!globals_.quiet && !globals_.json) std::cerr << "partway: " << what << "\n";
  }

  const DemoFlags& flags_;
  const Globals& globals_;
  const std::atomic<bool>& stop_;
  SteadyClock clock_;
  net::LinkOptions link_;
  double loop_s_ = 0;
  std::unique_ptr<ChildProcess> server_;
  DeviceSide side_;
  std::unique_ptr<report::RecordWriter> record_;
  EdgeLink edge_;
  WholeAnswers whole_;
  report::SummaryBuilder sums_;
  DemoReport report_;
  uint64_t next_id_ = 0;
};

}   // namespace

VerbBody MakeDemo(CLI::App& command) {
  auto flags = std::make_shared<DemoFlags>();
  command.add_option("-o,--output", flags->folder, "folder for the page and the records")->capture_default_str();
  command.add_option("--link", flags->link, "the link over which every cut is shown: RATE|TRACE[,DELAY[,QUEUE]]")
      ->capture_default_str();
  AddDuration(command, "--loop", &flags->loop, "how long the device decides by itself over a link that changes (default 14s)");
  command.add_option("--photos", flags->photos, "photos at each cut, at most")->check(CLI::Range(1, 50))->capture_default_str();
  return [flags](const Globals& globals) { return Demo(*flags, globals).Run(); };
}

}   // namespace partway::apps
