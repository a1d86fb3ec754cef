#include "tests/soak/soak.h"

#include <poll.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <stdexcept>

#include "base/clock.h"
#include "nlohmann/json.hpp"
#include "tests/cli/process.h"
#include "tests/soak/record_tail.h"
#include "tests/soak/resources.h"
#include "tests/soak/schedule.h"

namespace partway::soak {
namespace {

using cli::Process;
using Words = std::vector<std::string>;

// A run answers or drops each frame within seconds, whatever becomes of the server; one that says nothing for so long hangs.
constexpr double kSilent = 45;
constexpr double kEndsWithin = 60;   // after its time: the last frames, and a machine that is busy
constexpr double kBeginsWithin = 180;
constexpr double kLeastFixed = 6;   // seconds of a run with a fixed cut
constexpr int kFixedRuns = 12;      // in all, if each comes to its end
// Over the second half. A frame of 224 pixels is 150 kB as bytes and 600 kB as numbers, so that of 15 frames a second one in a hundred that is kept shows within minutes.
constexpr double kMostGrowth = 24e6;
constexpr size_t kLeastSamples = 3;                        // a busy machine takes few in a short soak
constexpr double kMoreThreads = 3, kMoreDescriptors = 6;   // of medians, so what comes and goes with a connection does not count

// A process that is watched.
struct Watched {
  std::string name;
  std::unique_ptr<Process> process;
  std::vector<Sample> samples;
};

std::string Megabytes(double bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f MB", bytes / 1e6);
  return text;
}
std::string Whole(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.0f", value);
  return text;
}

class Soak {
 public:
  Soak(const SoakOptions& options, const std::function<void(const std::string&)>& tell)
      : options_(options), tell_(tell), schedule_(MakeSchedule(options.seconds, options.seed)) {}

  Verdict Run() {
    std::ofstream(Path("trace.csv")) << schedule_.trace_csv;
    StartServer("127.0.0.1:0");
    StartLink();
    StartDevice();
    while (!hangs_ && Now() < options_.seconds && device_.process->running()) {
      Pause();
      Sample();
      DisturbServer();
      Fixed();
      Watch();
      Tell();
    }
    End();
    return Judge();
  }

 private:
  std::string Path(const std::string& name) const { return options_.folder + "/" + name; }
  double Now() const { return ToSeconds(clock_.Now() - began_); }
  static void Pause() { ::poll(nullptr, 0, 100); }

  std::unique_ptr<Process> Start(const Words& words) const {
    Process::Options options;
    options.environment = options_.environment;
    options.environment.emplace_back("XDG_CACHE_HOME", Path("cache"));
    return std::make_unique<Process>(words, options);
  }
  // Its address, when it is ready.
  std::string Listening(Watched* watched) {
    const auto address = watched->process->WaitForLine("listening on ", std::chrono::seconds(90));
    if (!address)
      throw std::runtime_error("the " + watched->name +
                               " does not start: " + watched->process->Wait(std::chrono::milliseconds(0)).err);
    return *address;
  }
  void StartServer(const std::string& listen) {
    server_.process = Start({"serve", options_.model, "--listen", listen, "--cache", Path("edge-cache"), "--quiet"});
    server_.samples.clear();   // of this life
    address_ = Listening(&server_);
  }
  void StartLink() {
    Words words = {"link",    "--listen",        "127.0.0.1:0", "--to", address_,
                   "--trace", Path("trace.csv"), "--delay",     "5ms",  "--quiet"};
    words.insert(words.end(), schedule_.link_flags.begin(), schedule_.link_flags.end());
    link_.process = Start(words);
    link_address_ = Listening(&link_);
  }
  Words RunWords(const std::string& record, double seconds) const {
    return {"run",
            options_.model,
            "--groups",
            options_.groups,
            "--source",
            options_.source,
            "--edge",
            link_address_,
            "--fps",
            Whole(options_.fps),
            "--slowdown",
            Whole(options_.slowdown),
            "--duration",
            std::to_string(seconds) + "s",
            "--reply-timeout",
            "2s",
            "--record",
            record,
            "--json"};
  }
  void StartDevice() {
    device_.process = Start(RunWords(Path("policy.jsonl"), options_.seconds));
    const Instant asked = clock_.Now();
    while (policy_.counts().offered == 0) {
      if (!device_.process->running())
        throw std::runtime_error("the run does not start: " + device_.process->Wait(std::chrono::milliseconds(0)).err);
      if (ToSeconds(clock_.Now() - asked) > kBeginsWithin) {
        Hangs(device_, "gives no frame after " + Whole(kBeginsWithin) + " s");
        return;
      }
      Pause();
      policy_.Read();
    }
    began_ = clock_.Now();
  }

  void Sample() {
    if (Now() < next_sample_) return;
    next_sample_ = Now() + std::clamp(options_.seconds / 1000, 0.2, 1.0);
    for (Watched* watched : {&device_, &server_, &link_}) {
      if (frozen_until_ && watched == &server_) continue;
      if (const auto held = ResourcesOf(watched->process->pid())) watched->samples.push_back({Now(), *held});
    }
    policy_.Read();
    if (fixed_) fixed_record_->Read();
  }

  void DisturbServer() {
    if (restart_at_ && Now() >= *restart_at_) {
      restart_at_.reset();
      StartServer(address_);
    }
    if (frozen_until_ && Now() >= *frozen_until_) {
      frozen_until_.reset();
      server_.process->Signal(SIGCONT);
    }
    if (!restart_at_ && !frozen_until_ && !server_.process->running())
      throw std::runtime_error("the server ended by itself: " + server_.process->Wait(std::chrono::milliseconds(0)).err);
    if (next_fault_ >= schedule_.server.size() || Now() < schedule_.server[next_fault_].at_s || restart_at_ || frozen_until_)
      return;
    const ServerFault& fault = schedule_.server[next_fault_++];
    if (fault.kind == ServerFault::Kind::kKill) {
      server_.process->Signal(SIGKILL);
      server_.process->Wait();
      restart_at_ = Now() + fault.length_s;
      ++kills_;
    } else {
      server_.process->Signal(SIGSTOP);
      frozen_until_ = Now() + fault.length_s;
      ++freezes_;
    }
  }

  // Runs with a fixed cut, one after another. One that meets a server that is away at its start ends with 1 and no frame, which is right.
  void Fixed() {
    const double length = std::max(kLeastFixed, options_.seconds / kFixedRuns);
    if (fixed_ && fixed_->process->running()) return;
    if (fixed_) EndFixed();
    if (fixed_ || Now() < next_fixed_ || Now() + length > options_.seconds || restart_at_ || frozen_until_) return;
    static const Words kinds[] = {
        {"--cut", "0", "--codec", "jpeg:80"}, {"--cut", "1", "--codec", "int8-ec"}, {"--cut", "1", "--to", "2"}};
    const std::string record = Path("fixed" + std::to_string(fixed_started_) + ".jsonl");
    Words words = RunWords(record, length);
    const Words& kind = kinds[fixed_started_++ % std::size(kinds)];
    words.insert(words.end(), kind.begin(), kind.end());
    fixed_.emplace();
    fixed_->name = "run with a fixed cut";
    fixed_->process = Start(words);
    fixed_record_.emplace(record);
    fixed_due_ = Now() + length + kEndsWithin;
  }
  void EndFixed() {
    const cli::Ended ended = fixed_->process->Wait(std::chrono::milliseconds(0));
    fixed_record_->Read();
    fixed_.reset();
    if (ended.code == 1 && fixed_record_->counts().offered == 0) {
      ++turned_away_;
      next_fixed_ = Now() + 1;
      return;
    }
    ++fixed_ended_;
    fixed_edge_ += fixed_record_->counts().edge;
    fixed_frames_ += fixed_record_->counts().offered;
    lost_ += fixed_record_->events("lost");
    found_ += fixed_record_->events("reattached");
    const std::string wrong = WrongRun(ended, *fixed_record_);
    if (!wrong.empty() && fixed_wrong_.empty()) fixed_wrong_ = "run " + std::to_string(fixed_started_ - 1) + ": " + wrong;
    std::error_code ignored;
    if (wrong.empty()) std::filesystem::remove(Path("fixed" + std::to_string(fixed_started_ - 1) + ".jsonl"), ignored);
  }
  // What is wrong with how a run ended; "": nothing.
  static std::string WrongRun(const cli::Ended& ended, const RecordTail& record) {
    if (ended.code != 0)
      return "exit code " + std::to_string(ended.code) + ": " +
             ended.err.substr(ended.err.size() > 300 ? ended.err.size() - 300 : 0);
    const auto json = nlohmann::json::parse(ended.out, nullptr, false);
    if (!json.is_object()) return "no summary on stdout";
    if (std::string wrong = record.Wrong(); !wrong.empty()) return wrong;
    const auto& frames = json["frames"];
    const Counts said{frames.value("offered", int64_t{-1}), frames.value("edge", int64_t{-1}), frames.value("local", int64_t{-1}),
                      frames.value("dropped", int64_t{-1})};
    return said == record.counts() ? "" : "its summary counts other frames than its record";
  }

  // The watchdog.
  void Watch() {
    if (policy_.counts().offered != last_offered_) {
      last_offered_ = policy_.counts().offered;
      last_frame_s_ = Now();
    }
    if (Now() - last_frame_s_ > kSilent) Hangs(device_, "has said nothing of any frame for " + Whole(kSilent) + " s");
    if (fixed_ && Now() > fixed_due_) Hangs(*fixed_, "has not ended " + Whole(kEndsWithin) + " s after its time");
  }
  void Hangs(const Watched& watched, const std::string& what) {
    hangs_ = true;
    tell_("deadlock? The " + watched.name + " " + what + ". Its threads:\n" + ThreadsOf(watched.process->pid()));
    hang_ = "the " + watched.name + " " + what;
  }
  // Whether it ended in time.
  std::optional<cli::Ended> Ends(Watched* watched, double within) {
    const Instant asked = clock_.Now();
    while (watched->process->running()) {
      if (ToSeconds(clock_.Now() - asked) > within) {
        Hangs(*watched, "has not ended " + Whole(within) + " s after it should have");
        return std::nullopt;
      }
      Pause();
    }
    return watched->process->Wait(std::chrono::milliseconds(0));
  }

  std::string Holding(const Watched& watched) const {
    if (watched.samples.empty()) return watched.name + " -";
    const Resources& held = watched.samples.back().held;
    return watched.name + " " + Megabytes(static_cast<double>(held.memory_bytes)) + ", " + std::to_string(held.threads) +
           " threads, " + std::to_string(held.descriptors) + " descriptors";
  }
  void Tell() {
    if (Now() < next_line_) return;
    next_line_ += options_.report_every_s;
    const Counts& c = policy_.counts();
    tell_(Whole(Now()) + " of " + Whole(options_.seconds) + " s: " + std::to_string(c.offered) + " frames (" +
          std::to_string(c.edge) + " edge, " + std::to_string(c.local) + " local, " + std::to_string(c.dropped) +
          " dropped), lost " + std::to_string(policy_.events("lost")) + " and found " +
          std::to_string(policy_.events("reattached")) + " times; " + std::to_string(fixed_ended_) +
          " runs with fixed cuts; server killed " + std::to_string(kills_) + ", frozen " + std::to_string(freezes_) + " times; " +
          Holding(device_) + "; " + Holding(server_) + "; " + Holding(link_));
  }

  void End() {
    if (frozen_until_) server_.process->Signal(SIGCONT);
    if (restart_at_) StartServer(address_);
    if (!hangs_) device_end_ = Ends(&device_, kEndsWithin);
    if (fixed_ && !hangs_ && Ends(&*fixed_, kLeastFixed + options_.seconds / kFixedRuns + kEndsWithin)) EndFixed();
    policy_.Read();
    for (Watched* watched : {&link_, &server_}) {
      watched->process->Signal(SIGTERM);
      if (hangs_) continue;
      const std::optional<cli::Ended> ended = Ends(watched, kEndsWithin);
      if (ended && ended->code != 0) bad_ends_ += watched->name + " with " + std::to_string(ended->code) + "; ";
    }
  }

  Claim Flat(const Watched& watched) const {
    const Growth growth = GrowthSince(watched.samples, options_.seconds / 2);
    const bool memory = !options_.judge_memory || growth.memory_bytes <= kMostGrowth;
    return {
        "the " + watched.name + " holds no more at the end of the second half: memory within " + Megabytes(kMostGrowth) +
            ", threads within " + Whole(kMoreThreads) + ", descriptors within " + Whole(kMoreDescriptors),
        Holding(watched) + "; grown by " + Megabytes(growth.memory_bytes) + (options_.judge_memory ? "" : " (not judged)") +
            ", " + Whole(growth.threads) + " threads, " + Whole(growth.descriptors) + " descriptors over " +
            std::to_string(growth.samples) + " samples",
        growth.samples >= kLeastSamples && memory && growth.threads <= kMoreThreads && growth.descriptors <= kMoreDescriptors};
  }
  Verdict Judge() const {
    Verdict verdict;
    verdict.claims.push_back(
        {"nothing hangs, and every run ends by itself in its time", hang_.empty() ? "none did" : hang_, !hangs_});
    const std::string policy_wrong = device_end_ ? WrongRun(*device_end_, policy_) : "it did not end";
    const Counts& c = policy_.counts();
    verdict.claims.push_back({"the run that a policy decides has every frame once, offered = edge + local + dropped",
                              policy_wrong.empty() ? std::to_string(c.offered) + " = " + std::to_string(c.edge) + " + " +
                                                         std::to_string(c.local) + " + " + std::to_string(c.dropped)
                                                   : policy_wrong,
                              policy_wrong.empty()});
    verdict.claims.push_back({"so have the runs with fixed cuts",
                              fixed_wrong_.empty()
                                  ? std::to_string(fixed_ended_) + " runs, " + std::to_string(fixed_frames_) + " frames; " +
                                        std::to_string(turned_away_) + " met no server at their start and said so"
                                  : fixed_wrong_,
                              fixed_wrong_.empty() && fixed_ended_ > 0});
    const int64_t lost = lost_ + policy_.events("lost"), found = found_ + policy_.events("reattached");
    verdict.claims.push_back({"the server is lost and found again, and answers frames",
                              "lost " + std::to_string(lost) + ", found " + std::to_string(found) + " times; " +
                                  std::to_string(c.edge) + " and " + std::to_string(fixed_edge_) +
                                  " frames answered by it; killed " + std::to_string(kills_) + ", frozen " +
                                  std::to_string(freezes_) + " times",
                              lost > 0 && found > 0 && c.edge + fixed_edge_ > 0 && kills_ > 0 && freezes_ > 0});
    for (const Watched* watched : {&device_, &server_, &link_}) verdict.claims.push_back(Flat(*watched));
    verdict.claims.push_back(
        {"link and server end when they are told", bad_ends_.empty() ? "both with 0" : bad_ends_, bad_ends_.empty() && !hangs_});
    return verdict;
  }

  const SoakOptions& options_;
  const std::function<void(const std::string&)>& tell_;
  const Schedule schedule_;
  SteadyClock clock_;
  Instant began_;
  Watched server_{.name = "edge"}, link_{.name = "link"}, device_{.name = "device"};
  std::optional<Watched> fixed_;
  std::string address_, link_address_;
  RecordTail policy_{Path("policy.jsonl")};
  std::optional<RecordTail> fixed_record_;
  std::optional<cli::Ended> device_end_;
  std::optional<double> restart_at_, frozen_until_;
  size_t next_fault_ = 0;
  int kills_ = 0, freezes_ = 0, fixed_started_ = 0, fixed_ended_ = 0, turned_away_ = 0;
  int64_t fixed_edge_ = 0, fixed_frames_ = 0, last_offered_ = 0;
  int64_t lost_ = 0, found_ = 0;   // of the runs with fixed cuts that have ended
  double next_sample_ = 0, next_line_ = 0, last_frame_s_ = 0, fixed_due_ = 0, next_fixed_ = 0;
  bool hangs_ = false;
  std::string hang_, fixed_wrong_, bad_ends_;
};

}   // namespace

bool Verdict::holds() const {
  return !claims.empty() && std::all_of(claims.begin(), claims.end(), [](const Claim& claim) { return claim.holds; });
}

Verdict RunSoak(const SoakOptions& options, const std::function<void(const std::string&)>& tell) {
  return Soak(options, tell).Run();
}

}   // namespace partway::soak
