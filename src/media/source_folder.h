// A folder of pictures in the order of their names, or one picture.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "media/source.h"

namespace partway::media {

// jpg, jpeg, png, bmp, webp, ppm, whatever their case.
bool HasPictureExtension(const std::string& path);

// A picture of a folder, not yet read.
struct PictureFile {
  std::string path, name;
  std::optional<int> label;   // class index
  int label_line = 0;         // of PictureList::labels_file, where the label stands
};

struct PictureList {
  std::vector<PictureFile> files;   // at least one, by name
  std::vector<Skipped> missing;     // named by the list of labels and not there, in its order
  std::string labels_file;          // empty: there is none
};

// For who reads the pictures on threads of their own (ReadPicture). `labels_csv` as in SourceOptions. Errors: InvalidArgument for what is no folder
// or holds no picture, and for a bad line of the labels.
absl::StatusOr<PictureList> ListPictures(const std::string& folder, const std::string& labels_csv);

absl::StatusOr<std::unique_ptr<Source>> OpenFolder(const std::string& folder, const SourceOptions& options);
absl::StatusOr<std::unique_ptr<Source>> OpenOnePicture(const std::string& path, const SourceOptions& options);

}   // namespace partway::media
