// Which rows an accuracy table will have: sizes x cuts x codecs, without those that mean nothing. Pure.
#pragma once

#include <string>
#include <vector>

#include "codec/codec_spec.h"

namespace partway::profile {

struct InputSize {
  int height = 0, width = 0;   // pixels
  bool operator==(const InputSize&) const = default;
};

// The rows of one size and cut, which are worked on together.
struct AccuracyBlock {
  InputSize size;
  int cut = -1;                           // -1: uncut, one row
  std::vector<codec::CodecSpec> codecs;   // of the rows; those that differ only in entropy coding are neighbours
};

struct AccuracyPlan {
  std::vector<AccuracyBlock> blocks;      // by size, in the order given; each size's uncut block first
  std::vector<std::string> passed_over;   // what was asked for and is not measured, with the reason, a line each
  size_t rows() const;
  bool has_cuts() const;
};

// `groups`: N of the model. The model's own size should come first: it is what others are compared with. Not measured: plain raw at a cut, which
// the uncut row answers; picture codecs beyond cut 0 and the others at it; cut N, which sends nothing.
AccuracyPlan PlanAccuracy(const std::vector<InputSize>& sizes, const std::vector<codec::CodecSpec>& codecs,
                          const std::vector<int>& cuts, int groups);

// raw, fp16, int8 ... int2 per tensor and per channel, all with and without entropy coding; raw8, jpeg:50, jpeg:75, jpeg:90 for cut 0.
std::vector<codec::CodecSpec> AllCodecs();

}   // namespace partway::profile
