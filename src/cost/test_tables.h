// Option tables for tests: written out by hand, or drawn from a seed.
#pragma once

#include <cmath>
#include <vector>

#include "base/rng.h"
#include "base/text.h"
#include "cost/option_table.h"
#include "cost/power.h"

namespace partway::cost {

struct TestRow {
  int cut = 0;
  double device_s = 0, upload_bits = 0, edge_s = 0;
  double accuracy = 0.5;
  double reply_bits = 0;
  int size = 0, codec = 0;
};

// One table of `groups` groups, one size of 224 and one codec "raw" unless rows say otherwise. A row of cut `groups` is local.
inline OptionTable MakeTable(int groups, const std::vector<TestRow>& rows) {
  OptionTable table;
  for (int g = 0; g < groups; ++g) table.group_names.push_back(Concat("g", g));
  for (const TestRow& row : rows) {
    const bool local = row.cut == groups;
    while (static_cast<int>(table.sizes.size()) <= row.size) {
      const int edge = 224 + 32 * static_cast<int>(table.sizes.size());
      table.sizes.push_back({edge, edge});
    }
    while (static_cast<int>(table.codecs.size()) <= row.codec)
      table.codecs.push_back(table.codecs.empty() ? "raw" : Concat("codec", table.codecs.size()));
    table.keys.push_back(
        {static_cast<int16_t>(row.cut), static_cast<int16_t>(row.size), local ? kNoCodec : static_cast<int16_t>(row.codec)});
    const double coefficient[kWeights] = {row.device_s, row.upload_bits, local ? 0.0 : 1.0, row.edge_s, row.reply_bits};
    for (int w = 0; w < kWeights; ++w) table.coefficient[w].push_back(coefficient[w]);
    table.encode_s.push_back(0);
    table.decode_s.push_back(0);
    table.accuracy.push_back(row.accuracy);
    table.device_memory_bytes.push_back(1e6 * row.cut);
    table.edge_memory_bytes.push_back(1e6 * (groups - row.cut));
    table.distance_correlation.push_back(local ? 0 : 1 - 0.1 * row.cut);
    table.reconstruction_ssim.push_back(local ? 0 : 0.9 - 0.1 * row.cut);
  }
  RankRows(&table);
  return table;
}

// `count` options that might be some network's. About one in eight repeats a figure of the row before, so that ties occur.
inline OptionTable RandomTable(Rng* rng, int count) {
  constexpr int kGroups = 9;
  std::vector<TestRow> rows;
  for (int i = 0; i < count; ++i) {
    TestRow row;
    row.cut = static_cast<int>(rng->UniformInt(0, kGroups));
    row.device_s = 0.01 * row.cut * rng->Uniform(0.5, 2);
    row.upload_bits = row.cut == kGroups ? 0 : std::exp(rng->Uniform(9, 16));
    row.edge_s = 0.002 * (kGroups - row.cut) * rng->Uniform(0.5, 2);
    row.reply_bits = row.cut == kGroups ? 0 : 32000;
    row.accuracy = rng->Uniform(0.4, 0.8);
    if (!rows.empty() && rows.back().cut == row.cut && rng->Chance(0.8)) row.upload_bits = rows.back().upload_bits;
    if (!rows.empty() && rng->Chance(0.125)) row = rows.back();
    row.codec = i % 3;
    rows.push_back(row);
  }
  return MakeTable(kGroups, rows);
}

inline PowerModel TestPower() {
  PowerModel power;
  power.name = "test";
  power.compute_w = 6;
  power.transmit_w = 3;
  power.receive_w = 2.5;
  power.idle_w = 2;
  power.transmit_w_per_bps = 5e-9;
  power.source = "a test";
  return power;
}

inline State TestState() {
  State state;
  state.uplink_bps = 20e6;
  state.downlink_bps = 50e6;
  state.rtt_s = 0.01;
  return state;
}

}   // namespace partway::cost
