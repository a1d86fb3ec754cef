#include <utility>

#include "apps/demo_report.h"
#include "apps/load_model.h"
#include "base/file.h"
#include "base/status.h"
#include "media/jpeg.h"
#include "media/preprocess.h"
#include "report/html_report.h"

namespace partway::apps {
namespace {

constexpr int kThumbnailEdge = 160;
constexpr int kThumbnailQuality = 80;
constexpr size_t kAnswersShown = 3;

absl::StatusOr<std::string> Thumbnail(const std::string& path) {
  ASSIGN_OR_RETURN(const media::Picture picture, media::ReadPicture(path));
  ASSIGN_OR_RETURN(const media::Picture small, media::Resize(picture, kThumbnailEdge, kThumbnailEdge));
  return media::EncodeJpeg(small, kThumbnailQuality);
}

std::string Words(const DemoReport& report, int index) {
  return media::LabelName(media::ModelConfig{.labels = report.labels}, index);
}

}   // namespace

absl::Status WriteDemoPage(const DemoReport& report, const std::string& folder) {
  report::ReportInput input;
  input.title = "Partway demo: EfficientNet-Lite0 on a device, a link that changes, and an edge";
  input.loop = report.loop;
  ASSIGN_OR_RETURN(report::RunRecord record, report::ReadRecord(report.record_path));
  input.runs.push_back(std::move(record));
  for (const DemoPhoto& photo : report.photos) {
    report::PhotoAnswer answer;
    answer.name = photo.name;
    ASSIGN_OR_RETURN(answer.jpeg, Thumbnail(ShareDir() + "/photos/" + photo.name));
    if (photo.label) answer.truth = Words(report, *photo.label);
    for (size_t i = 0; i < photo.guesses.size() && i < kAnswersShown; ++i) {
      answer.answers.push_back({Words(report, photo.guesses[i].index), photo.guesses[i].probability});
    }
    if (photo.label && !photo.guesses.empty()) answer.correct = photo.guesses.front().index == *photo.label;
    input.photos.push_back(std::move(answer));
  }
  return WriteFileAtomically(folder + "/report.html", report::RenderHtml(input));
}

}   // namespace partway::apps
