#include "profile/measure/accuracy_run.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "base/quantity.h"
#include "base/status.h"
#include "profile/concave_fit.h"
#include "profile/measure/parallel.h"

namespace partway::profile {
namespace {

// A plan is the product of these.
JournalSettings SettingsOf(const AccuracyPlan& plan) {
  std::string sizes, cuts, codecs;
  const auto add = [](std::string* list, const std::string& item) {
    const std::string among = Concat(",", *list, ",");
    if (among.find(Concat(",", item, ",")) == std::string::npos) Append(list, list->empty() ? "" : ",", item);
  };
  for (const AccuracyBlock& block : plan.blocks) {
    add(&sizes, SizeText(block.size.height, block.size.width));
    if (block.cut >= 0) add(&cuts, Concat(block.cut));
    for (const codec::CodecSpec& spec : block.codecs) add(&codecs, CodecName(spec));
  }
  return {{"choice of sizes", sizes}, {"choice of cuts", cuts}, {"choice of codecs", codecs}};
}

// The evaluation as its threads see it.
class Evaluation {
 public:
  Evaluation(const AccuracySubject& subject, const ImageSet& images, const std::function<void(int64_t)>& progress,
             const std::atomic<bool>& stop)
      : subject_(subject),
        images_(images),
        progress_(progress),
        stop_(stop),
        counts_(subject.plan),
        next_block_(images.files.size(), 0) {}

  absl::Status OpenJournal(const AccuracyOptions& options) {
    if (options.journal_path.empty()) return absl::OkStatus();
    JournalSettings settings = options.settings;
    settings.emplace_back("set of images", images_.sha256);
    for (auto& setting : SettingsOf(subject_.plan)) settings.push_back(std::move(setting));
    absl::StatusOr<AccuracyJournal> journal = AccuracyJournal::Open(
        options.journal_path, settings, subject_.plan, static_cast<int64_t>(images_.files.size()),
        [this](int64_t picture, size_t block, std::span<const Answer> answers) {
          if (next_block_[static_cast<size_t>(picture)] != block)
            return InvalidArgument("picture ", picture, " has block ", block, " where ",
                                   next_block_[static_cast<size_t>(picture)], " was expected");
          Count(static_cast<size_t>(picture), block, answers);
          return absl::OkStatus();
        },
        options.journal_bytes);
    if (!journal.ok()) return journal.status();
    journal_ = *std::move(journal);
    if (rows_done_ > 0 && progress_) progress_(rows_done_);
    return absl::OkStatus();
  }

  absl::Status Run(int threads) {
    std::vector<std::optional<PictureEvaluator>> evaluators(static_cast<size_t>(std::max(threads, 1)));
    return ParallelFor(images_.files.size(), threads, stop_, [&](size_t picture, size_t thread) {
      if (next_block_[picture] == subject_.plan.blocks.size()) return absl::OkStatus();
      if (!evaluators[thread]) evaluators[thread].emplace(subject_);
      absl::Status status = EvaluateOne(*evaluators[thread], picture);
      if (!status.ok()) halt_ = true;
      return status;
    });
  }

  absl::StatusOr<AccuracyResult> Finish() {
    AccuracyResult result;
    for (const size_t next : next_block_) result.pictures_done += next == subject_.plan.blocks.size();
    for (auto& [index, reason] : unreadable_) result.skipped.push_back({images_.files[index].name, std::move(reason)});
    result.journal_full = journal_ && journal_->full();
    result.finished = static_cast<size_t>(result.pictures_done) + unreadable_.size() == images_.files.size();
    if (!result.finished) return result;
    if (result.pictures_done == 0) {
      return InvalidArgument(images_.folder, ": none of its ", images_.files.size(),
                             " pictures can be read; the first: ", result.skipped.front().name, ": ",
                             result.skipped.front().reason);
    }
    result.table = counts_.Table(images_.labelled);
    ASSIGN_OR_RETURN(result.table.fit, FitOf(result.table));
    result.table.images = images_.folder;
    result.table.model = subject_.chain.grouping().graph->model->name;
    result.table.model_sha256 = subject_.chain.grouping().graph->model->sha256;
    if (subject_.plan.has_cuts()) result.table.grouping = subject_.chain.grouping().fingerprint;
    return result;
  }

 private:
  absl::Status EvaluateOne(PictureEvaluator& evaluator, size_t index) {
    const media::PictureFile& file = images_.files[index];
    absl::StatusOr<media::Picture> picture = media::ReadPicture(file.path);
    if (!picture.ok()) {
      std::string reason(picture.status().message());
      if (reason.starts_with(file.path + ": ")) reason.erase(0, file.path.size() + 2);
      if (next_block_[index] > 0)
        return InvalidArgument(file.path, ": was read before the interruption and no longer can be: ", reason);
      const std::lock_guard lock(mutex_);
      unreadable_.emplace(index, std::move(reason));
      return absl::OkStatus();
    }
    picture->name = file.name;
    picture->label = file.label;
    absl::Status written;
    const absl::Status status =
        evaluator.Evaluate(*picture, next_block_[index], stop_, [&](size_t block, std::span<const Answer> answers) {
          const std::lock_guard lock(mutex_);
          if (journal_) written = journal_->Append(static_cast<int64_t>(index), block, answers);
          if (!written.ok() || halt_) return false;
          Count(index, block, answers);
          if (progress_) progress_(rows_done_);
          return true;
        });
    if (!status.ok()) return Annotate(status, file.name);
    return written;
  }

  void Count(size_t picture, size_t block, std::span<const Answer> answers) {
    counts_.Add(block, answers, images_.labelled);
    next_block_[picture] = block + 1;
    rows_done_ += static_cast<int64_t>(answers.size());
  }

  const AccuracySubject& subject_;
  const ImageSet& images_;
  const std::function<void(int64_t)>& progress_;
  const std::atomic<bool>& stop_;
  std::atomic<bool> halt_{false};   // one thread failed; the others leave their pictures

  std::mutex mutex_;   // guards what follows, but for next_block_[i], which belongs to the thread that has picture i
  std::optional<AccuracyJournal> journal_;
  AccuracyCounts counts_;
  std::map<size_t, std::string> unreadable_;
  int64_t rows_done_ = 0;
  std::vector<size_t> next_block_;
};

}   // namespace

absl::StatusOr<AccuracyResult> MeasureAccuracy(const AccuracySubject& subject, const ImageSet& images,
                                               const AccuracyOptions& options, const std::function<void(int64_t)>& progress,
                                               const std::atomic<bool>& stop) {
  Evaluation evaluation(subject, images, progress, stop);
  RETURN_IF_ERROR(evaluation.OpenJournal(options));
  const absl::Status status = evaluation.Run(options.threads);
  if (!status.ok() && !absl::IsCancelled(status)) return status;
  return evaluation.Finish();
}

}   // namespace partway::profile
