#include "policy/fixed.h"

#include <gtest/gtest.h>

#include "policy/test_problems.h"

namespace partway::policy {
namespace {

// Two sizes; cut 0 as "raw" and as "codec1", cut 1 as "codec1" only.
const cost::OptionTable kTable = cost::MakeTable(2, {{0, 0, 1e6, 0.01, 0.5, 0, 0, 0},
                                                     {0, 0, 1e5, 0.01, 0.5, 0, 0, 1},
                                                     {0, 0, 2e6, 0.02, 0.6, 0, 1, 0},
                                                     {0, 0, 2e5, 0.02, 0.6, 0, 1, 1},
                                                     {1, 0.02, 5e4, 0.01, 0.6, 0, 1, 1},
                                                     {2, 0.05, 0, 0, 0.5, 0, 0},
                                                     {2, 0.1, 0, 0, 0.6, 0, 1}});

int32_t Row(const char* name, const Parameters& given) {
  const auto policy = MakePolicy(name, PaperLikeProblem(kTable), given, 1).value();
  return policy->Decide(Seen(30, 20e6)).shares[0].option;
}

TEST(Fixed, FindsTheRowThatIsMeant) {
  EXPECT_EQ(Row("all-local", {}), 6);   // the largest size
  EXPECT_EQ(Row("all-local", {{{"size", 224}}, {}}), 5);
  EXPECT_EQ(Row("all-edge", {}), 2);
  EXPECT_EQ(Row("all-edge", {{{"size", 224}}, {{"codec", "codec1"}}}), 1);
  EXPECT_EQ(Row("fixed", {{{"cut", 1}}, {}}), 4);   // the first codec that this cut has
  EXPECT_EQ(Row("fixed", {{{"cut", 0}, {"size", 256}}, {{"codec", "codec1"}}}), 3);
  EXPECT_EQ(Row("fixed", {{{"cut", 2}}, {{"size", "224"}}}), 5);
}

TEST(Fixed, NamesWhatIsNotThere) {
  const auto message = [](const char* name, const Parameters& given) {
    return std::string(MakePolicy(name, PaperLikeProblem(kTable), given, 1).status().message());
  };
  EXPECT_EQ(message("fixed", {{{"cut", 3}}, {}}), "there is no cut 3; cuts are 0 to 2");
  EXPECT_EQ(message("fixed", {{{"cut", 1}, {"size", 224}}, {}}), "there is no option for cut 1 at 224");
  EXPECT_EQ(message("all-edge", {{}, {{"codec", "jpeg:75"}}}),
            "there is no option for cut 0 at 256 as jpeg:75; codecs there: raw, codec1");
  EXPECT_EQ(message("all-edge", {{{"size", 999}}, {}}), "the options have no size 999; they have 224, 256");
  EXPECT_NE(message("fixed", {{{"cut", 0.5}}, {}}).find("expected a whole number"), std::string::npos);
  EXPECT_NE(message("fixed", {{{"codec", 3}}, {}}).find("expected a text"), std::string::npos);
}

TEST(Fixed, TakesTheFramesThatFit) {
  const auto policy = MakePolicy("all-edge", PaperLikeProblem(kTable), {}, 1).value();
  EXPECT_EQ(policy->Decide(Seen(30, 20e6)).shares[0].frames, 10);   // 2e7 / 2e6
  EXPECT_EQ(policy->Decide(Seen(5, 20e6)).shares[0].frames, 5);
  const Decision tiny = policy->Decide(Seen(30, 100));
  ASSERT_EQ(tiny.count, 1);
  EXPECT_EQ(tiny.frames(), 0);
  EXPECT_EQ(policy->Decide(Seen(30, 0)).count, 0);
  const auto local = MakePolicy("all-local", PaperLikeProblem(kTable), {}, 1).value();
  EXPECT_EQ(local->Decide(Seen(30, 0)).shares[0].frames, 10);   // 1 / 0.1
}

}   // namespace
}   // namespace partway::policy
