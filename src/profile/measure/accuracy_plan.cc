#include "profile/measure/accuracy_plan.h"

#include <algorithm>

#include "base/text.h"

namespace partway::profile {
namespace {

using codec::CodecSpec;
using Kind = CodecSpec::Kind;

CodecSpec WithoutEntropy(CodecSpec spec) {
  spec.entropy = false;
  return spec;
}

// Each codec once, entropy-coded forms right behind their plain ones.
std::vector<CodecSpec> InNeighbours(const std::vector<CodecSpec>& codecs) {
  std::vector<CodecSpec> ordered;
  const auto has = [&](const CodecSpec& spec) { return std::find(ordered.begin(), ordered.end(), spec) != ordered.end(); };
  for (const CodecSpec& spec : codecs) {
    for (const CodecSpec& other : codecs) {
      if (WithoutEntropy(other) == WithoutEntropy(spec) && !has(other)) ordered.push_back(other);
    }
  }
  return ordered;
}

}   // namespace

size_t AccuracyPlan::rows() const {
  size_t rows = 0;
  for (const AccuracyBlock& block : blocks) rows += block.codecs.size();
  return rows;
}

bool AccuracyPlan::has_cuts() const {
  return std::any_of(blocks.begin(), blocks.end(), [](const AccuracyBlock& block) { return block.cut >= 0; });
}

AccuracyPlan PlanAccuracy(const std::vector<InputSize>& sizes, const std::vector<CodecSpec>& codecs, const std::vector<int>& cuts,
                          int groups) {
  AccuracyPlan plan;
  std::vector<int> ascending = cuts;
  std::sort(ascending.begin(), ascending.end());
  ascending.erase(std::unique(ascending.begin(), ascending.end()), ascending.end());
  std::vector<CodecSpec> pictures, features;
  for (const CodecSpec& spec : InNeighbours(codecs)) {
    if (spec == CodecSpec()) continue;   // the uncut row answers for it
    (spec.pictures_only() ? pictures : features).push_back(spec);
  }
  const bool at_0 = !ascending.empty() && ascending.front() == 0;
  const bool inside = std::any_of(ascending.begin(), ascending.end(), [&](int c) { return c > 0 && c < groups; });
  if (!pictures.empty() && !at_0) {
    for (const CodecSpec& spec : pictures)
      plan.passed_over.push_back(Concat("codec ", CodecName(spec), ": only for cut 0, which was not asked for"));
  }
  if (!features.empty() && !inside) {
    for (const CodecSpec& spec : features) {
      plan.passed_over.push_back(
          Concat("codec ", CodecName(spec), ": only for cuts 1 to ", groups - 1, ", none of which was asked for"));
    }
  }
  if (at_0 && pictures.empty() && !features.empty())
    plan.passed_over.push_back("cut 0: only picture codecs (raw8, jpeg:Q), none of which was asked for");
  if (inside && features.empty() && !pictures.empty())
    plan.passed_over.push_back(
        Concat("cuts 1 to ", groups - 1, ": only codecs of values (fp16, int8, ...), none of which was asked for"));
  if (!ascending.empty() && ascending.back() == groups && pictures.size() + features.size() > 0)
    plan.passed_over.push_back(Concat("cut ", groups, ": sends nothing; the uncut row answers for it"));

  for (const InputSize& size : sizes) {
    plan.blocks.push_back({.size = size, .cut = -1, .codecs = {CodecSpec()}});
    for (const int cut : ascending) {
      const std::vector<CodecSpec>& fitting = cut == 0 ? pictures : features;
      if (cut < groups && !fitting.empty()) plan.blocks.push_back({.size = size, .cut = cut, .codecs = fitting});
    }
  }
  return plan;
}

std::vector<CodecSpec> AllCodecs() {
  std::vector<CodecSpec> codecs;
  for (const bool entropy : {false, true}) {
    codecs.push_back({.kind = Kind::kRaw, .entropy = entropy});
    codecs.push_back({.kind = Kind::kFp16, .entropy = entropy});
    for (int bits = 8; bits >= 2; --bits) {
      for (const bool per_channel : {false, true})
        codecs.push_back({.kind = Kind::kInt, .bits = bits, .per_channel = per_channel, .entropy = entropy});
    }
    codecs.push_back({.kind = Kind::kRaw8, .entropy = entropy});
  }
  for (const int quality : {50, 75, 90}) codecs.push_back({.kind = Kind::kJpeg, .quality = quality});
  return codecs;
}

}   // namespace partway::profile
