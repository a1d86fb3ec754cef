#include "sim/option_workload.h"

#include <algorithm>

#include "base/status.h"
#include "sim/known_accuracy.h"

namespace partway::sim {
namespace {

// No piece of work takes longer, whatever a table and a speed multiply to: a year, far from the end of the clock.
constexpr double kLongestSeconds = 3e7;
constexpr double kMostBytes = 1e12;   // of one message

}   // namespace

absl::StatusOr<OptionWorkload> OptionWorkload::Make(const cost::OptionTable& options) {
  OptionWorkload made(options.groups());
  made.all_known_ = KnownAccuracy(options).all();
  std::vector<const Work*> whole(options.sizes.size(), nullptr);
  made.rows_.resize(options.size());
  const auto cost_of = [&](size_t row) {
    policy::OptionCost cost;
    for (size_t w = 0; w < cost::kWeights; ++w) cost.coefficient[w] = options.coefficient[w][row];
    cost.accuracy = options.accuracy[row];
    return cost;
  };
  const auto plan_of = [&](size_t row) {
    const cost::OptionKey key = options.keys[row];
    return device::Plan{.from = key.cut,
                        .to = made.groups_,
                        .size = options.sizes[static_cast<size_t>(key.size)].height,
                        .codec = options.local(row) ? "" : options.codecs[static_cast<size_t>(key.codec)]};
  };
  for (size_t row = 0; row < options.size(); ++row) {
    if (!options.local(row)) continue;
    Work& work = made.rows_[row];
    work.plan = plan_of(row);
    work.whole_s = options.coefficient[cost::kDevice][row];
    work.accuracy = work.whole_accuracy = options.accuracy[row];
    whole[static_cast<size_t>(options.keys[row].size)] = &work;
  }
  for (size_t row = 0; row < options.size(); ++row) {
    if (options.local(row)) continue;
    const Work* local = whole[static_cast<size_t>(options.keys[row].size)];
    if (local == nullptr) {
      return InvalidArgument("option '", cost::OptionText(options, row),
                             "' has no all-local option of its size beside it; expected "
                             "one, since the device goes on alone when the edge does not answer");
    }
    made.rows_[row] = Divide(plan_of(row), cost_of(row), options.encode_s[row], *local);
  }
  for (const Work* local : whole) {
    if (local != nullptr) made.largest_ = *local;   // sizes ascend
  }
  return made;
}

// Which part of the device's seconds the session asks for as which command.
OptionWorkload::Work OptionWorkload::Divide(device::Plan plan, const policy::OptionCost& cost, double encode_s,
                                            const Work& whole) {
  Work work;
  work.plan = std::move(plan);
  const double device_s = cost.coefficient[cost::kDevice];
  const bool encodes = work.plan.codec != "raw";
  if (work.plan.from > 0) {
    work.encode_s = encodes ? std::min(encode_s, device_s) : 0;
    work.head_s = device_s - work.encode_s;
  } else {
    (encodes ? work.encode_s : work.prepare_s) = device_s;
  }
  work.whole_s = std::max(whole.whole_s, work.head_s);
  work.edge_s = cost.coefficient[cost::kEdge];
  work.upload_bits = cost.coefficient[cost::kUplink];
  work.reply_bits = cost.coefficient[cost::kDownlink];
  work.accuracy = cost.accuracy;
  work.whole_accuracy = whole.accuracy;
  return work;
}

const device::Plan* OptionWorkload::Add(device::FrameId frame, int32_t row) {
  const Work* work = &rows_[static_cast<size_t>(row)];
  frames_.Put(frame, work);
  return &work->plan;
}

const device::Plan* OptionWorkload::AddOwn(device::FrameId frame, const policy::OptionCost& own) {
  const auto& c = own.coefficient;
  const bool sends = c[cost::kUplink] > 0 || c[cost::kEdge] > 0 || c[cost::kRoundTrip] > 0;
  Work work;
  if (sends) {
    const int from = c[cost::kDevice] > 0 && groups_ > 1 ? 1 : 0;   // no cut: only that there is a head, or none
    work = Divide({.from = from, .to = groups_, .size = largest_.plan.size, .codec = "raw"}, own, 0, largest_);
  } else {
    work = largest_;
    work.whole_s = c[cost::kDevice];
    work.accuracy = work.whole_accuracy = own.accuracy;
  }
  if (!all_known_) work.accuracy = work.whole_accuracy = cost::kNotKnown;
  const Work* kept = own_.Put(frame, std::move(work));
  frames_.Put(frame, kept);
  return &kept->plan;
}

double OptionWorkload::Accuracy(device::FrameId frame, device::Outcome outcome) {
  const Work& work = Of(frame);
  return outcome == device::Outcome::kEdge ? work.accuracy : work.whole_accuracy;
}

Duration OptionWorkload::Device(double seconds) const {
  return FromSeconds(std::min(seconds * weights_[cost::kDevice], kLongestSeconds));
}
Duration OptionWorkload::Prepare(const device::PrepareCommand& c) { return Device(Of(c.frame).prepare_s); }
Duration OptionWorkload::Encode(const device::EncodeCommand& c) { return Device(Of(c.frame).encode_s); }
Duration OptionWorkload::Compute(const device::ComputeCommand& c) {
  const Work& work = Of(c.frame);
  if (c.purpose == device::ComputePurpose::kHead) return Device(work.head_s);
  return Device(c.from == 0 ? work.whole_s : work.whole_s - work.head_s);
}

Upload OptionWorkload::UploadOf(const device::SendCommand& c) {
  const Work& work = Of(c.frame);
  const auto bytes = [](double bits) { return static_cast<int64_t>(std::min(bits / 8 + 0.5, kMostBytes)); };
  return {.bytes = bytes(work.upload_bits),
          .reply_bytes = bytes(work.reply_bits),
          .edge_s = std::min(work.edge_s * weights_[cost::kEdge], kLongestSeconds)};
}

}   // namespace partway::sim
