#include "apps/accuracy_text.h"

#include <algorithm>
#include <cstdio>

#include "base/quantity.h"
#include "base/text.h"
#include "nlohmann/json.hpp"
#include "profile/accuracy_json.h"
#include "profile/json_parts.h"

namespace partway::apps {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kFewPictures = 200;

std::string Points(double share, double error) {
  char text[48];
  std::snprintf(text, sizeof text, "%.1f ± %.1f", 100 * share, 100 * error);
  return text;
}
std::string Signed(double share, double error) {
  char text[48];
  std::snprintf(text, sizeof text, "%+.1f ± %.1f", 100 * share, 100 * error);
  return text;
}
// printf counts bytes; the sign in the middle has two.
std::string Right(const std::string& text, size_t width) {
  const size_t shown = text.size() - (text.find("±") == std::string::npos ? 0 : 1);
  return std::string(width > shown ? width - shown : 0, ' ') + text;
}

void PrintRow(const profile::AccuracyTable& table, const profile::AccuracyRow& row) {
  std::string line = Right(SizeText(row.height, row.width), 9);
  Append(&line, Right(row.cut < 0 ? "-" : Concat(row.cut), 5), "  ", row.codec,
         std::string(row.codec.size() < 10 ? 10 - row.codec.size() : 0, ' '));
  if (table.labelled)
    Append(&line, Right(Points(*row.top1, row.top1_se), 13), Right(Points(row.top5.value_or(0), row.top5_se), 13));
  if (row.agreement) Append(&line, Right(Points(*row.agreement, row.agreement_se), 13));
  Append(&line, Right(row.change ? Signed(*row.change, row.change_se) : "", 13));
  Append(&line, Right(row.cut < 0 ? "" : FormatBytes(row.bytes), 11));
  std::printf("%s\n", line.c_str());
}

void PrintHeading(const profile::AccuracyTable& table) {
  std::string line = "     size  cut  codec     ";
  if (table.labelled) line += "      top-1 %      top-5 %";
  std::printf("%s  agreement %%       change      bytes\n", line.c_str());
}

}   // namespace

std::string AccuracyDocument(const profile::AccuracyTable& table, const std::vector<profile::AccuracyRow>& smallest,
                             double within, const std::vector<media::Skipped>& skipped) {
  Json document = Json::parse(profile::AccuracyToJson(table));
  document["within"] = within;
  document["smallest"] = Json::array();
  for (const profile::AccuracyRow& row : smallest) {
    document["smallest"].push_back({{"size", profile::SizeToJson(row.height, row.width)},
                                    {"cut", row.cut},
                                    {"codec", row.codec},
                                    {"bytes", row.bytes},
                                    {"change", *row.change},
                                    {"change_se", row.change_se}});
  }
  document["skipped"] = Json::array();
  for (const media::Skipped& picture : skipped)
    document["skipped"].push_back({{"picture", picture.name}, {"reason", picture.reason}});
  return document.dump(-1, ' ', false, Json::error_handler_t::replace);   // a file's name may be no UTF-8
}

void PrintAccuracy(const profile::AccuracyTable& table) {
  std::printf("%s on %lld pictures of %s%s\n\n", table.model.c_str(), static_cast<long long>(table.n), table.images.c_str(),
              table.labelled ? "" : ", without labels: agreement with the model at its own size stands for accuracy");
  PrintHeading(table);
  for (const profile::AccuracyRow& row : table.rows) PrintRow(table, row);
  if (table.n > 0 && table.n < kFewPictures)
    std::printf("\nwith %lld pictures one answer is %.1f points: smaller differences, and errors of 0.0, say nothing\n",
                static_cast<long long>(table.n), 100.0 / static_cast<double>(table.n));
  if (table.fit && table.fit->pixels.size() > 1)
    std::printf("\nconcave fit over the sizes: at most %.1f points from the table\n", 100 * table.fit->worst_residual);
}

void PrintSmallest(const profile::AccuracyTable& table, const std::vector<profile::AccuracyRow>& smallest, double within) {
  const bool coded = std::any_of(table.rows.begin(), table.rows.end(), [](const auto& row) { return row.cut >= 0; });
  if (!coded) return;
  std::printf("\nsmallest encoding that costs at most %g points\n\n", within);
  if (smallest.empty()) std::printf("none does\n");
  if (!smallest.empty()) PrintHeading(table);
  for (const profile::AccuracyRow& row : smallest) PrintRow(table, row);
}

}   // namespace partway::apps
