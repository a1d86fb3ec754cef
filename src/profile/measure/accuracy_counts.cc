#include "profile/measure/accuracy_counts.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <tuple>

namespace partway::profile {
namespace {

double Share(int64_t count, int64_t n) { return static_cast<double>(count) / static_cast<double>(n); }
double ShareError(int64_t count, int64_t n) {
  const double p = Share(count, n);
  return std::sqrt(p * (1 - p) / static_cast<double>(n));
}

}   // namespace

AccuracyCounts::AccuracyCounts(const AccuracyPlan& plan) : plan_(plan) {
  for (const AccuracyBlock& block : plan.blocks) rows_.emplace_back(block.codecs.size());
}

void AccuracyCounts::Add(size_t block, std::span<const Answer> answers, bool labelled) {
  assert(answers.size() == rows_[block].size());
  for (size_t i = 0; i < answers.size(); ++i) {
    const Answer& answer = answers[i];
    Row& row = rows_[block][i];
    const bool good = labelled ? answer.top1 : answer.agrees;
    row.n += 1;
    row.top1 += answer.top1;
    row.top5 += answer.top5;
    row.agreed += answer.agrees;
    row.gained += good && !answer.uncut;
    row.lost += !good && answer.uncut;
    row.bytes += answer.bytes;
  }
}

AccuracyTable AccuracyCounts::Table(bool labelled) const {
  AccuracyTable table{.labelled = labelled};
  for (size_t b = 0; b < rows_.size(); ++b) {
    const AccuracyBlock& block = plan_.blocks[b];
    for (size_t i = 0; i < rows_[b].size(); ++i) {
      const Row& count = rows_[b][i];
      if (count.n == 0) continue;
      AccuracyRow row{.height = block.size.height,
                      .width = block.size.width,
                      .codec = CodecName(block.codecs[i]),
                      .cut = block.cut,
                      .n = count.n};
      if (labelled) {
        row.top1 = Share(count.top1, count.n);
        row.top5 = Share(count.top5, count.n);
        row.top1_se = ShareError(count.top1, count.n);
        row.top5_se = ShareError(count.top5, count.n);
      }
      row.agreement = Share(count.agreed, count.n);
      row.agreement_se = ShareError(count.agreed, count.n);
      if (block.cut >= 0) {
        // The mean of a picture's +1 (gained), -1 (lost) or 0, and that mean's standard error.
        const double change = Share(count.gained - count.lost, count.n);
        row.change = change;
        row.change_se =
            std::sqrt(std::max(0.0, Share(count.gained + count.lost, count.n) - change * change) / static_cast<double>(count.n));
        row.bytes = Share(count.bytes, count.n);
      }
      table.n = std::max(table.n, row.n);
      table.rows.push_back(std::move(row));
    }
  }
  std::stable_sort(table.rows.begin(), table.rows.end(), [](const AccuracyRow& a, const AccuracyRow& b) {
    const auto key = [](const AccuracyRow& r) { return std::tuple(int64_t{r.height} * r.width, r.height, r.cut); };
    return key(a) < key(b);
  });
  return table;
}

}   // namespace partway::profile
