// The device's electrical power by what it is doing, and the energy of a frame that follows from it (Neurosurgeon, Kang et al.,
// ASPLOS 2017, section 4, and Huang et al., MobiSys 2012, section 5.1, for radios whose power grows with their rate).
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cost/option_table.h"
#include "cost/state.h"

namespace partway::cost {

// Watts of the whole device. A frame runs alone: compute, then transmit, then wait for the edge, then receive, so
//
//   energy_j = compute_w (head + encode) + (transmit_w + transmit_w_per_bps * uplink) upload + idle_w (rtt + edge)
//            + (receive_w + receive_w_per_bps * downlink) reply
//
// where a rate times the seconds it takes is the bits sent; so energy is linear in the weights of State, too, but for a constant.
struct PowerModel {
  std::string name;
  double compute_w = 0, transmit_w = 0, receive_w = 0, idle_w = 0;
  double transmit_w_per_bps = 0, receive_w_per_bps = 0;   // = joules per bit
  std::string source;                                     // where the figures come from, in words
};

// Errors: InvalidArgument that names the figure: negative, not finite, above 10 kW (or 1 mJ a bit); no draw while computing.
absl::Status CheckPower(const PowerModel& power);

// What a board and a radio draw, each figure with its source. There are few, because published figures that say how they were measured are.
struct BoardPower {
  const char* name;
  double compute_w, idle_w;   // the whole board
  const char* source;
};
struct RadioPower {
  const char* name;
  double transmit_w, receive_w;                   // on top of the idle board while sending or receiving
  double transmit_w_per_bps, receive_w_per_bps;   // and on top of that for each bit/s
  const char* source;
};
std::span<const BoardPower> KnownBoards();
std::span<const RadioPower> KnownRadios();

// "raspberry-pi-4" or with a radio, "raspberry-pi-4+lte"; without one the first of the list, Wi-Fi. Errors: NotFound that lists the names.
absl::StatusOr<PowerModel> FindPower(std::string_view name);

// Energy of a row = constant_j + sum over w of joules[w] * weight[w].
struct EnergyTerms {
  double constant_j = 0;
  std::array<double, kWeights> joules{};
};
EnergyTerms EnergyOf(const PowerModel& power, const OptionTable& table, size_t row);

}   // namespace partway::cost
