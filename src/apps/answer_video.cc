#include "apps/answer_video.h"

#include <cmath>
#include <utility>

#include "apps/live_words.h"
#include "apps/verb.h"
#include "base/quantity.h"
#include "base/status.h"

namespace partway::apps {
namespace {

struct Ink {
  uint8_t red, green, blue;
};
constexpr Ink kAnswerInk{255, 255, 255}, kEdgeInk{120, 220, 170}, kLocalInk{120, 190, 250}, kDroppedInk{250, 160, 110};

media::Words Line(const Ink& ink, std::string text, bool large) { return {std::move(text), ink.red, ink.green, ink.blue, large}; }

}   // namespace

absl::StatusOr<std::unique_ptr<media::VideoWriter>> AnswerVideo::Reserve(const std::string& path) {
  absl::StatusOr<std::unique_ptr<media::VideoWriter>> writer = media::MakeVideoWriter(path);
  if (absl::IsInvalidArgument(writer.status()))
    return UsageError(Concat("--write-video ", std::string(writer.status().message())));
  if (!writer.ok()) return Annotate(writer.status(), "--write-video");
  return writer;
}

AnswerVideo::AnswerVideo(std::unique_ptr<media::VideoWriter> writer, double fps, const media::ModelConfig& config, int groups)
    : writer_(std::move(writer)), fps_(fps), config_(config), groups_(groups), thread_([this] { Loop(); }) {}

AnswerVideo::~AnswerVideo() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    queue_.clear();
  }
  arrived_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::vector<media::Words> AnswerVideo::WordsOf(const report::FrameRow& frame, const std::vector<media::Guess>& guesses) const {
  const bool dropped = frame.outcome == device::Outcome::kDropped;
  const Ink& ink = dropped ? kDroppedInk : frame.outcome == device::Outcome::kEdge ? kEdgeInk : kLocalInk;
  std::string answer = dropped ? "no answer" : "answered";
  if (!guesses.empty()) {
    const media::Guess& best = guesses.front();
    answer = Concat(media::LabelName(config_, best.index), "  ", std::lround(best.probability * 100), " %");
  }
  std::string how = HowText(frame, groups_);
  if (!dropped) Append(&how, ", ", FormatSeconds(frame.latency_s), frame.deadline_missed ? ", too late" : "");
  return {Line(kAnswerInk, std::move(answer), true), Line(ink, std::move(how), false)};
}

void AnswerVideo::Add(const report::FrameRow& frame, const media::Picture& picture, const std::vector<media::Guess>& guesses) {
  const size_t bytes = picture.rgb.size();
  std::unique_lock lock(mutex_);
  if (!status_.ok()) return;
  const auto full = [&] { return items_ >= kWaiting || bytes_ + bytes > kMostBytes; };
  if (full() && queue_.empty()) Enqueue(order_.GiveUp());   // then it is not the encoder that lags
  if (full()) {
    ++left_out_;
    return Enqueue(order_.Add(frame.id, std::nullopt));
  }
  lock.unlock();
  Item item{picture, WordsOf(frame, guesses)};
  lock.lock();
  bool taken = false;
  Enqueue(order_.Add(frame.id, std::move(item), &taken));
  left_out_ += taken ? 0 : 1;
  bytes_ += taken ? bytes : 0;
  items_ += taken ? 1 : 0;
}

void AnswerVideo::Enqueue(std::vector<Item> ready) {
  for (Item& item : ready) queue_.push_back(std::move(item));
  arrived_.notify_one();
}

void AnswerVideo::Loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    arrived_.wait(lock, [&] { return ended_ || !queue_.empty(); });
    if (queue_.empty()) return;
    const Item item = std::move(queue_.front());
    queue_.pop_front();
    if (status_.ok()) {
      lock.unlock();
      absl::Status written = Write(item);
      lock.lock();
      status_ = std::move(written);
    }
    bytes_ -= item.picture.rgb.size();
    --items_;
  }
}

absl::Status AnswerVideo::Write(const Item& item) {
  if (!writer_->open()) {
    canvas_ = media::CanvasFor(item.picture);
    RETURN_IF_ERROR(writer_->Open(canvas_, fps_));
  }
  ASSIGN_OR_RETURN(media::Picture drawn, media::OnCanvas(item.picture, canvas_));
  media::WriteOver(item.words, &drawn);
  return writer_->Add(drawn);
}

absl::Status AnswerVideo::Finish(bool at_once) {
  {
    const std::lock_guard lock(mutex_);
    Enqueue(order_.Flush());
    if (at_once) {
      left_out_ += static_cast<int64_t>(queue_.size());
      queue_.clear();
    }
    ended_ = true;
  }
  arrived_.notify_all();
  thread_.join();
  RETURN_IF_ERROR(status_);
  return writer_->Finish();
}

}   // namespace partway::apps
