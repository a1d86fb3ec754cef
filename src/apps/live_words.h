// What a policy chose and why, in words, from the numbers it chose by. Pure, thread-safe.
#pragma once

#include <string>

#include "cost/option_table.h"
#include "device/frame_record.h"
#include "policy/policy.h"
#include "policy/problem.h"
#include "policy/slot_model.h"

namespace partway::apps {

// As cost::OptionText says it of a row: "cut 3 at 224 as int8-ec". `codec` is not looked at where all runs on the device.
std::string WayText(int cut, int groups, int size, const std::string& codec);

// "24 of 30 frames: 18 cut 3 at 224 as int8-ec, 6 all on the device at 192"; the count is left out where there is one way.
std::string ChosenText(const cost::OptionTable& table, const policy::Observation& seen, const policy::Decision& decision);

// What a decision was made from.
struct DecidedFrom {
  const policy::Problem& problem;
  const policy::SlotModel& model;   // of that problem
  const policy::Observation& seen;
  const policy::Decision& decision;
  bool connected = true;   // to the server
  bool fell_back = false;
};
// One line: of the ways that were not chosen (the device alone, the picture as it is to the edge, a cut between) the best that keeps the accuracy, and
// what the slot model says against it: "uplink 800 kbps: all on the edge at 192 as jpeg:90 would take 130 ms > 100 ms".
std::string WhyText(const DecidedFrom& from);

// Where a frame was answered and how: "edge, cut 3 at 224 as int8-ec"; "dropped: left out by the policy".
std::string HowText(const device::FrameRecord& frame, int groups);

}   // namespace partway::apps
