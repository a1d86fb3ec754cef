#include "policy/fixed.h"

#include "base/status.h"
#include "policy/row_subset.h"

namespace partway::policy {
namespace {

constexpr const char* kLargestSize = "0: the largest";

std::string Text(const Parameters& parameters, const char* name) {
  const auto text = parameters.texts.find(name);
  return text == parameters.texts.end() ? std::string() : text->second;
}

absl::StatusOr<std::unique_ptr<Policy>> MakeFixed(const Problem& problem, const Parameters& parameters, int cut) {
  ASSIGN_OR_RETURN(const int size, SizeIndex(*problem.options, parameters));
  ASSIGN_OR_RETURN(const int32_t row, FindRow(*problem.options, cut, size, Text(parameters, "codec")));
  return std::make_unique<Fixed>(problem, row);
}

ParameterSpec CodecParameter(const char* meaning) {
  ParameterSpec spec{"codec", meaning};
  spec.text = true;
  return spec;
}

}   // namespace

Fixed::Fixed(const Problem& problem, int32_t option)
    : model_(problem), cost_(model_.Cost(static_cast<size_t>(option))), option_(option) {}

Decision Fixed::Decide(const Observation& seen) const {
  if (!SlotModel::Runs(seen, cost_)) return {};
  return Decision::Of(option_, static_cast<int>(model_.Frames(seen, cost_)));
}

absl::StatusOr<int32_t> FindRow(const cost::OptionTable& table, int cut, int size, const std::string& codec) {
  if (cut < 0 || cut > table.groups()) return InvalidArgument("there is no cut ", cut, "; cuts are 0 to ", table.groups());
  const int wanted = size < 0 ? static_cast<int>(table.sizes.size()) - 1 : size;
  std::string has;
  for (size_t row = 0; row < table.size(); ++row) {
    const cost::OptionKey& key = table.keys[row];
    if (key.cut != cut || key.size != wanted) continue;
    const std::string name = table.local(row) ? "" : table.codecs[static_cast<size_t>(key.codec)];
    if (codec.empty() || codec == name) return static_cast<int32_t>(row);
    Append(&has, has.empty() ? "" : ", ", name);
  }
  const std::string at = Concat("cut ", cut, " at ", cost::SizeText(table.sizes[static_cast<size_t>(wanted)]));
  if (codec.empty()) return InvalidArgument("there is no option for ", at);
  if (has.empty()) return InvalidArgument("there is no option for ", at, " as ", codec, ": it sends nothing or was left out");
  return InvalidArgument("there is no option for ", at, " as ", codec, "; codecs there: ", has);
}

Entry FixedEntry() {
  return {"fixed",
          "one option for all slots, named by cut, size and codec",
          /*mixes=*/false,
          /*needs_future=*/false,
          {{"cut", "groups run on the device", 0, 0, 4096, /*text=*/false, /*whole=*/true},
           SizeParameter(kLargestSize),
           CodecParameter("how the upload is encoded; by default the first codec of that cut")},
          [](const Problem& problem, const Parameters& p, uint64_t /*seed*/) -> absl::StatusOr<std::unique_ptr<Policy>> {
            return MakeFixed(problem, p, static_cast<int>(p.numbers.at("cut")));
          }};
}

Entry AllLocalEntry() {
  return {"all-local",
          "everything on the device",
          /*mixes=*/false,
          /*needs_future=*/false,
          {SizeParameter(kLargestSize)},
          [](const Problem& problem, const Parameters& p, uint64_t /*seed*/) -> absl::StatusOr<std::unique_ptr<Policy>> {
            return MakeFixed(problem, p, problem.options->groups());
          }};
}

Entry AllEdgeEntry() {
  return {"all-edge",
          "everything on the edge",
          /*mixes=*/false,
          /*needs_future=*/false,
          {SizeParameter(kLargestSize),
           CodecParameter("how the picture is encoded, for instance raw or jpeg:75; by default the first codec of cut 0")},
          [](const Problem& problem, const Parameters& p, uint64_t /*seed*/) -> absl::StatusOr<std::unique_ptr<Policy>> {
            return MakeFixed(problem, p, 0);
          }};
}

}   // namespace partway::policy
