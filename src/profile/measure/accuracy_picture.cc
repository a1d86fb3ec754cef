#include "profile/measure/accuracy_picture.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/status.h"
#include "media/classify.h"

namespace partway::profile {
namespace {

constexpr size_t kTopFive = 5;

bool SameBits(std::span<const NamedTensor> a, std::span<const NamedTensor> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const NamedTensor& x, const NamedTensor& y) {
    const Tensor &s = x.tensor, &t = y.tensor;
    return x.name == y.name && s.dtype() == t.dtype() && s.shape() == t.shape() && s.byte_size() == t.byte_size() &&
           std::memcmp(s.data(), t.data(), s.byte_size()) == 0;
  });
}

const std::string& FirstOutput(const graph::OpGraph& graph) { return graph.values[graph.outputs.front()].name; }

}   // namespace

PictureEvaluator::PictureEvaluator(const AccuracySubject& subject)
    : subject_(subject),
      output_(FirstOutput(*subject.chain.grouping().graph)),
      scale_{subject.config.mean, subject.config.std},
      preprocessor_(subject.config) {}

absl::StatusOr<PictureEvaluator::Verdict> PictureEvaluator::Judge(std::span<const NamedTensor> outputs,
                                                                  std::optional<int> label) const {
  const auto found = std::find_if(outputs.begin(), outputs.end(), [&](const NamedTensor& t) { return t.name == output_; });
  if (found == outputs.end()) return InternalError("the output '", output_, "' was not computed");
  ASSIGN_OR_RETURN(const std::vector<media::Guess> guesses, media::TopK(found->tensor, subject_.config.kind, kTopFive));
  Verdict verdict{.top1 = guesses.front().index};
  verdict.right = label && verdict.top1 == *label;
  verdict.right5 = label && std::any_of(guesses.begin(), guesses.end(), [&](const media::Guess& g) { return g.index == *label; });
  return verdict;
}

absl::StatusOr<PictureEvaluator::Pass> PictureEvaluator::Run(const media::Picture& picture, InputSize size, size_t first_block) {
  engine::GroupChain& chain = subject_.chain;
  const int groups = chain.size();
  Pass pass;
  pass.at.resize(static_cast<size_t>(groups));
  std::vector<int> stops;   // where the run pauses: ascending, the end included
  for (size_t b = first_block; b < subject_.plan.blocks.size() && subject_.plan.blocks[b].size == size; ++b) {
    if (subject_.plan.blocks[b].cut >= 0) stops.push_back(subject_.plan.blocks[b].cut);
  }
  stops.push_back(groups);

  ASSIGN_OR_RETURN(Tensor input, preprocessor_.ToInput(picture, size.height, size.width));
  const graph::OpGraph& graph = *chain.grouping().graph;
  std::vector<NamedTensor> live = {{graph.values[graph.inputs.front()].name, std::move(input)}};
  int from = 0;
  for (const int stop : stops) {
    if (from < stop) {
      std::vector<NamedTensor> made;
      RETURN_IF_ERROR(chain.Run(from, stop, live, made));
      // What later groups still read stays, and so does an answer that comes before the last group.
      const std::vector<std::string>* needed = stop < groups ? &chain.InputNames(stop, groups) : nullptr;
      std::erase_if(live, [&](const NamedTensor& t) {
        const bool read = needed != nullptr && std::find(needed->begin(), needed->end(), t.name) != needed->end();
        return !read && t.name != output_;
      });
      for (NamedTensor& t : made) live.push_back(std::move(t));
    }
    if (stop < groups) {
      for (const std::string& name : chain.InputNames(stop, groups)) {
        for (const NamedTensor& t : live) {
          if (t.name == name) pass.at[static_cast<size_t>(stop)].push_back(t);
        }
      }
    }
    from = stop;
  }
  ASSIGN_OR_RETURN(pass.verdict, Judge(live, picture.label));
  return pass;
}

codec::Encoder& PictureEvaluator::EncoderFor(const codec::CodecSpec& spec) {
  for (auto& [known, encoder] : encoders_) {
    if (known == spec) return encoder;
  }
  return encoders_.emplace_back(spec, codec::Encoder(spec)).second;
}

Answer PictureEvaluator::AnswerOf(const Verdict& verdict, const Verdict& uncut, bool labelled) const {
  return {.top1 = verdict.right,
          .top5 = verdict.right5,
          .agrees = verdict.top1 == reference_,
          .uncut = labelled ? uncut.right : uncut.top1 == reference_};
}

absl::StatusOr<std::vector<Answer>> PictureEvaluator::RunBlock(const media::Picture& picture, const AccuracyBlock& block,
                                                               const Pass& pass, const std::atomic<bool>& stop) {
  const bool labelled = picture.label.has_value();
  std::vector<Answer> answers;
  if (block.cut < 0) {
    answers.push_back(AnswerOf(pass.verdict, pass.verdict, labelled));
    return answers;
  }
  const std::vector<NamedTensor>& sent = pass.at[static_cast<size_t>(block.cut)];
  std::vector<NamedTensor> before;   // of the row before, where a tail was run
  Verdict before_verdict;
  for (const codec::CodecSpec& spec : block.codecs) {
    if (stop) break;
    const std::string where = Concat(CodecName(spec), " at cut ", block.cut);
    if (absl::Status status = EncoderFor(spec).Encode(sent, block.cut == 0 ? &scale_ : nullptr, &frame_); !status.ok())
      return Annotate(status, where);
    absl::StatusOr<std::vector<NamedTensor>> decoded =
        decoder_.Decode({reinterpret_cast<const std::byte*>(frame_.data()), frame_.size()});
    if (!decoded.ok()) return Annotate(decoded.status(), where);
    Verdict verdict = pass.verdict;
    if (!SameBits(*decoded, sent)) {
      if (before.empty() || !SameBits(*decoded, before)) {
        std::vector<NamedTensor> outputs;
        RETURN_IF_ERROR(subject_.chain.Run(block.cut, subject_.chain.size(), *decoded, outputs));
        const bool answered =
            std::any_of(outputs.begin(), outputs.end(), [&](const NamedTensor& t) { return t.name == output_; });
        before_verdict = pass.verdict;   // an answer that the head gave stays
        if (answered) {
          ASSIGN_OR_RETURN(before_verdict, Judge(outputs, picture.label));
        }
        before = *std::move(decoded);
      }
      verdict = before_verdict;
    }
    answers.push_back(AnswerOf(verdict, pass.verdict, labelled));
    answers.back().bytes = static_cast<int64_t>(frame_.size());
  }
  return answers;
}

absl::Status PictureEvaluator::Evaluate(const media::Picture& picture, size_t first_block, const std::atomic<bool>& stop,
                                        const Sink& sink) {
  const std::vector<AccuracyBlock>& blocks = subject_.plan.blocks;
  reference_ = -1;
  const auto own_pass_comes = [&] { return first_block < blocks.size() && blocks[first_block].size == subject_.own; };
  if (!own_pass_comes()) {
    ASSIGN_OR_RETURN(const Pass own, Run(picture, subject_.own, blocks.size()));
    reference_ = own.verdict.top1;
  }
  std::optional<Pass> pass;
  for (size_t b = first_block; b < blocks.size(); ++b) {
    if (stop) return absl::OkStatus();
    if (!pass || blocks[b].size != blocks[b - 1].size) {
      ASSIGN_OR_RETURN(pass, Run(picture, blocks[b].size, b));
      if (blocks[b].size == subject_.own) reference_ = pass->verdict.top1;
    }
    ASSIGN_OR_RETURN(const std::vector<Answer> answers, RunBlock(picture, blocks[b], *pass, stop));
    if (answers.size() < blocks[b].codecs.size()) return absl::OkStatus();   // stopped
    if (!sink(b, answers)) return absl::OkStatus();
  }
  return absl::OkStatus();
}

}   // namespace partway::profile
