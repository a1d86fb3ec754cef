// The video of a run with its answers written over the pictures: label and probability, where and how the frame was answered, how long that took. Frames stand in
// the order of capture although they end in another: at most kWaiting of them (and kMostBytes of pictures) wait for one that is missing or for the encoder, which
// has a thread of its own. When there is room for no more, those that are missing are given up and the new one is left out; either is counted.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "apps/frame_order.h"
#include "media/classify.h"
#include "media/model_config.h"
#include "media/overlay.h"
#include "media/source.h"
#include "media/video_writer.h"
#include "report/run_record.h"

namespace partway::apps {

class AnswerVideo {
 public:
  static constexpr size_t kWaiting = 192, kMostBytes = size_t{256} << 20;

  // Keeps the file's place, before anything else is done. Errors: of media::MakeVideoWriter, as usage errors where the name is at fault.
  static absl::StatusOr<std::unique_ptr<media::VideoWriter>> Reserve(const std::string& path);
  // `fps` of the video: the source's pace. `config` outlives it.
  AnswerVideo(std::unique_ptr<media::VideoWriter> writer, double fps, const media::ModelConfig& config, int groups);
  ~AnswerVideo();   // without Finish nothing is left
  AnswerVideo(const AnswerVideo&) = delete;
  AnswerVideo& operator=(const AnswerVideo&) = delete;

  // A frame's end; ids count from 0 in the order of capture. Returns at once. One thread.
  void Add(const report::FrameRow& frame, const media::Picture& picture, const std::vector<media::Guess>& guesses);
  // Writes what waits (not `at_once`: it is left out) and ends the file. Once. Errors: of the writer.
  absl::Status Finish(bool at_once);
  int64_t left_out() const { return left_out_; }   // after Finish

 private:
  struct Item {
    media::Picture picture;
    std::vector<media::Words> words;
  };
  void Loop();
  void Enqueue(std::vector<Item> ready);   // holds mutex_
  absl::Status Write(const Item& item);
  std::vector<media::Words> WordsOf(const report::FrameRow& frame, const std::vector<media::Guess>& guesses) const;

  const std::unique_ptr<media::VideoWriter> writer_;   // the thread's, then Finish's
  const double fps_;
  const media::ModelConfig& config_;
  const int groups_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  FrameOrder<Item> order_{kWaiting};
  std::deque<Item> queue_;         // whose turn it is
  size_t bytes_ = 0, items_ = 0;   // of pictures in both, and under work
  bool ended_ = false;
  int64_t left_out_ = 0;
  absl::Status status_;        // of the thread's writing
  media::CanvasSize canvas_;   // the thread's
  std::thread thread_;         // last: it uses all of the above
};

}   // namespace partway::apps
