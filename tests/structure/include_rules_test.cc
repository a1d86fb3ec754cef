// The rules themselves: a wrong include is caught, a right one is not.
#include "tests/structure/include_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace partway::structure {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(IncludeRules, ReadsQuotesAnglesAndIndentedDirectives) {
  const auto includes = IncludesOf("// #include \"a.h\"\n#include <vector>\n  #  include \"base/x.h\"\nint include;");
  ASSERT_EQ(includes.size(), 2u);
  EXPECT_EQ(includes[0].line, 2);
  EXPECT_EQ(includes[0].path, "vector");
  EXPECT_EQ(includes[1].line, 3);
  EXPECT_EQ(includes[1].path, "base/x.h");
}

TEST(IncludeRules, UpwardsIsRefusedWithFileAndLine) {
  EXPECT_THAT(WrongIncludes("base/a.cc", "#include <map>\n#include \"graph/model.h\"\n"),
              ElementsAre("base/a.cc:2: base/ may not include graph/ (graph/model.h)"));
}

TEST(IncludeRules, DownwardsAndSidewaysWithinTheFolderAreFine) {
  EXPECT_THAT(WrongIncludes("engine/a.cc", "#include \"base/x.h\"\n#include \"graph/y.h\"\n#include \"engine/z.h\"\n"),
              IsEmpty());
}

TEST(IncludeRules, ThePureCoresSeeNoNeighbour) {
  EXPECT_THAT(WrongIncludes("device/session.cc", "#include \"wire/messages.h\"\n"),
              ElementsAre(HasSubstr("may not include wire/")));
  EXPECT_THAT(WrongIncludes("edge/scheduler.cc", "#include \"engine/engine.h\"\n"),
              ElementsAre(HasSubstr("may not include engine/")));
}

TEST(IncludeRules, TheShellsAreFoldersOfTheirOwn) {
  EXPECT_THAT(WrongIncludes("device/live/live_run.cc", "#include \"engine/engine.h\"\n#include \"device/session.h\"\n"),
              IsEmpty());
  EXPECT_THAT(WrongIncludes("device/session.cc", "#include \"device/live/live_run.h\"\n"),
              ElementsAre(HasSubstr("device/ may not include device/live/")));
}

TEST(IncludeRules, TheSimulatorSeesNoLibraryOfTheLiveSide) {
  EXPECT_THAT(WrongIncludes("sim/a.cc", "#include <grpcpp/grpcpp.h>\n"), ElementsAre(HasSubstr("gRPC")));
  EXPECT_THAT(WrongIncludes("sim/a.cc", "#include \"partway.pb.h\"\n"), ElementsAre(HasSubstr("generated code")));
  EXPECT_THAT(WrongIncludes("sim/a.cc", "#include <onnxruntime_cxx_api.h>\n"), ElementsAre(HasSubstr("ONNX Runtime")));
}

TEST(IncludeRules, OnnxRuntimeIsNamedBehindTheEngineOnly) {
  EXPECT_THAT(WrongIncludes("engine/ort_engine.cc", "#include <onnxruntime_cxx_api.h>\n"), IsEmpty());
  EXPECT_THAT(WrongIncludes("engine/engine.h", "#include <onnxruntime_cxx_api.h>\n"), ElementsAre(HasSubstr("ONNX Runtime")));
}

TEST(IncludeRules, AFolderNobodyKnowsIsRefused) {
  EXPECT_THAT(WrongIncludes("misc/a.cc", ""), ElementsAre(HasSubstr("misc/a.cc")));
}

}   // namespace
}   // namespace partway::structure
