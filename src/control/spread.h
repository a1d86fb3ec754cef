// When the frames of a slot begin, so that each resource finds its next piece of work just as it is free. Pure.
#pragma once

#include <span>
#include <vector>

#include "policy/policy.h"

namespace partway::control {

// What one share of a decision asks of the device and of the uplink, per frame.
struct SpreadShare {
  int frames = 0;
  double head_s = 0, upload_s = 0;
};

SpreadShare ShareOf(int frames, const policy::OptionCost& cost, const policy::Observation& seen);

struct PlannedFrame {
  double at_s = 0;   // from the slot's begin, in [0, slot)
  int share = 0;     // index
};

// The frames of several shares are interleaved evenly. Those that send come so far apart that each upload can follow the one before it (Parecon,
// Fig. 1c), with heads of different length begun so much the earlier or later; those that stay have a grid of their own. For one share all this is
// an even grid. In order of time. Keeps its memory from slot to slot; not thread-safe.
class Spreader {
 public:
  std::span<const PlannedFrame> Spread(std::span<const SpreadShare> shares, double slot_s);

 private:
  struct Placed {
    double order, grid;
    int share;
  };
  std::vector<Placed> placed_;
  std::vector<PlannedFrame> planned_;
};

}   // namespace partway::control
