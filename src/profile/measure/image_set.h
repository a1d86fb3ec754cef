// Which pictures of a folder a measurement takes: the labelled ones where there are labels, at most so many, always the same.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "media/source_folder.h"

namespace partway::profile {

struct ImageSetOptions {
  std::string folder;
  std::string labels_csv;               // instead of the folder's labels.csv
  bool use_labels = true;               // false: labels are not looked at
  int64_t limit = 0;                    // 0: all; else so many, evenly spread over the folder, since names often go by class
  std::optional<int64_t> class_count;   // labels must lie below
};

struct ImageSet {
  std::string folder;
  std::vector<media::PictureFile> files;     // by name
  std::vector<media::Skipped> passed_over;   // without a label where others have one; named by the labels and not there
  bool labelled = false;                     // then every file has a label
  std::string sha256;                        // of names, sizes in bytes and labels: the same set again
};

// Reads the folder and the labels, no picture. Errors: of media::ListPictures; InvalidArgument "FILE:line: ..." for a label beyond the classes, and for a list of
// labels that was asked for and names no picture of the folder. Thread-safe.
absl::StatusOr<ImageSet> ChooseImages(const ImageSetOptions& options);

}   // namespace partway::profile
