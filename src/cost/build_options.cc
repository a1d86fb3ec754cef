#include "cost/build_options.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <set>
#include <string_view>
#include <tuple>

#include "base/status.h"
#include "profile/profile_check.h"

namespace partway::cost {
namespace {

constexpr double kMaxSeconds = 1e6, kMaxBytes = 1e12;
// Cuts are int16_t in a row; a model of that many groups would not be planned but searched.
constexpr int kMaxGroups = 4096, kMaxRows = 2'000'000;

double SecondsOf(const profile::SizeProfile& at, int from, int to) { return profile::TimeOf(at, from, to).value(); }

// Weights of the groups [from, to) and the largest sum of what enters and leaves one of them.
double MemoryOf(const profile::Profile& profile, const profile::SizeProfile& at, int from, int to) {
  const int n = profile.group_count();
  double weights = 0, frontier = 0;
  for (int g = from; g < to; ++g) {
    weights += static_cast<double>(profile.group_param_bytes[static_cast<size_t>(g)]);
    const size_t in = static_cast<size_t>(g), out = in + 1;
    const int64_t leaves = g + 1 < n ? at.cut_bytes[out] : at.output_bytes_of_tail[0];
    frontier = std::max(frontier, static_cast<double>(at.cut_bytes[in] + leaves));
  }
  return weights + frontier;
}

absl::Status CheckSize(const profile::SizeProfile& at, const char* whose, int n) {
  const auto wrong = [&](const char* what) {
    return InvalidArgument(whose, " at ", at.height, "x", at.width, ": ", what, " for ", n, " groups");
  };
  const auto groups = static_cast<size_t>(n);
  if (at.groups.size() != groups) return wrong("not one time for each group");
  if (at.cut_bytes.size() != groups + 1 || at.output_bytes_of_tail.size() != groups + 1)
    return wrong("not one byte count for each cut");
  double sum = 0;
  for (size_t g = 0; g < groups; ++g) {
    const double seconds = at.groups[g].median_s;
    if (!(seconds >= 0 && seconds <= kMaxSeconds)) {
      return InvalidArgument(whose, " at ", at.height, "x", at.width, ": group ", g, " takes ", seconds, " s; expected 0 to ",
                             kMaxSeconds);
    }
    sum += seconds;
  }
  if (sum <= 0) return wrong("all times are 0");
  for (size_t c = 0; c <= groups; ++c) {
    if (at.cut_bytes[c] < 0 || static_cast<double>(at.cut_bytes[c]) > kMaxBytes || at.output_bytes_of_tail[c] < 0) {
      return InvalidArgument(whose, " at ", at.height, "x", at.width, ": cut ", c, " carries ", at.cut_bytes[c],
                             " bytes; expected 0 or more");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<const profile::SizeProfile*> FindSize(const profile::Profile& profile, const char* whose, const InputSize& size,
                                                     int threads) {
  if (const profile::SizeProfile* at = profile.Find(size.height, size.width, threads)) {
    RETURN_IF_ERROR(CheckSize(*at, whose, profile.group_count()));
    return at;
  }
  std::string has;
  for (const InputSize& other : SizesOf(profile, threads)) Append(&has, has.empty() ? "" : ", ", SizeText(other));
  return InvalidArgument(whose, " has no size ", SizeText(size), " with ", threads, threads == 1 ? " thread" : " threads",
                         "; it has ", has.empty() ? "none with that many" : has);
}

absl::Status CheckInputs(const OptionInputs& in) {
  RETURN_IF_ERROR(profile::CheckSameModel(*in.device, "the device's profile", *in.edge, "the edge's profile"));
  const int n = in.device->group_count();
  if (n < 1 || n > kMaxGroups) return InvalidArgument("the profile has ", n, " groups; a plan takes 1 to ", kMaxGroups);
  if (in.device->group_param_bytes.size() != static_cast<size_t>(n))
    return InvalidArgument("the profile does not give the weights of each group");
  if (in.edge->group_count() != n || in.edge->group_param_bytes.size() != static_cast<size_t>(n)) {
    return InvalidArgument("the edge's profile has ", in.edge->group_count(), " groups, the device's ", n);
  }
  if (in.sizes.empty()) return InvalidArgument("no size was profiled on both sides");
  for (const CodecChoice& codec : in.codecs) {
    if (codec.bytes.size() != in.sizes.size() * static_cast<size_t>(n)) {
      return InvalidArgument("codec ", codec.name, ": ", codec.bytes.size(), " sizes given, expected ", in.sizes.size() * n);
    }
  }
  if (static_cast<double>(in.sizes.size()) * (n * static_cast<double>(in.codecs.size()) + 1) > kMaxRows) {
    return ResourceExhausted("more than ", kMaxRows, " options; name fewer sizes, codecs or groups");
  }
  if (in.accuracy == nullptr) return absl::OkStatus();
  if (in.accuracy->model_sha256 != in.device->model_sha256) {
    return FailedPrecondition("the accuracy table is of ", in.accuracy->model, " (", in.accuracy->model_sha256.substr(0, 12),
                              "), the profile of ", in.device->model, " (", in.device->model_sha256.substr(0, 12), ")");
  }
  const bool cuts = std::any_of(in.accuracy->rows.begin(), in.accuracy->rows.end(), [](const auto& row) { return row.cut >= 0; });
  if (cuts && in.accuracy->grouping != in.device->grouping) {
    return FailedPrecondition("the accuracy table was made with another grouping (", in.accuracy->grouping,
                              ") than the profile (", in.device->grouping, "); measure it again with the same --groups");
  }
  return absl::OkStatus();
}

// Share of right answers, or agreement where the pictures had no labels; kNotKnown where there is no row.
class Accuracies {
 public:
  // Borrows `table`, which may be null.
  explicit Accuracies(const profile::AccuracyTable* table) : labelled_(table != nullptr && table->labelled) {
    if (table != nullptr) index_.emplace(*table);
  }
  absl::StatusOr<double> At(const InputSize& size, const CodecChoice* codec, int cut) const {
    if (!index_) return kNotKnown;
    const profile::AccuracyRow* row = index_->Find(size.height, size.width, codec == nullptr ? "raw" : codec->name, cut);
    if (row == nullptr && (codec == nullptr || codec->lossless)) row = index_->Find(size.height, size.width, "raw", cut);
    if (row == nullptr) return kNotKnown;
    const std::optional<double> share = labelled_ ? row->top1 : row->agreement;
    if (!share) return kNotKnown;
    if (!(*share >= 0 && *share <= 1)) {
      return InvalidArgument("the accuracy table says ", *share, " at ", SizeText(size), " for ", row->codec,
                             "; expected a share from 0 to 1");
    }
    return *share;
  }

 private:
  std::optional<profile::AccuracyIndex> index_;
  const bool labelled_;
};

class PrivacyIndex {
 public:
  // Borrows `entries`.
  explicit PrivacyIndex(const std::vector<PrivacyEntry>& entries) {
    for (const PrivacyEntry& entry : entries) entries_.emplace(Key(entry.height, entry.width, entry.cut, entry.codec), &entry);
  }
  const PrivacyEntry* At(const InputSize& size, int cut, std::string_view codec) const {
    for (const std::string_view name : {codec, std::string_view()}) {   // "" is of any codec
      const auto found = entries_.find(Key(size.height, size.width, cut, name));
      if (found != entries_.end()) return found->second;
    }
    return nullptr;
  }

 private:
  using Key = std::tuple<int, int, int, std::string_view>;
  std::map<Key, const PrivacyEntry*> entries_;
};

const profile::CodecSpeed* SpeedOf(const profile::Profile& profile, const std::string& codec) {
  const auto found =
      std::find_if(profile.codecs.begin(), profile.codecs.end(), [&](const auto& speed) { return speed.codec == codec; });
  return found == profile.codecs.end() ? nullptr : &*found;
}

struct Row {
  OptionKey key;
  std::array<double, kWeights> coefficient{};
  double encode_s = 0, decode_s = 0, accuracy = kNotKnown;
  double device_memory = 0, edge_memory = 0, distance_correlation = 0, ssim = 0;
};

void Add(const Row& row, OptionTable* table) {
  table->keys.push_back(row.key);
  for (int w = 0; w < kWeights; ++w) table->coefficient[w].push_back(row.coefficient[w]);
  table->encode_s.push_back(row.encode_s);
  table->decode_s.push_back(row.decode_s);
  table->accuracy.push_back(row.accuracy);
  table->device_memory_bytes.push_back(row.device_memory);
  table->edge_memory_bytes.push_back(row.edge_memory);
  table->distance_correlation.push_back(row.distance_correlation);
  table->reconstruction_ssim.push_back(row.ssim);
}

}   // namespace

int FastestThreads(const profile::Profile& profile) {
  int64_t pixels = -1;
  double seconds = 0;
  int threads = 0;
  for (const profile::SizeProfile& at : profile.sizes) {
    const int64_t here = int64_t{at.height} * at.width;
    const double sum = SecondsOf(at, 0, static_cast<int>(at.groups.size()));
    if (here > pixels || (here == pixels && sum < seconds)) {
      pixels = here;
      seconds = sum;
      threads = at.threads;
    }
  }
  return threads;
}

std::vector<InputSize> SizesOf(const profile::Profile& profile, int threads) {
  std::vector<InputSize> sizes;
  for (const profile::SizeProfile& at : profile.sizes) {
    if (at.threads == threads) sizes.push_back({at.height, at.width});
  }
  std::stable_sort(sizes.begin(), sizes.end(), [](const InputSize& a, const InputSize& b) {
    return int64_t{a.height} * a.width < int64_t{b.height} * b.width;
  });
  return sizes;
}

absl::StatusOr<OptionSet> BuildOptions(const OptionInputs& in) {
  RETURN_IF_ERROR(CheckInputs(in));
  const int n = in.device->group_count();
  const int device_threads = in.device_threads > 0 ? in.device_threads : FastestThreads(*in.device);
  const int edge_threads = in.edge_threads > 0 ? in.edge_threads : FastestThreads(*in.edge);
  OptionSet set;
  OptionTable& table = set.table;
  table.group_names = in.device->group_names;
  table.sizes = in.sizes;
  for (const CodecChoice& codec : in.codecs) table.codecs.push_back(codec.name);

  std::vector<const profile::SizeProfile*> device, edge;
  for (const InputSize& size : in.sizes) {
    ASSIGN_OR_RETURN(const profile::SizeProfile* at, FindSize(*in.device, "the device's profile", size, device_threads));
    device.push_back(at);
    ASSIGN_OR_RETURN(at, FindSize(*in.edge, "the edge's profile", size, edge_threads));
    edge.push_back(at);
    if (edge.back()->cut_bytes != device.back()->cut_bytes) {
      return FailedPrecondition("the two profiles disagree on what crosses the cuts at ", SizeText(size));
    }
  }

  const auto fixed_and_per_byte = [](double fixed, double per_byte, double bytes) { return fixed + per_byte * bytes; };
  const Accuracies accuracies(in.accuracy);
  const PrivacyIndex privacies(in.privacy);
  size_t accuracy_unknown = 0;
  std::set<std::string> unmeasured_speed;
  for (int cut = 0; cut <= n; ++cut) {
    for (size_t s = 0; s < in.sizes.size(); ++s) {
      Row row;
      row.key = {static_cast<int16_t>(cut), static_cast<int16_t>(s), kNoCodec};
      const double head_s = SecondsOf(*device[s], 0, cut), tail_s = SecondsOf(*edge[s], cut, n);
      row.device_memory = cut == 0 ? static_cast<double>(device[s]->cut_bytes[0]) : MemoryOf(*in.device, *device[s], 0, cut);
      row.edge_memory = MemoryOf(*in.edge, *edge[s], cut, n);
      if (cut == n) {
        row.coefficient[kDevice] = head_s;
        ASSIGN_OR_RETURN(row.accuracy, accuracies.At(in.sizes[s], nullptr, cut));
        accuracy_unknown += std::isnan(row.accuracy) ? 1 : 0;
        Add(row, &table);
        continue;
      }
      for (size_t k = 0; k < in.codecs.size(); ++k) {
        const CodecChoice& codec = in.codecs[k];
        const double bytes = codec.bytes[s * static_cast<size_t>(n) + static_cast<size_t>(cut)];
        if (std::isnan(bytes)) continue;
        if (!(bytes >= 0 && bytes <= kMaxBytes)) {
          return InvalidArgument("codec ", codec.name, " makes ", bytes, " bytes of cut ", cut, " at ", SizeText(in.sizes[s]),
                                 "; expected 0 or more");
        }
        row.key.codec = static_cast<int16_t>(k);
        row.encode_s = row.decode_s = 0;
        const double raw_bytes = static_cast<double>(device[s]->cut_bytes[static_cast<size_t>(cut)]);
        if (const profile::CodecSpeed* speed = SpeedOf(*in.device, codec.name)) {
          row.encode_s = fixed_and_per_byte(speed->encode_fixed_s, speed->encode_s_per_byte, raw_bytes);
        } else if (in.device->measured) {
          unmeasured_speed.insert(codec.name);
        }
        if (const profile::CodecSpeed* speed = SpeedOf(*in.edge, codec.name)) {
          row.decode_s = fixed_and_per_byte(speed->decode_fixed_s, speed->decode_s_per_byte, raw_bytes);
        } else if (in.edge->measured) {
          unmeasured_speed.insert(codec.name);
        }
        row.coefficient = {head_s + row.encode_s, bytes * 8, 1, tail_s + row.decode_s,
                           8.0 * static_cast<double>(edge[s]->output_bytes_of_tail[static_cast<size_t>(cut)])};
        ASSIGN_OR_RETURN(row.accuracy, accuracies.At(in.sizes[s], &codec, cut));
        accuracy_unknown += std::isnan(row.accuracy) ? 1 : 0;
        const PrivacyEntry* privacy = privacies.At(in.sizes[s], cut, codec.name);
        row.distance_correlation = privacy == nullptr ? kNotKnown : privacy->distance_correlation;
        row.ssim = privacy == nullptr ? kNotKnown : privacy->reconstruction_ssim;
        Add(row, &table);
      }
    }
  }
  if (table.size() == in.sizes.size() && !in.codecs.empty())
    set.notes.push_back("no codec's size is known at any cut: only all-local options are left");
  if (in.accuracy != nullptr && accuracy_unknown > 0) {
    set.notes.push_back(Concat("the accuracy table has no row for ", accuracy_unknown, " of ", table.size(), " options"));
  }
  if (in.accuracy != nullptr && !in.accuracy->labelled) {
    set.notes.push_back("the accuracy table has no labels: accuracy is agreement with the whole model at its own size");
  }
  if (!unmeasured_speed.empty()) {
    std::string names;
    for (const std::string& name : unmeasured_speed) Append(&names, names.empty() ? "" : ", ", name);
    set.notes.push_back(Concat("encoding or decoding was not timed on both sides and counts as 0 s: ", names));
  }
  RankRows(&table);
  return set;
}

}   // namespace partway::cost
