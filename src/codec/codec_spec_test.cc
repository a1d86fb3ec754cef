#include "codec/codec_spec.h"

#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace partway::codec {
namespace {

TEST(ParseCodec, ReadsEveryNameItWritesAndNoTwoAreEqual) {
  std::set<std::string> names;
  for (const char* base : {"raw", "fp16", "raw8", "int8", "int7", "int6", "int5", "int4", "int3", "int2"}) {
    for (const char* channel : {"", "-ch"}) {
      if (*channel != 0 && std::string_view(base).substr(0, 3) != "int") continue;
      for (const char* entropy : {"", "-ec"}) names.insert(std::string(base) + channel + entropy);
    }
  }
  for (int quality = 1; quality <= 100; ++quality) names.insert("jpeg:" + std::to_string(quality));
  EXPECT_EQ(names.size(), 3u * 2 + 7 * 4 + 100);
  for (const std::string& name : names) {
    const auto spec = ParseCodec(name);
    ASSERT_TRUE(spec.ok()) << name << ": " << spec.status();
    EXPECT_EQ(CodecName(*spec), name);
  }
}

TEST(ParseCodec, FillsInTheParameters) {
  const CodecSpec spec = *ParseCodec("int4-ch-ec");
  EXPECT_EQ(spec.kind, CodecSpec::Kind::kInt);
  EXPECT_EQ(spec.bits, 4);
  EXPECT_TRUE(spec.per_channel);
  EXPECT_TRUE(spec.entropy);
  EXPECT_EQ(ParseCodec("jpeg:75")->quality, 75);
  EXPECT_TRUE(ParseCodec("jpeg:75")->pictures_only());
  EXPECT_TRUE(ParseCodec("raw8-ec")->pictures_only());
  EXPECT_FALSE(ParseCodec("int8")->pictures_only());
}

TEST(ParseCodec, RefusesWhatIsNoCodecAndSaysWhatIs) {
  for (const char* name :
       {"",     "int9",  "int1",   "int08",    "int 8",      "INT8",     "raw-ch",  "fp16-ch", "int8-ec-ch", "int8-ec-ec",
        "jpeg", "jpeg:", "jpeg:0", "jpeg:101", "jpeg:75-ec", "jpeg:7.5", "raw8-ch", "raw ",    "int-4",      "-ec"}) {
    const auto spec = ParseCodec(name);
    ASSERT_FALSE(spec.ok()) << name;
    EXPECT_THAT(std::string(spec.status().message()),
                testing::AllOf(testing::HasSubstr(std::string("'") + name + "'"), testing::HasSubstr("jpeg:1 ... jpeg:100")));
  }
}

}   // namespace
}   // namespace partway::codec
