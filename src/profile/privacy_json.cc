#include "profile/privacy_json.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/file.h"
#include "profile/checked_fields.h"
#include "profile/json_parts.h"

namespace partway::profile {
namespace {

using Json = CheckedFields::Json;

constexpr uint64_t kMaxFileBytes = 16 << 20;
constexpr size_t kMaxRows = 20'000;
constexpr int kMaxEdge = 16384;
constexpr int64_t kMaxPictures = 1'000'000, kMaxFeatures = int64_t{1} << 40;
constexpr double kMaxDb = 200, kMaxBytes = 0x1p50, kMaxLambda = 1e12;

Json OrNull(std::optional<double> value) { return value ? Json(*value) : Json(); }

absl::Status ReadRow(const Json& json, const std::string& name, const PrivacyTable& table, PrivacyRow* row) {
  CheckedFields in(json, name);
  RETURN_IF_ERROR(in.status());
  in.Number("cut", 0, static_cast<int>(kMaxRows), "a cut", &row->cut);
  row->codec = table.codec;
  if (in.Has("codec")) in.Text("codec", &row->codec);
  in.Number("distance_correlation", 0, 1, "a number", &row->distance_correlation);
  in.Number("psnr_db", -kMaxDb, kMaxDb, "decibels", &row->psnr_db);
  in.Number("ssim", -1, 1, "a number", &row->ssim);
  std::optional<double> lambda, bytes, psnr_se, ssim_se;
  in.Maybe("psnr_se_db", 0, kMaxDb, "a standard error", &psnr_se);
  in.Maybe("ssim_se", 0, 1, "a standard error", &ssim_se);
  in.Maybe("ssim_half", -1, 1, "a number", &row->ssim_half);
  std::optional<int64_t> features;
  std::optional<int> averaged;
  in.Maybe("lambda", 0, kMaxLambda, "a number", &lambda);
  in.Maybe("bytes", 0, kMaxBytes, "bytes", &bytes);
  in.Maybe("features", 0, kMaxFeatures, "how many numbers were taken,", &features);
  in.Maybe("averaged", 1, kMaxEdge, "a side in values", &averaged);
  row->psnr_se_db = psnr_se.value_or(0);
  row->ssim_se = ssim_se.value_or(0);
  row->lambda = lambda.value_or(0);
  row->bytes = bytes.value_or(0);
  row->features = features.value_or(0);
  row->averaged = averaged.value_or(1);
  return in.status();
}

absl::StatusOr<PrivacyTable> FromJson(const Json& json) {
  if (!json.is_object() || !json.contains("table") || !json.contains("privacy"))
    return InvalidArgument("not a privacy table: expected an object with \"privacy\": ", PrivacyTable::kVersion,
                           " and \"table\"");
  PrivacyTable table;
  CheckedFields in(json, "privacy table");
  int version = 0;
  in.Number("privacy", 0, std::numeric_limits<int>::max(), "the version of the format,", &version);
  RETURN_IF_ERROR(in.status());
  if (version != PrivacyTable::kVersion)
    return InvalidArgument("version ", version, " of the privacy table's format, expected ", PrivacyTable::kVersion);
  for (const auto& [key, value] : {std::pair{"model", &table.model},
                                   {"model_sha256", &table.model_sha256},
                                   {"grouping", &table.grouping},
                                   {"images", &table.images},
                                   {"codec", &table.codec}}) {
    in.Text(key, value);
  }
  ReadSize(&in, json, "size", kMaxEdge, &table.height, &table.width);
  for (const auto& [key, value] :
       {std::pair{"n", &table.n}, {"train", &table.train}, {"validation", &table.validation}, {"test", &table.test}})
    in.Number(key, 1, kMaxPictures, "pictures", value);
  in.Number("seed", 0, std::numeric_limits<uint64_t>::max(), "a seed", &table.seed);
  in.Number("picture_edge", 1, kMaxEdge, "pixels", &table.picture_edge);
  in.Number("baseline_psnr_db", -kMaxDb, kMaxDb, "decibels", &table.baseline_psnr_db);
  in.Number("baseline_ssim", -1, 1, "a number", &table.baseline_ssim);
  in.Maybe("control_ssim", -1, 1, "a number", &table.control_ssim);
  Json rows;
  in.List("table", 1, kMaxRows, &rows);
  RETURN_IF_ERROR(in.status());
  for (size_t i = 0; i < rows.size(); ++i) {
    const std::string name = Concat("table[", i, "]");
    PrivacyRow row;
    RETURN_IF_ERROR(ReadRow(rows[i], name, table, &row));
    if (table.Find(row.cut) != nullptr) return InvalidArgument(name, ": cut ", row.cut, " is there twice");
    table.rows.push_back(std::move(row));
  }
  std::sort(table.rows.begin(), table.rows.end(), [](const PrivacyRow& a, const PrivacyRow& b) { return a.cut < b.cut; });
  return table;
}

}   // namespace

std::string PrivacyToJson(const PrivacyTable& table) {
  Json json = {{"privacy", PrivacyTable::kVersion},
               {"model", table.model},
               {"model_sha256", table.model_sha256},
               {"grouping", table.grouping},
               {"images", table.images},
               {"size", SizeToJson(table.height, table.width)},
               {"codec", table.codec},
               {"n", table.n},
               {"train", table.train},
               {"validation", table.validation},
               {"test", table.test},
               {"seed", table.seed},
               {"picture_edge", table.picture_edge},
               {"baseline_psnr_db", table.baseline_psnr_db},
               {"baseline_ssim", table.baseline_ssim},
               {"control_ssim", OrNull(table.control_ssim)}};
  const std::string few = TooFewPictures(table);
  json["too_few_pictures"] = few.empty() ? Json() : Json(few);
  Json rows = Json::array();
  for (const PrivacyRow& row : table.rows) {
    rows.push_back({{"cut", row.cut},
                    {"codec", row.codec},
                    {"distance_correlation", row.distance_correlation},
                    {"psnr_db", row.psnr_db},
                    {"psnr_se_db", row.psnr_se_db},
                    {"ssim", row.ssim},
                    {"ssim_se", row.ssim_se},
                    {"ssim_half", OrNull(row.ssim_half)},
                    {"baseline_psnr_db", table.baseline_psnr_db},
                    {"baseline_ssim", table.baseline_ssim},
                    {"lambda", row.lambda},
                    {"bytes", row.bytes},
                    {"features", row.features},
                    {"averaged", row.averaged}});
  }
  json["table"] = std::move(rows);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);   // a folder's name may be no UTF-8
}

absl::StatusOr<PrivacyTable> PrivacyFromJson(std::string_view text) {
  if (text.size() > kMaxFileBytes) return ResourceExhausted("more than the ", kMaxFileBytes, " bytes a privacy table may have");
  ASSIGN_OR_RETURN(const Json json, ParseJson(text));
  return FromJson(json);
}

absl::StatusOr<PrivacyTable> ReadPrivacy(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kMaxFileBytes));
  absl::StatusOr<PrivacyTable> table = PrivacyFromJson(text);
  if (!table.ok()) return Annotate(table.status(), path);
  return table;
}

absl::Status WritePrivacy(const std::string& path, const PrivacyTable& table) {
  return WriteFileAtomically(path, PrivacyToJson(table) + "\n");
}

}   // namespace partway::profile
