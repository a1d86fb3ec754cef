#include "profile/smallest_encoding.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace partway::profile {
namespace {

AccuracyRow Row(int edge, int cut, const std::string& codec, double change, double bytes) {
  return {.height = edge,
          .width = edge,
          .codec = codec,
          .cut = cut,
          .n = 100,
          .top1 = 0.9 + change,
          .change = change,
          .bytes = bytes};
}
std::vector<std::string> Names(const std::vector<AccuracyRow>& rows) {
  std::vector<std::string> names;
  for (const AccuracyRow& row : rows)
    names.push_back(std::to_string(row.height) + "/" + std::to_string(row.cut) + "/" + row.codec);
  return names;
}

TEST(SmallestWithin, TakesTheFewestBytesThatCostLittleEnough) {
  AccuracyTable table;
  table.rows = {{.height = 10, .width = 10, .n = 100, .top1 = 0.9},
                Row(10, 1, "int8", 0, 100),
                Row(10, 1, "int4", -0.01, 50),
                Row(10, 1, "int2", -0.011, 25),
                Row(10, 2, "int8", -0.2, 10),
                Row(20, 1, "int8", 0.02, 70),
                Row(20, 1, "int4", -0.005, 70)};
  using ::testing::ElementsAre;
  EXPECT_THAT(Names(SmallestWithin(table, 0.01)), ElementsAre("10/1/int4", "20/1/int8"))
      << "of equal bytes the better one; cut 2 has none";
  EXPECT_THAT(Names(SmallestWithin(table, 0)), ElementsAre("10/1/int8", "20/1/int8"));
  EXPECT_THAT(Names(SmallestWithin(table, 1)), ElementsAre("10/1/int2", "10/2/int8", "20/1/int8"));
}

}   // namespace
}   // namespace partway::profile
