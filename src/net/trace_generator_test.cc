#include "net/trace_generator.h"

#include <cstdlib>

#include "base/file.h"
#include "base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace partway::net {
namespace {

using testing::HasSubstr;

// What stands in assets/traces. To write them anew: PARTWAY_WRITE_TRACES=1 and this test.
constexpr int kSeconds = 300;
constexpr uint64_t kSeed = 1;
std::string Path(const std::string& name) { return Concat(PARTWAY_SOURCE_DIR, "/assets/traces/", name); }
std::string Comment(const char* kind) {
  return Concat("generated, not measured: partway's trace generator, kind ", kind, ", ", kSeconds, " s, seed ", kSeed);
}

TEST(TraceGeneratorTest, TheShippedTracesAreWhatTheGeneratorMakes) {
  for (const char* kind : kTraceKinds) {
    const auto steps = GenerateTrace(kind, kSeconds, kSeed);
    ASSERT_TRUE(steps.ok());
    const auto packets = PacketsOf(*RateOverTime(*steps), std::chrono::seconds(60));
    ASSERT_TRUE(packets.ok());
    const std::string csv = RateCsvText(*steps, Comment(kind)), mahimahi = MahimahiText(*packets);
    const bool both = std::string_view(kind) == "lte-walk";   // its first minute in Mahimahi's form too
    if (std::getenv("PARTWAY_WRITE_TRACES") != nullptr) {
      ASSERT_TRUE(WriteFileAtomically(Path(Concat("generated-", kind, ".csv")), csv).ok());
      if (both) {
        ASSERT_TRUE(WriteFileAtomically(Path(Concat("generated-", kind, ".mahimahi")), mahimahi).ok());
      }
    }
    EXPECT_TRUE(*ReadFile(Path(Concat("generated-", kind, ".csv")), 1 << 20) == csv) << kind;
    if (both) {
      EXPECT_TRUE(*ReadFile(Path(Concat("generated-", kind, ".mahimahi")), 8 << 20) == mahimahi) << kind;
    }
    const auto read = ReadTrace(Path(Concat("generated-", kind, ".csv")));
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ((*read)->Carried(Instant{}, Instant{std::chrono::seconds(40)}),
              RateOverTime(*steps)->Carried(Instant{}, Instant{std::chrono::seconds(40)}));
  }
}

TEST(TraceGeneratorTest, KindsAreWhatTheyAreNamedFor) {
  const auto mean = [](const char* kind, uint64_t seed) {
    return RateOverTime(*GenerateTrace(kind, 600, seed))->Typical().value();
  };
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    EXPECT_GT(mean("lte-walk", seed), 5e6);
    EXPECT_LT(mean("lte-walk", seed), 25e6);
    EXPECT_GT(mean("5g-drive", seed), 80e6);
    EXPECT_LT(mean("5g-drive", seed), 350e6);
    EXPECT_GT(mean("busy-wifi", seed), 8e6);
    EXPECT_LT(mean("busy-wifi", seed), 30e6);
  }
  // A drive has gaps; a walk on LTE never stops altogether.
  const auto zeros = [](const char* kind) {
    int count = 0;
    const std::vector<RateStep> steps = *GenerateTrace(kind, 600, 1);
    for (const RateStep& step : steps) count += step.bits_per_second == 0 ? 1 : 0;
    return count;
  };
  EXPECT_EQ(zeros("lte-walk"), 0);
  EXPECT_GT(zeros("5g-drive"), 20);
  EXPECT_GT(zeros("busy-wifi"), 20);
}

TEST(TraceGeneratorTest, UnknownKindsAndLengthsAreRefused) {
  EXPECT_THAT(std::string(GenerateTrace("3g", 10, 1).status().message()), HasSubstr("no kind of trace '3g'; there are lte-walk"));
  EXPECT_THAT(std::string(GenerateTrace("lte-walk", 0, 1).status().message()), HasSubstr("a trace of 0 s"));
}

}   // namespace
}   // namespace partway::net
