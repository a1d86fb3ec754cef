#include "media/source_folder.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <set>

#include "base/file.h"
#include "base/status.h"
#include "media/labels_csv.h"

namespace partway::media {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxFiles = 10'000'000;
constexpr uint64_t kMaxCsvBytes = 256 << 20;

struct Entry {
  std::string path, name;
  std::optional<int> label;
  bool skipped = false;
};

class PictureFiles final : public Source {
 public:
  PictureFiles(std::string folder, std::vector<Entry> entries, const SourceOptions& options)
      : folder_(std::move(folder)), entries_(std::move(entries)), repeat_(options.repeat), max_pixels_(options.max_pixels) {
    labelled_ = std::any_of(entries_.begin(), entries_.end(), [](const Entry& e) { return e.label.has_value(); });
  }

  absl::StatusOr<std::optional<Picture>> Next() override {
    for (;;) {
      if (next_ == entries_.size()) {
        if (skipped_.size() == entries_.size()) {
          return InvalidArgument(folder_, ": none of its ", entries_.size(), " pictures can be read; the first: ", skipped_[0].name, ": ", skipped_[0].reason);
        }
        if (!repeat_) return std::nullopt;
        next_ = 0;
      }
      Entry& entry = entries_[next_++];
      if (entry.skipped) continue;
      absl::StatusOr<Picture> picture = ReadPicture(entry.path, max_pixels_);
      if (!picture.ok()) {
        Skip(entry, picture.status());
        continue;
      }
      picture->name = entry.name;
      picture->label = entry.label;
      return std::optional<Picture>(*std::move(picture));
    }
  }

  SourceKind kind() const override { return SourceKind::kFolder; }
  std::optional<int64_t> pass_length() const override { return static_cast<int64_t>(entries_.size()); }
  bool labelled() const override { return labelled_; }
  const std::vector<Skipped>& skipped() const override { return skipped_; }

 private:
  void Skip(Entry& entry, const absl::Status& why) {
    std::string reason(why.message());
    if (reason.starts_with(entry.path + ": ")) reason.erase(0, entry.path.size() + 2);   // the name stands beside it already
    entry.skipped = true;
    skipped_.push_back({entry.name, std::move(reason)});
  }

  std::string folder_;
  std::vector<Entry> entries_;
  std::vector<Skipped> skipped_;
  size_t next_ = 0;
  bool repeat_, labelled_ = false;
  int64_t max_pixels_;
};

absl::Status ApplyLabels(const std::string& csv, const std::string& folder, std::vector<Entry>* entries) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(csv, kMaxCsvBytes));
  ASSIGN_OR_RETURN(const auto labels, ParseLabelsCsv(text, csv));
  std::set<std::string_view> present;
  for (Entry& entry : *entries) {
    present.insert(entry.name);
    if (const auto found = labels.find(entry.name); found != labels.end()) entry.label = found->second.index;
  }
  const std::pair<const std::string, CsvLabel>* first = nullptr;   // of those without a picture, by line
  for (const auto& label : labels) {
    if (!present.contains(label.first) && (first == nullptr || label.second.line < first->second.line)) first = &label;
  }
  if (first == nullptr) return absl::OkStatus();
  return InvalidArgument(csv, ":", first->second.line, ": label for '", first->first, "', but ", folder, " has no such picture");
}

}  // namespace

bool HasPictureExtension(const std::string& path) {
  std::string extension = fs::path(path).extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(), [](unsigned char c) { return std::tolower(c); });
  constexpr std::array<std::string_view, 6> kKnown = {".jpg", ".jpeg", ".png", ".bmp", ".webp", ".ppm"};
  return std::find(kKnown.begin(), kKnown.end(), extension) != kKnown.end();
}

absl::StatusOr<std::unique_ptr<Source>> OpenFolder(const std::string& folder, const SourceOptions& options) {
  std::error_code error;
  std::vector<Entry> entries;
  fs::directory_iterator at(folder, error);
  for (; !error && at != fs::directory_iterator(); at.increment(error)) {
    const std::string path = at->path().string(), name = at->path().filename().string();
    std::error_code ignored;
    // A broken link stays in: it is a picture that cannot be read. Hidden files are other tools' leftovers.
    if (name.starts_with(".") || !HasPictureExtension(name) || at->is_directory(ignored)) continue;
    if (entries.size() == kMaxFiles) return InvalidArgument(folder, ": more than ", kMaxFiles, " pictures");
    entries.push_back({.path = path, .name = name});
  }
  if (error) return InvalidArgument(folder, ": ", error.message());
  if (entries.empty()) return InvalidArgument(folder, ": holds no picture (jpg, jpeg, png, bmp, webp, ppm)");
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.name < b.name; });

  const std::string own = (fs::path(folder) / "labels.csv").string();
  if (!options.labels_csv.empty()) {
    RETURN_IF_ERROR(ApplyLabels(options.labels_csv, folder, &entries));
  } else if (fs::exists(own, error)) {
    RETURN_IF_ERROR(ApplyLabels(own, folder, &entries));
  }
  return std::make_unique<PictureFiles>(folder, std::move(entries), options);
}

absl::StatusOr<std::unique_ptr<Source>> OpenOnePicture(const std::string& path, const SourceOptions& options) {
  // Read once here, so that a wrong file is an error at once and not a run of nothing.
  RETURN_IF_ERROR(ReadPicture(path, options.max_pixels).status());
  std::vector<Entry> entries{{.path = path, .name = fs::path(path).filename().string()}};
  if (!options.labels_csv.empty()) RETURN_IF_ERROR(ApplyLabels(options.labels_csv, path, &entries));
  return std::make_unique<PictureFiles>(path, std::move(entries), options);
}

}  // namespace partway::media
