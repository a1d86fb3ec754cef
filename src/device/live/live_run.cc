#include "device/live/live_run.h"

#include <algorithm>
#include <unordered_map>
#include <utility>
#include <variant>

#include "base/status.h"
#include "base/text.h"
#include "codec/codec.h"
#include "device/live/control_loop.h"
#include "device/live/frame_data.h"
#include "device/live/mailbox.h"
#include "device/live/stretched.h"
#include "device/live/worker.h"
#include "media/preprocess.h"

namespace partway::device {
namespace {

struct Arrived {
  std::shared_ptr<media::Picture> picture;
  Instant captured;
};
struct Ended {
  absl::Status status;
};
struct Prepared {
  FrameId frame;
  absl::Status status;
};
struct Computed {
  FrameId frame;
  absl::Status status;
};
struct Replied {
  FrameId frame;
  uint32_t attempt;
  absl::StatusOr<wire::InferReply> reply;
};
struct Probed {
  uint32_t probe;
  absl::Status status;
};
struct RoundTrip {
  Duration length;
};
using Event = std::variant<Arrived, Ended, Prepared, Computed, Replied, Probed, RoundTrip, ProbeAnswer>;

// Frames waiting and under way are bounded by the session, and each has at most a few events unread.
constexpr size_t kMailboxCapacity = 1024;
constexpr Duration kWarmUp = std::chrono::seconds(1);             // at most, to know the link before the first frame
constexpr Duration kStopCheck = std::chrono::milliseconds(100);   // how soon `stop` is seen

class LiveRun {
 public:
  LiveRun(const LiveOptions& options, const Clock& clock, engine::GroupChain& chain, media::Source& source,
          const media::ModelConfig& config, Channel* channel, const LiveObserver& observer)
      : options_(options),
        clock_(clock),
        chain_(chain),
        source_(source),
        channel_(channel),
        observer_(observer),
        mailbox_(std::make_shared<Mailbox<Event>>(kMailboxCapacity)),
        session_(options.session),
        preprocessor_(config),
        scale_{config.mean, config.std} {
    const graph::OpGraph& graph = *chain.grouping().graph;
    for (const graph::ValueId id : graph.outputs) output_names_.push_back(graph.values[id].name);
    input_name_ = graph.values[graph.inputs.front()].name;
    if (options.controller != nullptr) {
      control_.emplace(options.controller, channel, options.attach.device, FpsOf(options, source),
                       [mailbox = mailbox_](ProbeAnswer answer) { mailbox->Push(std::move(answer)); });
    }
  }

  absl::StatusOr<LiveResult> Run(const std::atomic<bool>& stop) {
    MeasureRoundTrip();
    if (control_) WarmUp(stop);
    Feeder feeder(
        source_, clock_, options_.feeder,
        [mailbox = mailbox_](std::shared_ptr<media::Picture> picture, Instant captured) {
          mailbox->Push(Arrived{std::move(picture), captured});
        },
        [mailbox = mailbox_](const absl::Status& status) { mailbox->Push(Ended{status}); });
    std::optional<Instant> give_up, over;   // over: a source that gives nothing any more would not notice
    if (options_.feeder.duration) over = clock_.Now() + *options_.feeder.duration + kStopCheck;
    while (!(source_ended_ && session_.idle())) {
      if (stop.load() && !give_up) {
        feeder.Stop();
        result_.stopped = true;
        give_up = clock_.Now() + options_.drain;
      }
      if (give_up && clock_.Now() >= *give_up) break;
      if (over && clock_.Now() >= *over) feeder.Stop();
      Duration wait = kStopCheck;
      if (const auto tick = session_.NextTick()) wait = std::clamp(*tick - clock_.Now(), Duration(0), kStopCheck);
      if (const auto next = NextSlot()) wait = std::clamp(*next - clock_.Now(), Duration(0), wait);
      std::optional<Event> event = mailbox_->Pop(wait);
      if (event) std::visit([this](auto& e) { On(e); }, *event);
      session_.Tick(clock_.Now());
      Obey();
      if (control_ && !source_ended_) Report(control_->Turn(clock_.Now(), session_.connected()));
      // A controlled run takes a file as a camera: frames come when they are due, and what there is no room for is left out.
      if (!source_.live() && !asked_ && (control_ || session_.CanOffer())) {
        asked_ = true;
        feeder.Ask();
      }
    }
    Finish();
    if (control_) Report(control_->End());
    result_.counts = session_.counts();
    result_.counts.offered += left_out_;
    result_.counts.dropped += left_out_;
    result_.ended = last_outcome_.value_or(clock_.Now());
    result_.started = first_capture_.value_or(result_.ended);
    result_.depth = session_.depth();
    result_.source = source_status_;
    return result_;
  }

 private:
  // --- Events ---
  void On(Arrived& e) {
    asked_ = false;
    if (!first_capture_) first_capture_ = e.captured;
    const FrameId id = next_frame_++;
    if (!control_) {
      frames_[id] = std::make_shared<FrameData>(FrameData{.picture = std::move(e.picture), .captured = e.captured});
      return session_.FrameArrived(clock_.Now(), id, e.captured);
    }
    Report(control_->Turn(clock_.Now(), session_.connected()));   // the frame may be the first of the next slot
    const std::optional<int32_t> row = control_->Take(id, clock_.Now(), e.captured, session_.connected());
    if (!row) return LeaveOut(id, e);
    frames_[id] = std::make_shared<FrameData>(FrameData{.picture = std::move(e.picture), .captured = e.captured, .row = *row});
    session_.FrameArrived(clock_.Now(), id, e.captured, &options_.controller->plan(*row));
  }
  void LeaveOut(FrameId id, const Arrived& e) {
    ++left_out_;
    last_outcome_ = clock_.Now();
    const FrameRecord record{.id = id,
                             .captured_s = e.captured.seconds(),
                             .arrived_at_s = last_outcome_->seconds(),
                             .outcome = Outcome::kDropped,
                             .reason = control::kLeftOut};
    if (observer_.frame) observer_.frame({record, *e.picture, {}});
  }
  void On(ProbeAnswer& e) {
    if (!control_) return;
    control_->On(clock_.Now(), e);
    if (e.reply.ok()) session_.Heard(clock_.Now());
  }
  void On(Ended& e) {
    source_ended_ = true;
    source_status_ = e.status;
  }
  void On(Prepared& e) { session_.PrepareDone(clock_.Now(), e.frame, e.status); }
  void On(Computed& e) { session_.ComputeDone(clock_.Now(), e.frame, e.status); }
  void On(RoundTrip& e) { session_.RoundTripMeasured(e.length); }
  void On(Probed& e) { session_.ProbeDone(clock_.Now(), e.probe, e.status); }
  void On(Replied& e) {
    FrameData* const waiting = FindSent(e.frame, e.attempt);
    if (waiting == nullptr) return;   // a reply to a request that was given up brings nothing
    FrameData& data = *waiting;
    data.sent = false;
    if (control_) {
      const absl::Status failed = e.reply.status();
      const bool refused = absl::IsResourceExhausted(failed) || absl::IsUnavailable(failed);
      if (failed.ok()) {
        control_->Answered(data.message, clock_.Now(), *e.reply);
      } else {
        control_->Forget(data.message, refused ? -1 : data.row);
      }
    }
    absl::Status status = e.reply.status();
    if (status.ok()) status = TakeReply(data.plan, &*e.reply);
    if (!status.ok()) return session_.ReplyFailed(clock_.Now(), e.frame, e.attempt, status);
    data.Put(std::move(e.reply->outputs));
    session_.ReplyArrived(clock_.Now(), e.frame, e.attempt, {e.reply->queue, e.reply->compute});
  }

  FrameData* FindSent(FrameId frame, uint32_t attempt) {
    const auto found = frames_.find(frame);
    if (found == frames_.end() || !found->second->sent || found->second->attempt != attempt) return nullptr;
    return found->second.get();
  }

  // The reply must hold what the segment writes, and nothing else of it is kept; types and shapes are checked by whoever uses them.
  absl::Status TakeReply(const Plan& plan, wire::InferReply* reply) const {
    std::vector<NamedTensor> wanted;
    for (const std::string& name : chain_.OutputNames(plan.from, plan.to)) {
      const auto found =
          std::find_if(reply->outputs.begin(), reply->outputs.end(), [&](const NamedTensor& t) { return t.name == name; });
      if (found == reply->outputs.end()) return InternalError("the edge's reply lacks '", name, "'");
      wanted.push_back(std::move(*found));
    }
    reply->outputs = std::move(wanted);
    return absl::OkStatus();
  }

  // --- Commands ---
  // In order, also those that come of obeying one.
  void Obey() {
    for (std::vector<Command> commands = session_.TakeCommands(); !commands.empty(); commands = session_.TakeCommands()) {
      for (Command& command : commands) std::visit([this](auto& c) { Do(c); }, command);
    }
  }

  void Do(const PrepareCommand& c) {
    prepare_.Give([this, mailbox = mailbox_, c, data = frames_.at(c.frame)] {
      absl::Status status;
      {
        const Stretched stretched(clock_, options_.slowdown);
        absl::StatusOr<Tensor> input = preprocessor_.ToInput(*data->picture, c.size, c.size);
        status = input.status();
        if (status.ok()) data->Put({{input_name_, *std::move(input)}});
      }
      mailbox->Push(Prepared{c.frame, status});
    });
  }

  void Do(const ComputeCommand& c) {
    compute_.Give([this, mailbox = mailbox_, c, data = frames_.at(c.frame)] {
      std::vector<NamedTensor> made;
      absl::Status status;
      {
        const Stretched stretched(clock_, options_.slowdown);
        status = chain_.Run(c.from, c.to, data->values, made);
      }
      if (status.ok()) data->Put(std::move(made));
      mailbox->Push(Computed{c.frame, status});
    });
  }

  // The values stay, since the frame may have to be finished here after all.
  void Do(const EncodeCommand& c) {
    encode_.Give([this, mailbox = mailbox_, c, data = frames_.at(c.frame)] {
      absl::Status status;
      {
        const Stretched stretched(clock_, options_.slowdown);
        status = Encode(c.plan, data.get());
      }
      mailbox->Push(Computed{c.frame, status});
    });
  }

  absl::Status Encode(const Plan& plan, FrameData* data) {
    if (!encoder_ || encoder_codec_ != plan.codec) {
      ASSIGN_OR_RETURN(const codec::CodecSpec spec, codec::ParseCodec(plan.codec));
      encoder_.emplace(spec);
      encoder_codec_ = plan.codec;
    }
    ASSIGN_OR_RETURN(const std::vector<NamedTensor> values, ValuesAt(plan, *data));
    data->encoded = std::make_shared<std::string>();
    return encoder_->Encode(values, &scale_, data->encoded.get());
  }

  // What groups [from, to) read.
  absl::StatusOr<std::vector<NamedTensor>> ValuesAt(const Plan& plan, const FrameData& data) const {
    std::vector<NamedTensor> values;
    for (const std::string& name : chain_.InputNames(plan.from, plan.to)) {
      const Tensor* value = data.Find(name);
      if (value == nullptr) return InternalError("no value '", name, "' to send");
      values.push_back({name, *value});
    }
    return values;
  }

  // The inputs of the request: the values, or the one tensor that holds them encoded.
  absl::StatusOr<std::vector<NamedTensor>> Upload(const Plan& plan, const FrameData& data) const {
    if (data.encoded == nullptr) return ValuesAt(plan, data);
    std::string& bytes = *data.encoded;
    return std::vector<NamedTensor>{
        {wire::kEncodedInput, Tensor::Wrap(DType::kUint8, {static_cast<int64_t>(bytes.size())},
                                           reinterpret_cast<std::byte*>(bytes.data()), bytes.size(), data.encoded)}};
  }

  void Do(const SendCommand& c) {
    FrameData& data = *frames_.at(c.frame);
    wire::InferRequest request;
    request.model = options_.attach.model;
    request.id = Concat(c.frame, ".", c.attempt);
    request.device = options_.attach.device;
    request.segment = wire::InferRequest::Segment{c.plan.from, c.plan.to, chain_.grouping().fingerprint,
                                                  options_.attach.model_sha256, c.plan.codec};
    absl::StatusOr<std::vector<NamedTensor>> upload = Upload(c.plan, data);
    if (!upload.ok()) return session_.ReplyFailed(clock_.Now(), c.frame, c.attempt, upload.status());
    request.inputs = *std::move(upload);
    if (control_ && !control_->WorthSending(c.frame, clock_.Now(), data.captured, BytesOf(request.inputs))) {
      return session_.NotSent(clock_.Now(), c.frame, c.attempt, control::kLinkBehind);
    }
    Duration timeout = options_.session.reply_timeout;
    if (c.deadline) {
      timeout = std::max(*c.deadline - clock_.Now(), Duration(std::chrono::milliseconds(1)));
      request.deadline = timeout;
    }
    data.attempt = c.attempt;
    data.plan = c.plan;
    data.sent = true;
    const Instant handed = clock_.Now();
    const Channel::Sent sent = channel_->Infer(request, timeout, [mailbox = mailbox_, c](absl::StatusOr<wire::InferReply> reply) {
      mailbox->Push(Replied{c.frame, c.attempt, std::move(reply)});
    });
    data.token = sent.token;
    if (control_) data.message = control_->Handed(handed, data.row, sent.bytes);
    session_.UploadBytes(c.frame, c.attempt, sent.bytes);
  }

  void Do(const CancelCommand& c) {
    FrameData* const waiting = FindSent(c.frame, c.attempt);
    if (waiting == nullptr) return;
    waiting->sent = false;
    if (control_) control_->Forget(waiting->message, waiting->row);
    channel_->Cancel(waiting->token);
  }

  void Do(FinishCommand& c) {
    const auto found = frames_.find(c.record.id);
    const FrameData& data = *found->second;
    std::vector<NamedTensor> outputs;
    if (c.record.outcome != Outcome::kDropped) {
      for (const std::string& name : output_names_) {
        if (const Tensor* value = data.Find(name)) outputs.push_back({name, *value});
      }
    }
    last_outcome_ = clock_.Now();
    if (control_) options_.controller->Ended(c.record);
    if (observer_.frame) observer_.frame({c.record, *data.picture, outputs});
    frames_.erase(found);
  }

  void Do(const ProbeCommand& c) {
    channel_->Attach(options_.attach, options_.session.probe_timeout,
                     [mailbox = mailbox_, c, mine = chain_.grouping().fingerprint](absl::StatusOr<wire::AttachReply> reply) {
                       absl::Status status = reply.status();
                       if (status.ok() && reply->grouping != mine)
                         status = FailedPrecondition("the server groups this model differently");
                       mailbox->Push(Probed{c.probe, status});
                     });
  }

  void Do(const NoticeCommand& c) {
    if (control_) session_.connected() ? control_->Reattached(clock_.Now()) : control_->Lost();
    if (observer_.notice) observer_.notice(clock_.Now(), c.kind, c.detail);
  }

  static std::optional<double> FpsOf(const LiveOptions& options, const media::Source& source) {
    if (source.live()) return std::nullopt;
    return options.feeder.fps > 0 ? std::optional(options.feeder.fps) : std::nullopt;
  }

  void WarmUp(const std::atomic<bool>& stop) {
    if (channel_ == nullptr || !options_.session.connected) return;
    control_->Warm(clock_.Now());
    const Instant until = clock_.Now() + kWarmUp;
    while (!control_->warm() && !stop.load()) {
      const Duration left = until - clock_.Now();
      if (left <= Duration(0)) return;
      std::optional<Event> event = mailbox_->Pop(std::min(left, kStopCheck));
      if (event) std::visit([this](auto& e) { On(e); }, *event);
    }
  }
  std::optional<Instant> NextSlot() const { return control_ && !source_ended_ ? control_->next() : std::nullopt; }
  void Report(const std::optional<control::SlotReport>& slot) {
    if (slot && observer_.slot) observer_.slot(*slot);
  }

  // Attaching again costs the server nothing, so the time it takes is the link's.
  void MeasureRoundTrip() {
    if (channel_ == nullptr || !options_.session.connected) return;
    channel_->Attach(options_.attach, options_.session.probe_timeout,
                     [mailbox = mailbox_, &clock = clock_, start = clock_.Now()](const absl::StatusOr<wire::AttachReply>& reply) {
                       if (reply.ok()) mailbox->Push(RoundTrip{clock.Now() - start});
                     });
  }

  // After the last event, or when draining took too long: what is still under way is dropped with its reason.
  void Finish() {
    session_.Abandon(clock_.Now(), "stopped before an answer");
    Obey();
    mailbox_->Close();   // nobody may wait for room in it any more
  }

  const LiveOptions& options_;
  const Clock& clock_;
  engine::GroupChain& chain_;
  media::Source& source_;
  Channel* const channel_;
  const LiveObserver& observer_;
  std::shared_ptr<Mailbox<Event>> mailbox_;   // shared with callbacks that may come after the run
  Session session_;
  media::Preprocessor preprocessor_;   // only the prepare worker uses it
  const codec::PictureScale scale_;
  std::optional<codec::Encoder> encoder_;   // only the encode worker uses it, and its codec's name
  std::string encoder_codec_;
  std::string input_name_;
  std::vector<std::string> output_names_;
  std::unordered_map<FrameId, std::shared_ptr<FrameData>> frames_;   // shared with the task under way
  std::optional<ControlLoop> control_;
  FrameId next_frame_ = 0;
  int64_t left_out_ = 0;
  bool asked_ = false;   // a file's next frame was asked for and has not come: there is room for that one only
  bool source_ended_ = false;
  absl::Status source_status_;
  std::optional<Instant> first_capture_, last_outcome_;
  LiveResult result_;
  Worker prepare_, compute_, encode_;   // last: joined first, while everything they touch is still there
};

}   // namespace

absl::StatusOr<LiveResult> RunLive(const LiveOptions& options, const Clock& clock, engine::GroupChain& chain,
                                   media::Source& source, const media::ModelConfig& config, Channel* channel,
                                   const LiveObserver& observer, const std::atomic<bool>& stop) {
  const graph::OpGraph& graph = *chain.grouping().graph;
  if (graph.inputs.size() != 1) {
    return InvalidArgument("the model has ", graph.inputs.size(),
                           " inputs; pictures can be run through a model with one image input");
  }
  return LiveRun(options, clock, chain, source, config, channel, observer).Run(stop);
}

}   // namespace partway::device
