#include "apps/replay_info.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "base/status.h"
#include "wire/codec.h"

namespace partway::apps {
namespace {

constexpr double kRateStepS = 0.1;                      // as the traces have it that ship
constexpr Duration kAfter = std::chrono::seconds(30);   // of the link, beyond the run's own length
constexpr int kMostGroups = 32'767;

// Of a request as the live runtime makes it, without the values.
int64_t RequestBytes(const DeviceSide& side, const device::LiveOptions& options) {
  wire::InferRequest request;
  request.model = side.attach.model;
  request.id = "100.100";
  request.device = side.attach.device;
  request.segment = wire::InferRequest::Segment{0, side.prepared.grouping->size(), side.prepared.grouping->fingerprint,
                                                side.attach.model_sha256, "int8-ec"};
  request.deadline = options.session.deadline;
  constexpr int64_t kValues = 10'000;
  const auto values = std::make_shared<std::vector<std::byte>>(kValues);
  request.inputs.push_back({wire::kEncodedInput, Tensor::Wrap(DType::kUint8, {kValues}, values->data(), kValues, values)});
  return static_cast<int64_t>(wire::TotalSize(wire::EncodeInferRequest(request))) - kValues;
}

report::ReplayWay WayOf(const net::DirectionOptions& way, std::optional<Duration> length) {
  report::ReplayWay recorded;
  recorded.delay_s = ToSeconds(way.delay);
  if (way.profile == nullptr) {
    recorded.rates_bps = {way.rate.value()};
    return recorded;
  }
  constexpr size_t kMost = report::ReplayInfo::kMostRates;
  const double seconds = length ? ToSeconds(*length + kAfter) : kMost * kRateStepS;
  recorded.step_s = std::max(kRateStepS, seconds / kMost);
  const auto wanted = static_cast<size_t>(seconds / recorded.step_s);
  double sum = 0;
  // At least one rate above 0, so that the link carries something in the end.
  for (size_t i = 0; i < kMost && (i < std::max<size_t>(wanted, 2) || sum == 0); ++i) {
    const auto at = [&](size_t step) { return Instant{} + FromSeconds(recorded.step_s * static_cast<double>(step)); };
    recorded.rates_bps.push_back(static_cast<double>(way.profile->Carried(at(i), at(i + 1))) / recorded.step_s);
    sum += recorded.rates_bps.back();
  }
  return recorded;
}

}   // namespace

std::optional<report::ReplayInfo> ReplayInfoOf(const LiveProblem& live, const device::LiveOptions& options,
                                               const DeviceSide& side, const media::Source& source, const std::string& policy,
                                               const policy::Parameters& parameters) {
  const cost::OptionTable& table = live.table;
  if (table.size() > report::ReplayInfo::kMostOptions) return std::nullopt;
  report::ReplayInfo info;
  info.policy = policy;
  info.numbers.insert(parameters.numbers.begin(), parameters.numbers.end());
  info.texts.insert(parameters.texts.begin(), parameters.texts.end());
  info.policy_slot_s = live.problem.slot_s;
  if (options.session.deadline) info.deadline_s = ToSeconds(*options.session.deadline);
  if (!source.live() && options.feeder.fps > 0) info.fps = options.feeder.fps;
  info.reply_timeout_s = ToSeconds(options.session.reply_timeout);
  info.drop_oldest = options.session.drop_oldest;
  info.encode_slots = options.session.encode_slots;
  info.connected = options.session.connected;
  info.request_bytes = RequestBytes(side, options);
  for (size_t row = 0; row < table.size(); ++row) {
    const cost::OptionKey& key = table.keys[row];
    report::ReplayOption& option = info.options.emplace_back();
    option.cut = key.cut;
    option.size = table.sizes[static_cast<size_t>(key.size)].height;
    if (!table.local(row)) option.codec = table.codecs[static_cast<size_t>(key.codec)];
    option.device_s = table.coefficient[cost::kDevice][row];
    option.encode_s = table.encode_s[row];
    option.upload_bytes = table.upload_bytes(row);
    option.edge_s = table.coefficient[cost::kEdge][row];
    option.reply_bytes = table.coefficient[cost::kDownlink][row] / 8;
    option.accuracy = table.accuracy[row];
  }
  return info;
}

report::ReplayLink ReplayLinkOf(const net::LinkOptions& link, Instant at, std::optional<Duration> length) {
  return {.at_s = at.seconds(), .up = WayOf(link.up, length), .down = WayOf(link.down, length)};
}

absl::StatusOr<std::unique_ptr<LiveProblem>> ProblemOf(const report::RunHeader& header) {
  if (!header.replay || !header.control) {
    return InvalidArgument("the record does not hold what a replay needs; expected one of 'run' or 'compare' with a policy");
  }
  const report::ReplayInfo& info = *header.replay;
  if (header.groups < 1 || header.groups > kMostGroups) {
    return InvalidArgument("header.model.groups: ", header.groups, "; expected 1 to ", kMostGroups);
  }
  auto live = std::make_unique<LiveProblem>();
  cost::OptionTable& table = live->table;
  for (int g = 0; g < header.groups; ++g) table.group_names.push_back(Concat("group ", g));
  std::vector<int> sizes;
  for (const report::ReplayOption& option : info.options) sizes.push_back(option.size);
  std::sort(sizes.begin(), sizes.end());
  sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
  for (const int size : sizes) table.sizes.push_back({size, size});
  std::pair<int, int> last{0, 0};
  for (const report::ReplayOption& option : info.options) {
    const bool local = option.codec.empty();
    const std::pair place{option.cut, option.size};
    if (place < std::exchange(last, place)) {
      return InvalidArgument("header.replay.options: cut ", option.cut, " at ", option.size,
                             " after a later one; expected them in order of cut and size");
    }
    if (option.cut > header.groups || local != (option.cut == header.groups)) {
      return InvalidArgument("header.replay.options: cut ", option.cut, local ? " without a codec" : " with a codec",
                             " of a model of ", header.groups, " groups; expected a codec where something is sent, and no other");
    }
    cost::OptionKey key{static_cast<int16_t>(option.cut), 0, cost::kNoCodec};
    key.size = static_cast<int16_t>(std::lower_bound(sizes.begin(), sizes.end(), option.size) - sizes.begin());
    if (!local) {
      const auto found = std::find(table.codecs.begin(), table.codecs.end(), option.codec);
      key.codec = static_cast<int16_t>(found - table.codecs.begin());
      if (found == table.codecs.end()) table.codecs.push_back(option.codec);
    }
    table.keys.push_back(key);
    const double coefficient[cost::kWeights] = {option.device_s, 8 * option.upload_bytes, local ? 0.0 : 1.0, option.edge_s,
                                                8 * option.reply_bytes};
    for (size_t w = 0; w < cost::kWeights; ++w) table.coefficient[w].push_back(coefficient[w]);
    table.encode_s.push_back(option.encode_s);
    table.accuracy.push_back(option.accuracy);
    for (auto* column : {&table.decode_s, &table.device_memory_bytes, &table.edge_memory_bytes, &table.distance_correlation,
                         &table.reconstruction_ssim}) {
      column->push_back(0);
    }
  }
  cost::RankRows(&table);
  live->slot_s = header.control->slot_s;
  live->device_speed = 1 / std::max(header.slowdown, 1.0);
  live->problem.options = &table;
  live->problem.slot_s = info.policy_slot_s;
  live->problem.max_latency_s = header.control->max_latency_s;
  live->problem.min_accuracy = header.control->min_accuracy;
  live->problem.edge_limits_frames = true;
  return live;
}

}   // namespace partway::apps
