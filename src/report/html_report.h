// Run records as one self-contained page: no script, no font, nothing fetched. It opens from disk, reads in light, dark and in
// print, and every chart has a table with the same numbers. Text from records, labels and file names is escaped.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "report/loop_story.h"
#include "report/run_record.h"

namespace partway::report {

// A picture of the run with what was said about it.
struct PhotoAnswer {
  std::string name;    // "snail.jpg"
  std::string jpeg;    // a thumbnail's JPEG bytes, some 240 pixels wide; empty: no picture is shown
  std::string truth;   // the label's words; empty where there is none
  struct Answer {
    std::string words;                   // "snail"
    std::optional<double> probability;   // 0..1
  };
  std::vector<Answer> answers;   // best first
  std::optional<bool> correct;
  std::string where;   // "cut 3, tail on the edge"; may be empty
};

struct ReportInput {
  std::optional<LoopStory> loop;   // shown first
  std::vector<RunRecord> runs;     // shown in this order; frames of one run are grouped by cut
  std::vector<PhotoAnswer> photos;
  std::string title;   // empty: made from the model's name
};

// Thread-safe, cannot fail; a page for a run without frames says so.
std::string RenderHtml(const ReportInput& input);

}   // namespace partway::report
