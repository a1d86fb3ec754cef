// Figures of boards and radios, and where they are from.
#include "base/status.h"
#include "cost/power.h"

namespace partway::cost {
namespace {

constexpr double kPerMbps = 1e-6;   // W per Mbps to W per bit/s

constexpr BoardPower kBoards[] = {
    {"raspberry-pi-4", 6.4, 2.7,
     "compute: all four cores busy (stress --cpu 4, 1280 mA), idle: 540 mA; both at the USB supply, Raspberry Pi 4 B; Pi "
     "Dramble, "
     "'Power Consumption Benchmarks', pidramble.com/wiki/benchmarks/power-consumption"},
    {"raspberry-pi-b", 2.7008, 2.5198,
     "compute: idle and 0.181 W for the busy processor, idle: 1.5778 W and 0.942 W for Wi-Fi that is on; Kaup, Gottschling, "
     "Hausheer, "
     "'PowerPi: Measuring and modeling the power consumption of the Raspberry Pi', IEEE LCN 2014, Table 1 and eq. 12"},
};

constexpr RadioPower kRadios[] = {
    {"wifi", 0.064, 0.064, 4.813e-3 * kPerMbps, 4.813e-3 * kPerMbps,
     "0.064 W and 4.813 mW per Mbps beside the idle radio, receiving taken to be as sending; Kaup, Gottschling, Hausheer, "
     "'PowerPi', IEEE "
     "LCN 2014, eq. 12"},
    {"wifi-phone", 0.13286, 0.13286, 283.17e-3 * kPerMbps, 137.01e-3 * kPerMbps,
     "132.86 mW and 283.17 (up) or 137.01 (down) mW per Mbps, a phone of 2011; Huang et al., 'A Close Examination of Performance "
     "and Power "
     "Characteristics of 4G LTE Networks', MobiSys 2012, Table 4"},
    {"lte", 1.28804, 1.28804, 438.39e-3 * kPerMbps, 51.97e-3 * kPerMbps,
     "1288.04 mW and 438.39 (up) or 51.97 (down) mW per Mbps, a phone of 2011; Huang et al., 'A Close Examination of Performance "
     "and Power "
     "Characteristics of 4G LTE Networks', MobiSys 2012, Table 4"},
};

}   // namespace

std::span<const BoardPower> KnownBoards() { return kBoards; }
std::span<const RadioPower> KnownRadios() { return kRadios; }

absl::StatusOr<PowerModel> FindPower(std::string_view name) {
  const std::string_view board_name = name.substr(0, name.find('+'));
  const std::string_view radio_name = board_name.size() == name.size() ? kRadios[0].name : name.substr(board_name.size() + 1);
  for (const BoardPower& board : kBoards) {
    if (board_name != board.name) continue;
    for (const RadioPower& radio : kRadios) {
      if (radio_name != radio.name) continue;
      PowerModel power;
      power.name = Concat(board.name, "+", radio.name);
      power.compute_w = board.compute_w;
      power.idle_w = board.idle_w;
      power.transmit_w = board.idle_w + radio.transmit_w;
      power.receive_w = board.idle_w + radio.receive_w;
      power.transmit_w_per_bps = radio.transmit_w_per_bps;
      power.receive_w_per_bps = radio.receive_w_per_bps;
      power.source = Concat(board.source, "; radio ", radio.source);
      return power;
    }
  }
  std::string boards, radios;
  for (const BoardPower& board : kBoards) Append(&boards, boards.empty() ? "" : ", ", board.name);
  for (const RadioPower& radio : kRadios) Append(&radios, radios.empty() ? "" : ", ", radio.name);
  return NotFound("no power figures of '", name, "'; known boards: ", boards, "; each alone or with +RADIO of ", radios);
}

}   // namespace partway::cost
