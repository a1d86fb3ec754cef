#include "profile/measure/image_set.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/hash.h"
#include "base/status.h"

namespace partway::profile {
namespace {

std::string HashOf(const std::vector<media::PictureFile>& files) {
  Sha256 hash;
  for (const media::PictureFile& file : files) {
    std::error_code unreadable;
    const uintmax_t bytes = std::filesystem::file_size(file.path, unreadable);
    hash.Update(Concat(file.name, "\n", unreadable ? uintmax_t{0} : bytes, " ", file.label.value_or(-1), "\n"));
  }
  return hash.Hex();
}

// File number floor(i * count / limit) for i = 0..limit-1.
void Spread(int64_t limit, std::vector<media::PictureFile>* files) {
  const auto count = static_cast<int64_t>(files->size());
  if (limit <= 0 || limit >= count) return;
  for (int64_t i = 0; i < limit; ++i) {
    const auto from = static_cast<size_t>(static_cast<__int128>(i) * count / limit);
    if (from != static_cast<size_t>(i)) (*files)[static_cast<size_t>(i)] = std::move((*files)[from]);
  }
  files->resize(static_cast<size_t>(limit));
}

}   // namespace

absl::StatusOr<ImageSet> ChooseImages(const ImageSetOptions& options) {
  ASSIGN_OR_RETURN(media::PictureList list, media::ListPictures(options.folder, options.use_labels ? options.labels_csv : ""));
  ImageSet set{.folder = options.folder};
  const auto has_label = [](const media::PictureFile& file) { return file.label.has_value(); };
  set.labelled = options.use_labels && std::any_of(list.files.begin(), list.files.end(), has_label);
  if (options.use_labels) {
    set.passed_over = std::move(list.missing);
    if (!set.labelled && !options.labels_csv.empty())
      return InvalidArgument(options.labels_csv, ": names none of the ", list.files.size(), " pictures of ", options.folder);
  }
  for (media::PictureFile& file : list.files) {
    if (!set.labelled) {
      file.label.reset();
    } else if (!file.label) {
      set.passed_over.push_back({file.name, "it has no label, as others have"});
      continue;
    } else if (options.class_count && *file.label >= *options.class_count) {
      return InvalidArgument(list.labels_file, ":", file.label_line, ": ", file.name, " has class index ", *file.label,
                             "; the model gives ", *options.class_count, " classes, 0 to ", *options.class_count - 1);
    }
    set.files.push_back(std::move(file));
  }
  Spread(options.limit, &set.files);
  set.sha256 = HashOf(set.files);
  return set;
}

}   // namespace partway::profile
