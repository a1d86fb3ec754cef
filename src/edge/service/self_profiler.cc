#include "edge/service/self_profiler.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/machine.h"
#include "base/status.h"
#include "codec/codec_spec.h"
#include "engine/check.h"
#include "media/model_config.h"
#include "profile/measure/codec_inputs.h"
#include "profile/measure/codec_speed.h"
#include "profile/measure/describe.h"
#include "profile/measure/measurement.h"
#include "profile/profile_check.h"
#include "profile/profile_json.h"

namespace partway::edge {
namespace {

using profile::Profile;
using wire::PictureSize;

struct Waiter {
  JobId id = 0;
  Instant asked;
  SelfProfiler::Done done;
};

// One question; who asks the same waits with it.
struct Question {
  std::shared_ptr<const ServedModel> model;
  std::vector<int> positions;
  std::vector<PictureSize> sizes;
  std::vector<Waiter> waiters;

  bool Same(const Question& other) const {
    return model->sha256() == other.model->sha256() && positions == other.positions && sizes == other.sizes;
  }
};

constexpr size_t kMaxSizesKept = 256;   // of one model and grouping

// One of each kind; entropy coding takes about as long at any number of bits.
constexpr std::array<const char*, 7> kCodecs = {"raw", "raw8", "jpeg:75", "fp16", "int8", "int8-ec", "int4-ec"};

std::string SizeText(const PictureSize& size) { return Concat(size.height, "x", size.width); }

// Whether this file was measured here: another machine's times are another machine's.
bool SameMachine(const Profile& a, const Profile& b) {
  return a.measured && a.cpu == b.cpu && a.cores == b.cores && a.system == b.system && a.provider == b.provider;
}

// What is measured at the moment. Touched only by whoever holds `stepping`.
struct Work {
  Question question;   // without its waiters
  std::vector<profile::SizedModel> missing;
  Profile made;   // what was known before
  std::shared_ptr<engine::GroupChain> chain;
  std::unique_ptr<profile::Measurement> measurement;   // none where every size was known before
  // Codecs follow, one a step, unless their speeds were known before.
  std::vector<profile::CodecInput> codec_inputs;
  size_t next_codec = 0;
};

}   // namespace

struct SelfProfiler::Impl {
  using Key = std::pair<std::string, std::string>;   // model hash, fingerprint

  ModelStore& store;
  const engine::EngineInfo engine;
  const Clock& wall;
  const SelfProfilerOptions options;

  std::mutex mutex;
  std::list<std::shared_ptr<Question>> questions;   // guarded; the first is being measured
  std::map<Key, Profile> kept;                      // guarded
  bool stopped = false;                             // guarded

  std::mutex stepping;        // never taken while `mutex` is held
  std::optional<Work> work;   // under stepping

  absl::StatusOr<std::shared_ptr<Question>> Check(const wire::ProfileRequest& request) const {
    if (request.protocol != 1) return FailedPrecondition("the device speaks protocol ", request.protocol, ", this server 1");
    auto question = std::make_shared<Question>();
    ASSIGN_OR_RETURN(question->model, store.Find(request.model, "", request.model_sha256));
    const size_t positions = request.positions.size();
    if (positions < 2 || positions > static_cast<size_t>(options.max_groups) + 1) {
      return InvalidArgument(positions, " positions of groups; expected 2 to ", options.max_groups + 1);
    }
    if (request.sizes.empty() || request.sizes.size() > static_cast<size_t>(options.max_sizes)) {
      return InvalidArgument(request.sizes.size(), " sizes; expected 1 to ", options.max_sizes);
    }
    for (const PictureSize& size : request.sizes) {
      const bool edges = size.height >= 1 && size.width >= 1 && size.height <= options.max_edge && size.width <= options.max_edge;
      if (!edges || int64_t{size.height} * size.width > options.max_pixels) {
        return InvalidArgument("size ", SizeText(size), "; expected edges from 1 to ", options.max_edge, " and at most ",
                               options.max_pixels, " pixels");
      }
      if (std::count(request.sizes.begin(), request.sizes.end(), size) > 1) {
        return InvalidArgument("size ", SizeText(size), " is there twice");
      }
    }
    question->positions = request.positions;
    question->sizes = request.sizes;
    return question;
  }

  Profile Blank(const graph::Grouping& grouping) const {
    Profile blank = profile::DescribeModel(grouping);
    profile::DescribeMachine(ThisMachine(), engine, UtcNow(), &blank);
    return blank;
  }

  std::string FileOf(const Profile& p) const {
    std::string name = Concat(p.model_sha256.substr(0, 16), "-", p.grouping, "-", p.engine, "-", p.engine_version, "-",
                              p.provider, "-", engine.threads, ".profile.json");
    std::replace(name.begin(), name.end(), '/', '_');
    return Concat(options.folder, "/", name);
  }

  // What is kept of this model and grouping, if it is of this machine and engine; else a profile without sizes.
  Profile Known(const graph::Grouping& grouping) {
    Profile blank = Blank(grouping);
    {
      const std::lock_guard lock(mutex);
      const auto found = kept.find({blank.model_sha256, blank.grouping});
      if (found != kept.end()) return found->second;
    }
    if (options.folder.empty()) return blank;
    const absl::StatusOr<Profile> read = profile::ReadProfile(FileOf(blank));
    if (!read.ok()) return blank;
    const absl::Status belongs = profile::CheckBelongs(*read, "",
                                                       {.model_sha256 = blank.model_sha256,
                                                        .grouping = blank.grouping,
                                                        .engine = blank.engine,
                                                        .engine_version = blank.engine_version});
    const bool good = belongs.ok() && read->positions == blank.positions && SameMachine(*read, blank);
    return good ? *read : blank;
  }

  void Keep(const Profile& made) {
    {
      const std::lock_guard lock(mutex);
      if (kept.size() >= static_cast<size_t>(options.max_kept)) kept.erase(kept.begin());
      kept[{made.model_sha256, made.grouping}] = made;
    }
    // A folder that cannot be written costs a measurement at the next start, nothing more.
    if (!options.folder.empty()) (void)profile::WriteProfile(FileOf(made), made);
  }

  // The sizes of the question alone; nullopt unless all are there.
  std::optional<Profile> Select(const Profile& from, const std::vector<PictureSize>& sizes) const {
    Profile chosen = from;
    chosen.sizes.clear();
    for (const PictureSize& size : sizes) {
      const profile::SizeProfile* at = from.Find(size.height, size.width, engine.threads);
      if (at == nullptr) return std::nullopt;
      chosen.sizes.push_back(*at);
    }
    return chosen;
  }

  // Chain, sizes and inputs: everything before the first timed step.
  absl::Status Begin(Work* w) {
    const ServedModel& model = *w->question.model;
    ASSIGN_OR_RETURN(const std::string fingerprint, store.Attach(model, w->question.positions));
    ASSIGN_OR_RETURN(w->chain, store.Chain(model, fingerprint));
    w->made = Known(w->chain->grouping());
    if (!w->made.codecs.empty()) w->next_codec = kCodecs.size();
    if (w->made.sizes.size() + w->question.sizes.size() > kMaxSizesKept) w->made.sizes.clear();
    std::vector<profile::MeasuredSize> sizes;
    for (const PictureSize& size : w->question.sizes) {
      if (w->made.Find(size.height, size.width, engine.threads) != nullptr) continue;
      ASSIGN_OR_RETURN(profile::SizedModel at,
                       profile::ModelAtSize(model.graph, w->question.positions, {size.height, size.width}));
      if (at.height != size.height || at.width != size.width) {
        return InvalidArgument(model.name, " takes ", at.height, "x", at.width, ", asked for ", SizeText(size));
      }
      ASSIGN_OR_RETURN(std::vector<NamedTensor> inputs, engine::NoiseInputs(*model.graph, at.types, 1));
      sizes.push_back({size.height, size.width, std::move(inputs)});
      w->missing.push_back(std::move(at));
    }
    if (sizes.empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(std::shared_ptr<engine::GroupChain> whole, store.Whole(model));
    w->measurement = std::make_unique<profile::Measurement>(w->chain, std::move(whole), std::move(sizes),
                                                            profile::MeasureOptions{.most = 100, .time_limit = options.measuring},
                                                            profile::ClocksFor(engine, wall));
    return absl::OkStatus();
  }

  // How fast frames decode here. The server knows no model's pictures; a codec takes as long whatever their scale.
  absl::Status TimeNextCodec(Work* w) const {
    if (w->codec_inputs.empty()) {
      ASSIGN_OR_RETURN(profile::SizedModel at,
                       profile::ModelAtSize(w->question.model->graph, w->question.positions,
                                            {w->question.sizes.front().height, w->question.sizes.front().width}));
      ASSIGN_OR_RETURN(w->codec_inputs, profile::CodecInputs(*w->chain, {std::move(at)}, media::ModelConfig{}));
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(const codec::CodecSpec spec, codec::ParseCodec(kCodecs[w->next_codec]));
    const profile::CodecTiming timing{.repeat = 3, .time_limit = options.measuring / 50};
    ASSIGN_OR_RETURN(const std::vector<profile::CodecSpeed> speeds,
                     profile::TimeCodecs({&spec, 1}, w->codec_inputs, timing, profile::ClocksFor(engine, wall)));
    w->made.codecs.insert(w->made.codecs.end(), speeds.begin(), speeds.end());
    ++w->next_codec;
    return absl::OkStatus();
  }

  // The next piece of the work; false once none is left.
  absl::StatusOr<bool> Advance(Work* w) const {
    if (w->measurement != nullptr && !w->measurement->done()) {
      RETURN_IF_ERROR(w->measurement->Step());
    } else if (w->next_codec < kCodecs.size()) {
      RETURN_IF_ERROR(TimeNextCodec(w));
    }
    return (w->measurement != nullptr && !w->measurement->done()) || w->next_codec < kCodecs.size();
  }

  absl::StatusOr<wire::ProfileReply> End(Work* w) {
    for (size_t i = 0; i < w->missing.size(); ++i) {
      ASSIGN_OR_RETURN(profile::SizeProfile size, profile::DescribeSize(w->missing[i], engine.threads));
      w->measurement->Fill(i, &size);
      w->made.sizes.push_back(std::move(size));
    }
    if (!w->missing.empty() || !w->codec_inputs.empty()) w->made.date = UtcNow();
    Keep(w->made);
    const std::optional<Profile> chosen = Select(w->made, w->question.sizes);
    if (!chosen) return InternalError("a size was not measured");
    return wire::ProfileReply{.protocol = 1, .profile = profile::ProfileToJson(*chosen)};
  }

  // Takes the question out and hands its waiters the answer.
  void Answer(const std::shared_ptr<Question>& question, const absl::StatusOr<wire::ProfileReply>& reply) {
    std::vector<Waiter> waiters;
    {
      const std::lock_guard lock(mutex);
      waiters.swap(question->waiters);
      questions.remove(question);
    }
    for (const Waiter& waiter : waiters) waiter.done(reply);
  }

  bool More() {
    const std::lock_guard lock(mutex);
    return !stopped && !questions.empty();
  }
};

SelfProfiler::SelfProfiler(ModelStore& store, engine::EngineInfo engine, const Clock& wall, const SelfProfilerOptions& options)
    : impl_(new Impl{store, std::move(engine), wall, options}) {}
SelfProfiler::~SelfProfiler() { Stop(); }

bool SelfProfiler::Ask(JobId id, const wire::ProfileRequest& request, Done done) {
  Impl& s = *impl_;
  absl::StatusOr<std::shared_ptr<Question>> question = s.Check(request);
  if (!question.ok()) {
    done(question.status());
    return false;
  }
  absl::Status refused;
  {
    const std::lock_guard lock(s.mutex);
    size_t waiting = 0;
    for (const auto& q : s.questions) waiting += q->waiters.size();
    if (s.stopped) {
      refused = Unavailable("the server is shutting down");
    } else if (waiting >= static_cast<size_t>(s.options.max_waiting)) {
      refused = ResourceExhausted(waiting, " devices wait for profiles, which is the limit");
    } else {
      const auto same = std::find_if(s.questions.begin(), s.questions.end(), [&](const auto& q) { return q->Same(**question); });
      const std::shared_ptr<Question>& joined = same != s.questions.end() ? *same : s.questions.emplace_back(*question);
      joined->waiters.push_back({id, s.wall.Now(), std::move(done)});
      return true;
    }
  }
  done(refused);
  return false;
}

void SelfProfiler::Cancel(JobId id) {
  Impl& s = *impl_;
  std::vector<Waiter> gone;
  {
    const std::lock_guard lock(s.mutex);
    for (const auto& q : s.questions) {
      const auto found = std::find_if(q->waiters.begin(), q->waiters.end(), [&](const Waiter& w) { return w.id == id; });
      if (found == q->waiters.end()) continue;
      gone.push_back(std::move(*found));
      q->waiters.erase(found);
      break;
    }
  }
  for (const Waiter& waiter : gone) waiter.done(absl::CancelledError("cancelled by the caller"));
}

bool SelfProfiler::Step() {
  Impl& s = *impl_;
  const std::unique_lock turn(s.stepping, std::try_to_lock);
  if (!turn.owns_lock()) return false;
  std::shared_ptr<Question> question;
  bool abandoned = false;   // nobody waits any more: what was measured so far is not enough to keep
  {
    const std::lock_guard lock(s.mutex);
    if (s.stopped || s.questions.empty()) {
      s.work.reset();
      return false;
    }
    question = s.questions.front();
    abandoned = question->waiters.empty();
    if (abandoned) s.questions.pop_front();
  }
  if (s.work && (abandoned || !s.work->question.Same(*question))) s.work.reset();
  if (abandoned) return s.More();

  absl::StatusOr<bool> more = true;
  if (!s.work) {
    s.work.emplace();
    s.work->question = Question{question->model, question->positions, question->sizes, {}};
    const absl::Status begun = s.Begin(&*s.work);
    if (!begun.ok()) more = begun;
  } else {
    more = s.Advance(&*s.work);
  }
  if (more.ok() && *more) return true;
  const absl::StatusOr<wire::ProfileReply> reply =
      more.ok() ? s.End(&*s.work) : absl::StatusOr<wire::ProfileReply>(more.status());
  s.work.reset();
  s.Answer(question, reply);
  return s.More();
}

void SelfProfiler::Expire() {
  Impl& s = *impl_;
  std::vector<Waiter> late;
  {
    const std::lock_guard lock(s.mutex);
    const Instant oldest = s.wall.Now() - s.options.patience;
    for (const auto& q : s.questions) {
      const auto first =
          std::stable_partition(q->waiters.begin(), q->waiters.end(), [&](const Waiter& w) { return w.asked > oldest; });
      std::move(first, q->waiters.end(), std::back_inserter(late));
      q->waiters.erase(first, q->waiters.end());
    }
  }
  for (const Waiter& waiter : late) waiter.done(Unavailable("the server is too busy to measure itself; ask again later"));
}

void SelfProfiler::Stop() {
  Impl& s = *impl_;
  std::vector<Waiter> left;
  {
    const std::lock_guard lock(s.mutex);
    s.stopped = true;
    for (const auto& q : s.questions) std::move(q->waiters.begin(), q->waiters.end(), std::back_inserter(left));
    s.questions.clear();
  }
  for (const Waiter& waiter : left) waiter.done(Unavailable("the server is shutting down"));
}

}   // namespace partway::edge
