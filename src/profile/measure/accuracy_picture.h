// One picture through all rows of an accuracy table.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "codec/codec.h"
#include "engine/group_chain.h"
#include "media/model_config.h"
#include "media/preprocess.h"
#include "media/source.h"
#include "profile/measure/accuracy_counts.h"
#include "profile/measure/accuracy_plan.h"

namespace partway::profile {

// What all threads share.
struct AccuracySubject {
  engine::GroupChain& chain;   // single-threaded segments for all groups; takes every size of the plan
  const media::ModelConfig& config;
  const AccuracyPlan& plan;
  InputSize own;   // the model's own size, which agreement refers to
};

// Not thread-safe: one per thread. The picture is resized once and the head run once per size, up to the end, keeping the values at each cut; a
// row then costs encoding, decoding and the tail, and no tail where decoding gave the same bits as the uncut model or the row before has.
class PictureEvaluator {
 public:
  explicit PictureEvaluator(const AccuracySubject& subject);

  // Gives `sink` the answers of each block from `first_block` on, in order. Stops early, with OK, when `stop` is set or `sink` returns false.
  // Errors: of the engine and the codecs.
  using Sink = std::function<bool(size_t block, std::span<const Answer> answers)>;
  absl::Status Evaluate(const media::Picture& picture, size_t first_block, const std::atomic<bool>& stop, const Sink& sink);

 private:
  struct Verdict {
    int top1 = -1;
    bool right = false, right5 = false;
  };
  // A size's uncut run.
  struct Pass {
    std::vector<std::vector<NamedTensor>> at;   // by cut: what crosses it; empty where no block needs it
    Verdict verdict;
  };
  absl::StatusOr<Pass> Run(const media::Picture& picture, InputSize size, size_t first_block);
  absl::StatusOr<Verdict> Judge(std::span<const NamedTensor> outputs, std::optional<int> label) const;
  absl::StatusOr<std::vector<Answer>> RunBlock(const media::Picture& picture, const AccuracyBlock& block, const Pass& pass,
                                               const std::atomic<bool>& stop);
  Answer AnswerOf(const Verdict& verdict, const Verdict& uncut, bool labelled) const;
  codec::Encoder& EncoderFor(const codec::CodecSpec& spec);

  const AccuracySubject subject_;
  const std::string output_;   // the model's first output, which is the classification
  const codec::PictureScale scale_;
  media::Preprocessor preprocessor_;
  std::vector<std::pair<codec::CodecSpec, codec::Encoder>> encoders_;
  codec::Decoder decoder_;
  std::string frame_;
  int reference_ = -1;   // top-1 of the picture at the model's own size
};

}   // namespace partway::profile
