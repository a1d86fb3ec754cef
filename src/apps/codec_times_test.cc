#include "apps/codec_times.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace partway::apps {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

profile::Profile Timed(const std::vector<std::pair<const char*, double>>& codecs) {
  profile::Profile profile;
  for (const auto& [codec, seconds] : codecs) profile.codecs.push_back({codec, seconds, 2 * seconds, 3 * seconds, 4 * seconds});
  return profile;
}

std::vector<cost::CodecChoice> Choices(const std::vector<const char*>& names) {
  std::vector<cost::CodecChoice> choices;
  for (const char* name : names) choices.push_back({.name = name});
  return choices;
}

double EncodeFixed(const profile::Profile& profile, const std::string& codec) {
  for (const profile::CodecSpeed& speed : profile.codecs) {
    if (speed.codec == codec) return speed.encode_fixed_s;
  }
  return 0;
}

TEST(CodecTimes, TheNearestThatWasTimedStandsIn) {
  profile::Profile device =
                       Timed({{"jpeg:75", 1}, {"jpeg:95", 2}, {"int8", 3}, {"int8-ec", 4}, {"int4-ec", 5}, {"int3-ch-ec", 6}}),
                   edge = device;
  const auto codecs =
      Choices({"jpeg:80", "jpeg:85", "jpeg:90", "int4", "int6-ec", "int7-ec", "int2-ch-ec", "fp16", "raw8-ec", "int8"});
  const auto notes = FillCodecTimes(codecs, nullptr, &device, &edge);
  EXPECT_EQ(EncodeFixed(device, "jpeg:80"), 1);
  EXPECT_EQ(EncodeFixed(device, "jpeg:85"), 2) << "of two as near the larger";
  EXPECT_EQ(EncodeFixed(device, "jpeg:90"), 2);
  EXPECT_EQ(EncodeFixed(device, "int4"), 3);
  EXPECT_EQ(EncodeFixed(device, "int6-ec"), 4);
  EXPECT_EQ(EncodeFixed(device, "int7-ec"), 4);
  EXPECT_EQ(EncodeFixed(device, "int2-ch-ec"), 6) << "per channel as asked";
  EXPECT_EQ(EncodeFixed(device, "fp16"), 0) << "nothing is like it";
  EXPECT_EQ(EncodeFixed(device, "raw8-ec"), 0);
  EXPECT_EQ(EncodeFixed(device, "int8"), 3) << "timed itself";
  EXPECT_EQ(device.codecs.back().codec, "int2-ch-ec");
  EXPECT_EQ(device.codecs.back().decode_s_per_byte, 24);
  EXPECT_THAT(
      notes, ElementsAre(HasSubstr("stands in: jpeg:80 from jpeg:75, jpeg:85 from jpeg:95, jpeg:90 from jpeg:95, int4 from int8, "
                                   "int6-ec from int8-ec, int7-ec from int8-ec, int2-ch-ec from int3-ch-ec")));
  EXPECT_EQ(edge.codecs.size(), device.codecs.size());
}

// jpeg:90 takes 1.5 times the bytes of jpeg:75 at one size and 1.7 at the other, 1.6 in the mean: 1 + 0.3 * 0.6 = 1.18 times as long to encode and 1 + 0.15 * 0.6 = 1.09
// times to decode.
TEST(CodecTimes, WritingMoreBitsTakesLonger) {
  profile::Profile device = Timed({{"jpeg:75", 1}}), edge = device;
  profile::AccuracyTable table;
  const auto add = [&](int edge_pixels, const char* codec, double bytes) {
    table.rows.push_back({.height = edge_pixels, .width = edge_pixels, .codec = codec, .cut = 0, .n = 1, .bytes = bytes});
  };
  add(96, "jpeg:75", 1000);
  add(96, "jpeg:90", 1500);
  add(224, "jpeg:75", 10000);
  add(224, "jpeg:90", 17000);
  add(128, "jpeg:90", 5);   // nothing to compare it with
  FillCodecTimes(Choices({"jpeg:90"}), &table, &device, &edge);
  EXPECT_DOUBLE_EQ(EncodeFixed(device, "jpeg:90"), 1.18);
  EXPECT_DOUBLE_EQ(device.codecs.back().decode_s_per_byte, 4 * 1.09);
}

// jpeg:95 is nearer to jpeg:90 than to jpeg:75, but jpeg:90 was not timed either.
TEST(CodecTimes, WhatIsFilledInIsNobodysNeighbour) {
  profile::Profile device = Timed({{"jpeg:75", 1}}), edge = device;
  EXPECT_THAT(FillCodecTimes(Choices({"jpeg:90", "jpeg:95"}), nullptr, &device, &edge),
              ElementsAre(HasSubstr("jpeg:90 from jpeg:75, jpeg:95 from jpeg:75")));
}

TEST(CodecTimes, WithoutTimesThereIsNothingToTakeAndNothingToSay) {
  profile::Profile device, edge = Timed({{"int8", 1}});
  EXPECT_THAT(FillCodecTimes(Choices({"raw", "jpeg:75", "int8"}), nullptr, &device, &edge), IsEmpty());
  EXPECT_THAT(device.codecs, IsEmpty());
}

}   // namespace
}   // namespace partway::apps
