// How many frames to keep under way: the smallest number that keeps the slowest stage busy, the sum of the stage times over the
// slowest one, rounded up (Parecon, Fig. 1b and 1c). Pure; not thread-safe.
//
// The time that an upload takes is not the time that it keeps the link busy: the former holds the link's delay and the wait behind
// the upload before it, too. The latter is read off the distance between two arrivals at the server when the second frame was
// started before the first had arrived: if the link is the slowest stage that distance is the link's time per frame, else it is
// an upper bound that does no harm, since then another stage is slower. Some of these distances are longer, where the second frame
// had to wait for the depth and not for the link; so a low quantile of the last ones is taken, not their mean.
#pragma once

#include <array>
#include <cstddef>
#include <optional>

namespace partway::device {

// One frame that the edge answered; seconds.
struct StageTimes {
  double device_s = 0;                   // head and tail, both on the device's compute slots
  double network_s = 0;                  // there and back: all that was neither the device's nor the server's
  double edge_s = 0;                     // the server's compute, without its queue
  std::optional<double> arrival_gap_s;   // since the frame before arrived, if this one had been started by then
};

class DepthEstimator {
 public:
  // `depth_max`, `compute_slots` >= 1.
  DepthEstimator(int depth_max, int compute_slots);

  void Observe(const StageTimes& times);
  // The plan changed: forgets the times, keeps the depth until the new ones are known.
  void Restart();
  // 2 before anything is known (a pipeline at all), within 1..depth_max.
  int depth() const { return depth_; }

 private:
  std::optional<double> FramesToFillPipeline() const;
  double LinkSeconds(double network_s) const;

  int depth_max_;
  int compute_slots_;
  int depth_;
  int observed_ = 0;
  int agreeing_ = 0;   // observations in a row that ask for a change in the same direction
  double device_s_ = 0, edge_s_ = 0;
  // The last ones. The least time on the network had the least wait in it.
  static constexpr size_t kWindow = 16;
  std::array<double, kWindow> network_s_{}, gap_s_{};
  int gaps_ = 0;
};

}   // namespace partway::device
