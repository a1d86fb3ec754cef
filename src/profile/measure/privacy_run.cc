#include "profile/measure/privacy_run.h"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <optional>
#include <utility>

#include "base/status.h"
#include "codec/codec.h"
#include "media/preprocess.h"
#include "profile/measure/parallel.h"
#include "profile/measure/privacy_score.h"
#include "profile/measure/sent_features.h"

namespace partway::profile {
namespace {

constexpr int kPictureEdge = 32;   // pixels: of the pictures that are compared and rebuilt
constexpr size_t kPixels = size_t{kPictureEdge} * kPictureEdge;

codec::CodecSpec CodecAt(int cut, const codec::CodecSpec& asked) {
  return cut == 0 && !asked.pictures_only() ? codec::CodecSpec() : asked;
}

// A small picture in colour, and its luma (ITU-R BT.601, as JPEG has it).
absl::Status FillSmall(const media::Picture& picture, std::span<float> rgb, std::span<float> grey) {
  ASSIGN_OR_RETURN(const media::Picture small, media::Resize(picture, kPictureEdge, kPictureEdge));
  std::copy(small.rgb.begin(), small.rgb.end(), rgb.begin());
  for (size_t i = 0; i < kPixels; ++i) grey[i] = 0.299f * rgb[3 * i] + 0.587f * rgb[3 * i + 1] + 0.114f * rgb[3 * i + 2];
  return absl::OkStatus();
}

// Cuts whose rows fit into memory together.
struct FeaturePass {
  std::vector<FeatureLayout> cuts;
  std::vector<std::vector<float>> rows;   // by cut: n rows
  std::vector<int64_t> bytes;             // by cut: encoded, of all pictures; guarded while it is filled
};

class PrivacyMeasurement {
 public:
  PrivacyMeasurement(const PrivacySubject& subject, const ImageSet& images, const PrivacyOptions& options,
                     const std::function<void(int64_t, int64_t)>& progress, const std::atomic<bool>& stop)
      : subject_(subject), images_(images), options_(options), progress_(progress), stop_(stop) {}

  absl::StatusOr<PrivacyResult> Run() {
    RETURN_IF_ERROR(ReadPictures());
    ASSIGN_OR_RETURN(std::vector<FeaturePass> passes, PlanPasses());
    total_ = static_cast<int64_t>(passes.size() * files_.size());
    const PrivacySplit split = SplitPictures(files_.size(), options_.seed);
    PrivacyTable& table = result_.table;
    ASSIGN_OR_RETURN(const Reconstruction baseline, ScoreBaseline(pictures_, split));
    table.baseline_psnr_db = baseline.psnr_db;
    table.baseline_ssim = baseline.ssim;
    ASSIGN_OR_RETURN(const int scorers, Scorers());
    PrivacyRow control;
    std::vector<float> nothing_hidden = pictures_.grey;
    RETURN_IF_ERROR(ScoreFeatures(pictures_, split, nothing_hidden, stop_, &control));
    table.control_ssim = control.ssim;
    for (FeaturePass& pass : passes) {
      RETURN_IF_ERROR(FillPass(&pass));
      std::vector<PrivacyRow> rows(pass.cuts.size());
      RETURN_IF_ERROR(ParallelFor(rows.size(), scorers, stop_, [&](size_t i, size_t) {
        const FeatureLayout& layout = pass.cuts[i];
        rows[i] = {.cut = layout.cut,
                   .codec = CodecName(CodecAt(layout.cut, options_.codec)),
                   .bytes = static_cast<double>(pass.bytes[i]) / static_cast<double>(files_.size()),
                   .features = layout.count,
                   .averaged = layout.averaged};
        return ScoreFeatures(pictures_, split, pass.rows[i], stop_, &rows[i]);
      }));
      table.rows.insert(table.rows.end(), rows.begin(), rows.end());
      pass.rows = {};
    }
    const graph::Grouping& grouping = subject_.chain.grouping();
    table.model = grouping.graph->model->name;
    table.model_sha256 = grouping.graph->model->sha256;
    table.grouping = grouping.fingerprint;
    table.images = images_.folder;
    table.height = options_.size.height;
    table.width = options_.size.width;
    table.codec = CodecName(options_.codec);
    table.n = static_cast<int64_t>(files_.size());
    table.train = static_cast<int64_t>(split.train.size());
    table.validation = static_cast<int64_t>(split.validation.size());
    table.test = static_cast<int64_t>(split.test.size());
    table.seed = options_.seed;
    table.picture_edge = kPictureEdge;
    return std::move(result_);
  }

 private:
  // The small pictures, and which files can be read at all.
  absl::Status ReadPictures() {
    const size_t count = images_.files.size();
    if (count > kMostPictures)
      return InvalidArgument(images_.folder, ": ", count, " pictures; at most ", kMostPictures,
                             " are compared with each other (--limit)");
    std::vector<float> rgb(count * 3 * kPixels), grey(count * kPixels);
    std::vector<std::string> reasons(count);
    RETURN_IF_ERROR(ParallelFor(count, options_.threads, stop_, [&](size_t i, size_t) {
      const absl::StatusOr<media::Picture> picture = media::ReadPicture(images_.files[i].path);
      if (!picture.ok()) {
        reasons[i] = std::string(picture.status().message());
        return absl::OkStatus();
      }
      return FillSmall(*picture, std::span(rgb).subspan(i * 3 * kPixels, 3 * kPixels),
                       std::span(grey).subspan(i * kPixels, kPixels));
    }));
    for (size_t i = 0; i < count; ++i) {
      if (!reasons[i].empty()) {
        result_.skipped.push_back({images_.files[i].name, reasons[i]});
        continue;
      }
      const size_t to = files_.size();
      std::copy_n(rgb.begin() + ptrdiff_t(i * 3 * kPixels), 3 * kPixels, rgb.begin() + ptrdiff_t(to * 3 * kPixels));
      std::copy_n(grey.begin() + ptrdiff_t(i * kPixels), kPixels, grey.begin() + ptrdiff_t(to * kPixels));
      files_.push_back(&images_.files[i]);
    }
    if (files_.size() < kFewestPictures) {
      return InvalidArgument(
          images_.folder, ": ", files_.size(), " pictures that can be read; at least ", kFewestPictures, " are needed",
          result_.skipped.empty() ? ""
                                  : Concat("; skipped ", result_.skipped.front().name, ": ", result_.skipped.front().reason));
    }
    rgb.resize(files_.size() * 3 * kPixels);
    grey.resize(files_.size() * kPixels);
    SquareMatrix gram(files_.size());
    FillGram(rgb, 0, files_.size(), &gram);
    pictures_ = {.edge = kPictureEdge, .grey = std::move(grey), .distances = DistancesFromGram(gram)};
    return absl::OkStatus();
  }

  // How many cuts may be scored at once.
  absl::StatusOr<int> Scorers() const {
    const int64_t each = ScoreBytes(static_cast<int64_t>(files_.size()), kPictureEdge);
    if (each > options_.matrix_bytes) {
      return ResourceExhausted(files_.size(), " pictures need ", each, " bytes to be compared with each other, more than the ",
                               options_.matrix_bytes, " allowed; take fewer (--limit)");
    }
    return static_cast<int>(std::min<int64_t>(std::max(options_.threads, 1), options_.matrix_bytes / each));
  }

  absl::StatusOr<std::vector<FeaturePass>> PlanPasses() const {
    const auto n = static_cast<int64_t>(files_.size());
    std::vector<FeaturePass> passes;
    int64_t bytes = 0;
    for (const int cut : options_.cuts) {
      ASSIGN_OR_RETURN(FeatureLayout layout, LayoutAt(subject_.chain, subject_.types, cut, options_.feature_bytes / n));
      const int64_t needed = n * layout.count * static_cast<int64_t>(sizeof(float));
      if (passes.empty() || bytes + needed > options_.feature_bytes) {
        passes.emplace_back();
        bytes = 0;
      }
      bytes += needed;
      passes.back().cuts.push_back(std::move(layout));
    }
    return passes;
  }

  // What one thread keeps from picture to picture.
  struct Worker {
    media::Preprocessor preprocessor;
    codec::Encoder first, others;   // cut 0, and those inside
    codec::Decoder decoder;
    std::string frame;
  };

  absl::Status FillPass(FeaturePass* pass) {
    for (const FeatureLayout& layout : pass->cuts) pass->rows.emplace_back(files_.size() * static_cast<size_t>(layout.count));
    pass->bytes.assign(pass->cuts.size(), 0);
    std::vector<std::optional<Worker>> workers(static_cast<size_t>(std::max(options_.threads, 1)));
    return ParallelFor(files_.size(), options_.threads, stop_, [&](size_t i, size_t thread) {
      std::optional<Worker>& worker = workers[thread];
      if (!worker) {
        worker.emplace(Worker{media::Preprocessor(subject_.config), codec::Encoder(CodecAt(0, options_.codec)),
                              codec::Encoder(options_.codec), codec::Decoder(), std::string()});
      }
      RETURN_IF_ERROR(Annotate(FillPicture(i, &*worker, pass), files_[i]->name));
      const std::lock_guard lock(mutex_);
      if (progress_) progress_(++done_, total_);
      return absl::OkStatus();
    });
  }

  absl::Status FillPicture(size_t index, Worker* worker, FeaturePass* pass) {
    const graph::OpGraph& graph = *subject_.chain.grouping().graph;
    ASSIGN_OR_RETURN(const media::Picture picture, media::ReadPicture(files_[index]->path));
    ASSIGN_OR_RETURN(Tensor input, worker->preprocessor.ToInput(picture, options_.size.height, options_.size.width));
    std::vector<NamedTensor> live = {{graph.values[graph.inputs.front()].name, std::move(input)}};
    int from = 0;
    for (size_t c = 0; c < pass->cuts.size(); ++c) {
      const FeatureLayout& layout = pass->cuts[c];
      if (layout.cut > from) {
        std::vector<NamedTensor> made;
        RETURN_IF_ERROR(subject_.chain.Run(from, layout.cut, live, made));
        for (NamedTensor& value : made) live.push_back(std::move(value));
        from = layout.cut;
      }
      std::vector<NamedTensor> sent;
      for (const TensorSpec& spec : layout.values) {
        for (const NamedTensor& value : live) {
          if (value.name == spec.name) sent.push_back(value);
        }
      }
      live = sent;   // what later groups read from before this cut crosses it too
      const codec::PictureScale scale{subject_.config.mean, subject_.config.std};
      codec::Encoder& encoder = layout.cut == 0 ? worker->first : worker->others;
      RETURN_IF_ERROR(encoder.Encode(sent, layout.cut == 0 ? &scale : nullptr, &worker->frame));
      ASSIGN_OR_RETURN(const std::vector<NamedTensor> decoded,
                       worker->decoder.Decode({reinterpret_cast<const std::byte*>(worker->frame.data()), worker->frame.size()}));
      const auto length = static_cast<size_t>(layout.count);
      RETURN_IF_ERROR(FillRow(layout, decoded, std::span(pass->rows[c]).subspan(index * length, length)));
      const std::lock_guard lock(mutex_);
      pass->bytes[c] += static_cast<int64_t>(worker->frame.size());
    }
    return absl::OkStatus();
  }

  const PrivacySubject& subject_;
  const ImageSet& images_;
  const PrivacyOptions& options_;
  const std::function<void(int64_t, int64_t)>& progress_;
  const std::atomic<bool>& stop_;
  std::mutex mutex_;
  int64_t done_ = 0, total_ = 0;   // done_ guarded
  std::vector<const media::PictureFile*> files_;
  PrivacyPictures pictures_;
  PrivacyResult result_;
};

}   // namespace

absl::StatusOr<PrivacyResult> MeasurePrivacy(const PrivacySubject& subject, const ImageSet& images, const PrivacyOptions& options,
                                             const std::function<void(int64_t, int64_t)>& progress,
                                             const std::atomic<bool>& stop) {
  return PrivacyMeasurement(subject, images, options, progress, stop).Run();
}

}   // namespace partway::profile
