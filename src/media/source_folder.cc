#include "media/source_folder.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <map>
#include <set>

#include "base/file.h"
#include "base/status.h"
#include "media/labels_csv.h"

namespace partway::media {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxFiles = 10'000'000;
constexpr uint64_t kMaxCsvBytes = 256 << 20;

struct Entry : PictureFile {
  bool skipped = false;
};

class PictureFiles final : public Source {
 public:
  // `missing`: pictures that a list names and that are not there.
  PictureFiles(std::string folder, std::vector<PictureFile> files, std::vector<Skipped> missing, const SourceOptions& options)
      : folder_(std::move(folder)), skipped_(std::move(missing)), repeat_(options.repeat), max_pixels_(options.max_pixels) {
    for (PictureFile& file : files) entries_.push_back({std::move(file)});
    labelled_ = std::any_of(entries_.begin(), entries_.end(), [](const Entry& e) { return e.label.has_value(); });
  }

  absl::StatusOr<std::optional<Picture>> Next() override {
    for (;;) {
      if (next_ == entries_.size()) {
        if (unreadable_ == entries_.size()) {
          const Skipped& first = skipped_[skipped_.size() - unreadable_];   // behind the missing ones
          return InvalidArgument(folder_, ": none of its ", entries_.size(), " pictures can be read; the first: ", first.name,
                                 ": ", first.reason);
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
    ++unreadable_;
    skipped_.push_back({entry.name, std::move(reason)});
  }

  std::string folder_;
  std::vector<Entry> entries_;
  std::vector<Skipped> skipped_;
  size_t next_ = 0, unreadable_ = 0;
  bool repeat_, labelled_ = false;
  int64_t max_pixels_;
};

// Gives the entries their labels; the pictures that the list names and that are none of them go to `missing`, in the list's order.
absl::Status ApplyLabels(const std::string& csv, std::vector<PictureFile>* entries, std::vector<Skipped>* missing) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(csv, kMaxCsvBytes));
  ASSIGN_OR_RETURN(const auto labels, ParseLabelsCsv(text, csv));
  std::set<std::string_view> present;
  for (PictureFile& entry : *entries) {
    present.insert(entry.name);
    const auto found = labels.find(entry.name);
    if (found == labels.end()) continue;
    entry.label = found->second.index;
    entry.label_line = found->second.line;
  }
  std::map<int, std::string_view> by_line;
  for (const auto& [name, label] : labels) {
    if (!present.contains(name)) by_line.emplace(static_cast<int>(label.line), name);
  }
  for (const auto& [line, name] : by_line)
    missing->push_back({std::string(name), Concat("line ", line, " of ", csv, " names it, but it is not there")});
  return absl::OkStatus();
}

}   // namespace

bool HasPictureExtension(const std::string& path) {
  std::string extension = fs::path(path).extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(), [](unsigned char c) { return std::tolower(c); });
  constexpr std::array<std::string_view, 6> kKnown = {".jpg", ".jpeg", ".png", ".bmp", ".webp", ".ppm"};
  return std::find(kKnown.begin(), kKnown.end(), extension) != kKnown.end();
}

absl::StatusOr<PictureList> ListPictures(const std::string& folder, const std::string& labels_csv) {
  std::error_code error;
  PictureList list;
  fs::directory_iterator at(folder, error);
  for (; !error && at != fs::directory_iterator(); at.increment(error)) {
    const std::string path = at->path().string(), name = at->path().filename().string();
    std::error_code ignored;
    // A broken link stays in: it is a picture that cannot be read. Hidden files are other tools' leftovers.
    if (name.starts_with(".") || !HasPictureExtension(name) || at->is_directory(ignored)) continue;
    if (list.files.size() == kMaxFiles) return InvalidArgument(folder, ": more than ", kMaxFiles, " pictures");
    list.files.push_back({.path = path, .name = name});
  }
  if (error) return InvalidArgument("the folder ", folder, " cannot be read: ", error.message());
  if (list.files.empty()) return InvalidArgument(folder, ": holds no picture (jpg, jpeg, png, bmp, webp, ppm)");
  std::sort(list.files.begin(), list.files.end(), [](const PictureFile& a, const PictureFile& b) { return a.name < b.name; });

  const std::string own = (fs::path(folder) / "labels.csv").string();
  list.labels_file = !labels_csv.empty() ? labels_csv : fs::exists(own, error) ? own : "";
  if (!list.labels_file.empty()) RETURN_IF_ERROR(ApplyLabels(list.labels_file, &list.files, &list.missing));
  return list;
}

absl::StatusOr<std::unique_ptr<Source>> OpenFolder(const std::string& folder, const SourceOptions& options) {
  ASSIGN_OR_RETURN(PictureList list, ListPictures(folder, options.labels_csv));
  return std::make_unique<PictureFiles>(folder, std::move(list.files), std::move(list.missing), options);
}

absl::StatusOr<std::unique_ptr<Source>> OpenOnePicture(const std::string& path, const SourceOptions& options) {
  // Read once here, so that a wrong file is an error at once and not a run of nothing.
  RETURN_IF_ERROR(ReadPicture(path, options.max_pixels).status());
  std::vector<PictureFile> entries{{.path = path, .name = fs::path(path).filename().string()}};
  std::vector<Skipped> others;   // a list of a whole folder may well name more than this one
  if (!options.labels_csv.empty()) RETURN_IF_ERROR(ApplyLabels(options.labels_csv, &entries, &others));
  return std::make_unique<PictureFiles>(path, std::move(entries), std::vector<Skipped>(), options);
}

}   // namespace partway::media
