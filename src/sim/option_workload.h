// The work of frames that run by rows of an option table (cost/option_table.h), or by an option of a policy's own. Seconds are the profile's
// times the weights in force when a piece of work begins (paper eq. 2). What the device does in place of the edge takes the seconds of the
// all-local row at the same size, less those of the head. Not thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "cost/option_table.h"
#include "policy/policy.h"
#include "sim/id_window.h"
#include "sim/workload.h"

namespace partway::sim {

class OptionWorkload final : public Workload {
 public:
  // Errors: InvalidArgument for a size without an all-local row: what the device does without its server would not be known.
  static absl::StatusOr<OptionWorkload> Make(const cost::OptionTable& options);

  int group_count() const { return groups_; }
  // Speeds of device and edge from now on.
  void SetWeights(const cost::Weights& weights) { weights_ = weights; }

  // The frame that is about to be offered, ids ascending. Returns its plan, which holds until it has ended.
  const device::Plan* Add(device::FrameId frame, int32_t row);
  const device::Plan* AddOwn(device::FrameId frame, const policy::OptionCost& own);
  const device::Plan& plan(int32_t row) const { return rows_[static_cast<size_t>(row)].plan; }
  // Of the answer to a frame that has not ended; kNotKnown where it is not. That of an option that is no row is known where all rows' are.
  double Accuracy(device::FrameId frame, device::Outcome outcome);

  Duration Prepare(const device::PrepareCommand& c) override;
  Duration Compute(const device::ComputeCommand& c) override;
  Duration Encode(const device::EncodeCommand& c) override;
  Upload UploadOf(const device::SendCommand& c) override;
  void Ended(device::FrameId frame) override {
    frames_.Erase(frame);
    own_.Erase(frame);
  }

 private:
  struct Work {
    device::Plan plan;
    double prepare_s = 0;   // device work that is neither head nor encoding
    double head_s = 0, encode_s = 0;
    double whole_s = 0;   // of the model on the device
    double edge_s = 0, upload_bits = 0, reply_bits = 0;
    double accuracy = 0, whole_accuracy = 0;
  };
  explicit OptionWorkload(int groups) : groups_(groups) {}
  static Work Divide(device::Plan plan, const policy::OptionCost& cost, double encode_s, const Work& whole);
  Duration Device(double seconds) const;
  const Work& Of(device::FrameId frame) { return **frames_.Find(frame); }

  int groups_;
  bool all_known_ = true;
  cost::Weights weights_{1, 1, 1, 1, 1};
  std::vector<Work> rows_;
  Work largest_;         // all on the device at the largest size
  IdWindow<Work> own_;   // frames by an option that is no row
  IdWindow<const Work*> frames_;
};

}   // namespace partway::sim
