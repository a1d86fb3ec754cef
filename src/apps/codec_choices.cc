#include "apps/codec_choices.h"

#include <algorithm>

#include "apps/options.h"
#include "base/status.h"
#include "codec/codec_spec.h"
#include "codec/encoded_size.h"

namespace partway::apps {
namespace {

absl::StatusOr<std::vector<codec::CodecSpec>> SpecsOf(const std::string& text, const profile::AccuracyTable* table) {
  if (table == nullptr) return ParseCodecs(text.empty() ? "raw,raw8,fp16,int8" : text);
  if (!text.empty()) return ParseCodecs(text);
  std::vector<codec::CodecSpec> specs = {{}};   // raw
  const auto add = [&](const codec::CodecSpec& spec) {
    if (std::find(specs.begin(), specs.end(), spec) == specs.end()) specs.push_back(spec);
  };
  for (const profile::AccuracyRow& row : table->rows) {
    const absl::StatusOr<codec::CodecSpec> spec = codec::ParseCodec(row.codec);
    if (spec.ok()) add(*spec);
  }
  return specs;
}

// What crosses a cut, where only its bytes are known.
std::vector<TensorSpec> Assumed(const profile::SizeProfile& at, int cut) {
  const int64_t bytes = at.cut_bytes[static_cast<size_t>(cut)];
  const int64_t picture = int64_t{3} * at.height * at.width;
  if (cut == 0 && bytes == 4 * picture) return {{"input", DType::kFloat32, {1, 3, at.height, at.width}}};
  return {{"value", DType::kFloat32, {1, bytes / 4}}};
}

}   // namespace

absl::StatusOr<CodecChoices> ChooseCodecs(const std::string& text, const profile::Profile& profile,
                                          const std::vector<cost::InputSize>& sizes, const std::vector<CutValues>& values,
                                          const profile::AccuracyTable* table) {
  ASSIGN_OR_RETURN(const std::vector<codec::CodecSpec> asked, SpecsOf(text, table));
  const int n = profile.group_count();
  std::optional<profile::AccuracyIndex> rows;
  if (table != nullptr) rows.emplace(*table);
  CodecChoices choices;
  // A picture quantised anew to 8 bits a value takes the bytes that it takes as it is, and is no longer the picture.
  constexpr codec::CodecSpec kRaw8{.kind = codec::CodecSpec::Kind::kRaw8};
  const bool raw8 = std::find(asked.begin(), asked.end(), kRaw8) != asked.end();
  bool pictures = false, assumed = false;
  std::string bounded, not_known;
  const auto add_name = [](std::string* list, const std::string& name) { Append(list, list->empty() ? "" : ", ", name); };
  for (const codec::CodecSpec& spec : asked) {
    cost::CodecChoice choice;
    choice.name = codec::CodecName(spec);
    choice.lossless = spec.kind == codec::CodecSpec::Kind::kRaw;
    bool stands_in = false, any = false;
    // Without shapes the number of channels is not known, and with it the size of what is kept for each.
    const bool shapes = !values.empty() || !spec.per_channel;
    for (size_t s = 0; s < sizes.size(); ++s) {
      const auto at = std::find_if(profile.sizes.begin(), profile.sizes.end(), [&](const profile::SizeProfile& p) {
        return p.height == sizes[s].height && p.width == sizes[s].width;
      });
      const auto crossing =
          std::find_if(values.begin(), values.end(), [&](const CutValues& value) { return value.size == sizes[s]; });
      for (int cut = 0; cut < n; ++cut) {
        double bytes = cost::kNotKnown;
        const profile::AccuracyRow* row = rows ? rows->Find(sizes[s].height, sizes[s].width, choice.name, cut) : nullptr;
        if (row != nullptr && row->cut == cut && row->bytes > 0) {
          bytes = row->bytes;
        } else if (shapes && at != profile.sizes.end() && (cut == 0 || !spec.pictures_only())) {
          const std::vector<TensorSpec> specs =
              crossing == values.end() ? Assumed(*at, cut) : crossing->by_cut[static_cast<size_t>(cut)];
          const absl::StatusOr<uint64_t> plain = codec::PlainFrameBytes(spec, specs);
          const bool instead = raw8 && cut == 0 && spec.kind == codec::CodecSpec::Kind::kInt && spec.bits == 8 &&
                               codec::PlainFrameBytes(kRaw8, specs).ok();
          if (plain.ok() && !instead) bytes = static_cast<double>(*plain);
          assumed |= plain.ok() && crossing == values.end();
          stands_in |= plain.ok() && spec.entropy;
          pictures |= instead;
        }
        any |= bytes == bytes;
        choice.bytes.push_back(bytes);
      }
    }
    if (!any) {
      add_name(&not_known, choice.name);
      continue;
    }
    if (stands_in) add_name(&bounded, choice.name);
    choices.codecs.push_back(std::move(choice));
  }
  if (!not_known.empty()) {
    choices.notes.push_back(Concat("left out, since how many bytes it makes is only known from an accuracy table: ", not_known));
  }
  if (!bounded.empty()) {
    choices.notes.push_back(Concat("where no accuracy table gives its bytes, the size of the plain form stands in: ", bounded));
  }
  if (pictures) choices.notes.push_back("at cut 0 raw8 stands for int8 too: the picture itself, in as many bytes");
  if (assumed)
    choices.notes.push_back(
        "a profile alone does not tell the shapes of what crosses a cut, so the bytes of encodings are estimates; name the MODEL "
        "beside --profile for exact ones");
  return choices;
}

}   // namespace partway::apps
