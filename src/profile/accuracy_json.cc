#include "profile/accuracy_json.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "base/file.h"
#include "base/quantity.h"
#include "profile/checked_fields.h"
#include "profile/json_parts.h"

namespace partway::profile {
namespace {

using Json = CheckedFields::Json;

constexpr double kMaxBytes = 0x1p50;
constexpr size_t kMaxCodecName = 40;

Json OrNull(std::optional<double> value) { return value ? Json(*value) : Json(); }
Json OrNull(std::optional<double> value, double goes_with_it) { return value ? Json(goes_with_it) : Json(); }

Json RowJson(const AccuracyRow& row) {
  return {{"size", SizeToJson(row.height, row.width)},
          {"codec", row.codec},
          {"cut", row.cut < 0 ? Json() : Json(row.cut)},
          {"n", row.n},
          {"top1", OrNull(row.top1)},
          {"top1_se", OrNull(row.top1, row.top1_se)},
          {"top5", OrNull(row.top5)},
          {"top5_se", OrNull(row.top5, row.top5_se)},
          {"agreement", OrNull(row.agreement)},
          {"agreement_se", OrNull(row.agreement, row.agreement_se)},
          {"change", OrNull(row.change)},
          {"change_se", OrNull(row.change, row.change_se)},
          {"bytes", row.cut < 0 ? Json() : Json(row.bytes)}};
}

// A standard error that the file leaves out follows from the share.
void ReadShare(CheckedFields* in, const char* key, const char* error_key, int64_t n, std::optional<double>* share,
               double* error) {
  in->Maybe(key, 0, 1, "a share", share);
  std::optional<double> told;
  in->Maybe(error_key, 0, 1, "a standard error", &told);
  *error = told ? *told : *share && n > 0 ? std::sqrt(**share * (1 - **share) / static_cast<double>(n)) : 0;
}

absl::Status ReadRow(const Json& json, const std::string& name, const AccuracyLimits& limits, AccuracyRow* row) {
  CheckedFields in(json, name);
  RETURN_IF_ERROR(in.status());
  ReadSize(&in, json, "size", limits.edge, &row->height, &row->width);
  in.Text("codec", &row->codec);
  const bool word = std::all_of(row->codec.begin(), row->codec.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (row->codec.empty() || row->codec.size() > kMaxCodecName || !word) in.Fail("codec", "the name of a codec");
  std::optional<int> cut;
  in.Maybe("cut", -1, limits.cuts, "a cut", &cut);
  row->cut = cut.value_or(-1);
  in.Number("n", 1, limits.pictures, "pictures", &row->n);
  ReadShare(&in, "top1", "top1_se", row->n, &row->top1, &row->top1_se);
  ReadShare(&in, "top5", "top5_se", row->n, &row->top5, &row->top5_se);
  ReadShare(&in, "agreement", "agreement_se", row->n, &row->agreement, &row->agreement_se);
  in.Maybe("change", -1, 1, "a difference of shares", &row->change);
  std::optional<double> change_se, bytes;
  in.Maybe("change_se", 0, 1, "a standard error", &change_se);
  in.Maybe("bytes", 0, kMaxBytes, "bytes", &bytes);
  row->change_se = change_se.value_or(0);
  row->bytes = bytes.value_or(0);
  if (in.ok() && row->top1 && row->top5 && *row->top5 < *row->top1) {
    in.Fail("top5", Concat("no less than top1 (", *row->top1, "), found ", *row->top5));
  }
  if (row->cut < 0 && row->codec != "raw") in.Fail("cut", Concat("a cut for codec ", row->codec, "; only raw may be uncut"));
  return in.status();
}

using Way = std::pair<std::string, int>;   // codec and cut
std::string WayText(const Way& way) { return way.second < 0 ? way.first : Concat(way.first, " at cut ", way.second); }

// Twice the same row, another kind of answer than the rest, or a hole.
absl::Status CheckRows(const AccuracyTable& table) {
  std::map<std::tuple<int, int>, std::map<Way, size_t>> by_size;
  std::map<Way, std::string> ways;   // and a size that has it
  for (size_t i = 0; i < table.rows.size(); ++i) {
    const AccuracyRow& row = table.rows[i];
    const std::string name = Concat("table[", i, "]"), size = SizeText(row.height, row.width);
    const Way way(row.codec, row.cut);
    const auto [at, added] = by_size[{row.height, row.width}].emplace(way, i);
    if (!added) return InvalidArgument(name, ": size ", size, ", ", WayText(way), " is in table[", at->second, "] already");
    if (table.labelled && !row.top1) return InvalidArgument(name, ".top1: expected a share, as other rows have; it is missing");
    if (!row.top1 && !row.agreement) return InvalidArgument(name, ": expected top1 or agreement; both are missing");
    ways.emplace(way, size);
  }
  for (const auto& [size, rows] : by_size) {
    const std::string text = SizeText(std::get<0>(size), std::get<1>(size));
    if (!rows.contains({"raw", -1}))
      return InvalidArgument("table: a hole: size ", text, " has no uncut row (codec raw, cut null)");
    for (const auto& [way, other] : ways) {
      if (!rows.contains(way))
        return InvalidArgument("table: a hole: size ", text, " lacks ", WayText(way), ", which size ", other, " has");
    }
  }
  return absl::OkStatus();
}

absl::Status ReadFit(const Json& json, size_t sizes, AccuracyFit* fit) {
  CheckedFields in(json, "fit");
  RETURN_IF_ERROR(in.status());
  Json pixels, accuracy;
  in.List("pixels", 1, sizes, &pixels);
  if (in.ok()) in.List("accuracy", pixels.size(), pixels.size(), &accuracy);
  in.Number("worst_residual", 0, 1, "a difference of shares", &fit->worst_residual);
  RETURN_IF_ERROR(in.status());
  for (size_t i = 0; i < pixels.size(); ++i) {
    const int last = fit->pixels.empty() ? 0 : fit->pixels.back();
    const bool whole = pixels[i].is_number_integer() && pixels[i] > last && pixels[i] <= std::numeric_limits<int>::max();
    if (!whole) return InvalidArgument("fit.pixels[", i, "]: expected whole numbers that ascend from 1");
    fit->pixels.push_back(pixels[i].get<int>());
    const bool share = accuracy[i].is_number() && accuracy[i] >= -1.0 && accuracy[i] <= 2.0;
    if (!share) return InvalidArgument("fit.accuracy[", i, "]: expected a number from -1 to 2");
    fit->accuracy.push_back(accuracy[i].get<double>());
  }
  const auto slope = [&](size_t i) {   // over the stretch that ends at i
    return (fit->accuracy[i] - fit->accuracy[i - 1]) / (fit->pixels[i] - fit->pixels[i - 1]);
  };
  for (size_t i = 1; i < fit->pixels.size(); ++i) {
    const double rounding = 1e-9;
    if (slope(i) < -rounding || (i > 1 && slope(i) > slope(i - 1) + rounding))
      return InvalidArgument("fit.accuracy[", i, "]: expected values that rise, and ever more slowly");
  }
  return absl::OkStatus();
}

absl::StatusOr<AccuracyTable> FromJson(const Json& json, const AccuracyLimits& limits) {
  if (!json.is_object() || !json.contains("table"))
    return InvalidArgument("not an accuracy table: expected an object with \"table\"");
  AccuracyTable table;
  CheckedFields in(json, "accuracy table");
  int version = AccuracyTable::kVersion;
  if (in.Has("accuracy")) in.Number("accuracy", 0, std::numeric_limits<int>::max(), "the version of the format,", &version);
  RETURN_IF_ERROR(in.status());
  if (version != AccuracyTable::kVersion)
    return InvalidArgument("version ", version, " of the accuracy table's format, expected ", AccuracyTable::kVersion);
  in.Text("model", &table.model);
  for (const auto& [key, value] :
       {std::pair{"model_sha256", &table.model_sha256}, {"grouping", &table.grouping}, {"images", &table.images}}) {
    if (in.Has(key)) in.Text(key, value);
  }
  Json rows, fit;
  in.List("table", 1, limits.rows, &rows);
  const bool has_fit = in.fields().Object("fit", &fit);
  RETURN_IF_ERROR(in.status());
  for (size_t i = 0; i < rows.size(); ++i)
    RETURN_IF_ERROR(ReadRow(rows[i], Concat("table[", i, "]"), limits, &table.rows.emplace_back()));
  table.n = table.rows.front().n;
  if (in.Has("n")) in.Number("n", 1, limits.pictures, "pictures", &table.n);
  RETURN_IF_ERROR(in.status());
  table.labelled = table.rows.front().top1.has_value();
  RETURN_IF_ERROR(CheckRows(table));
  if (has_fit) RETURN_IF_ERROR(ReadFit(fit, table.rows.size(), &table.fit.emplace()));
  return table;
}

}   // namespace

std::string AccuracyToJson(const AccuracyTable& table) {
  Json json = {{"accuracy", AccuracyTable::kVersion}, {"model", table.model},   {"model_sha256", table.model_sha256},
               {"grouping", table.grouping},          {"images", table.images}, {"n", table.n},
               {"labelled", table.labelled}};
  Json rows = Json::array();
  for (const AccuracyRow& row : table.rows) rows.push_back(RowJson(row));
  json["table"] = std::move(rows);
  json["fit"] = !table.fit ? Json()
                           : Json{{"kind", "concave, increasing, least squares over pixels"},
                                  {"of", table.labelled ? "top1" : "agreement"},
                                  {"pixels", table.fit->pixels},
                                  {"accuracy", table.fit->accuracy},
                                  {"worst_residual", table.fit->worst_residual}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);   // a folder's name may be no UTF-8
}

absl::StatusOr<AccuracyTable> AccuracyFromJson(std::string_view text, const AccuracyLimits& limits) {
  if (text.size() > limits.file_bytes)
    return ResourceExhausted("more than the ", limits.file_bytes, " bytes an accuracy table may have");
  ASSIGN_OR_RETURN(const Json json, ParseJson(text));
  return FromJson(json, limits);
}

absl::StatusOr<AccuracyTable> ReadAccuracy(const std::string& path, const AccuracyLimits& limits) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path, limits.file_bytes));
  absl::StatusOr<AccuracyTable> table = AccuracyFromJson(text, limits);
  if (!table.ok()) return Annotate(table.status(), path);
  return table;
}

absl::Status WriteAccuracy(const std::string& path, const AccuracyTable& table) {
  return WriteFileAtomically(path, AccuracyToJson(table) + "\n");
}

}   // namespace partway::profile
