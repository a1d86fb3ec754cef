#include "profile/measure/describe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph/model_builder.h"

namespace partway::profile {
namespace {

using graph::ModelBuilder;
namespace attr = graph::attr;
using testing::ElementsAre;
using testing::HasSubstr;

// x 1x3xHxW -> conv 1x1 to 4 channels -> relu, which is an output too -> conv 1x1 to 2 channels -> y.
std::shared_ptr<const graph::OpGraph> TwoOutputs(const graph::Dim& height, const graph::Dim& width) {
  ModelBuilder b("net");
  b.Input("x", DType::kFloat32, {1, 3, height, width});
  b.FloatInitializer("w1", {4, 3, 1, 1});
  b.FloatInitializer("w2", {2, 4, 1, 1});
  b.Node("Conv", {"x", "w1"}, {}, "a");
  b.Output(b.Node("Relu", {"a"}, {}, "early"));
  b.Output(b.Node("Conv", {"early", "w2"}, {}, "y"));
  return *graph::BuildOpGraph(*graph::ModelFromProto(b.Build(), "net"));
}

TEST(DescribeSize, BytesOfTheCutsAndOfWhatComesBack) {
  const auto at = ModelAtSize(TwoOutputs("H", "W"), {0, 1, 2, 3}, {10, 20});
  ASSERT_TRUE(at.ok()) << at.status();
  EXPECT_EQ(at->height, 10);
  EXPECT_EQ(at->width, 20);
  const auto size = DescribeSize(*at, 3);
  ASSERT_TRUE(size.ok()) << size.status();
  EXPECT_EQ(size->threads, 3);
  // 200 pixels of 4 bytes: 800 a channel. At cut 2 the early output crosses; it is the device's own then and does not come back.
  EXPECT_THAT(size->cut_bytes, ElementsAre(3 * 800, 4 * 800, 4 * 800, 0));
  EXPECT_THAT(size->output_bytes_of_tail, ElementsAre(4 * 800 + 2 * 800, 4 * 800 + 2 * 800, 2 * 800, 0));
  EXPECT_THAT(size->group_macs, ElementsAre(200 * 3 * 4, 0, 200 * 4 * 2));
}

TEST(DescribeSize, AnalyticTimesAreMacsOverTheRate) {
  const auto at = ModelAtSize(TwoOutputs("H", "W"), {0, 2, 3}, {10, 10});
  ASSERT_TRUE(at.ok()) << at.status();
  auto size = DescribeSize(*at, 1);
  ASSERT_TRUE(size.ok()) << size.status();
  FillAnalytic(MacsPerSecond(1e6), &*size);
  EXPECT_DOUBLE_EQ(size->groups[0].median_s, 100 * 12 / 1e6);
  EXPECT_DOUBLE_EQ(size->groups[0].p90_s, 100 * 12 / 1e6);
  EXPECT_DOUBLE_EQ(size->groups[1].median_s, 100 * 8 / 1e6);
  EXPECT_EQ(size->groups[1].n, 0);
  EXPECT_EQ(size->whole.n, 0);
}

TEST(ModelAtSize, TheModelsOwnSizeIsNamedAndAnotherRefused) {
  const auto graph = TwoOutputs(24, 32);
  const auto own = ModelAtSize(graph, {0, 3}, {});
  ASSERT_TRUE(own.ok()) << own.status();
  EXPECT_EQ(own->height, 24);
  EXPECT_EQ(own->width, 32);
  const auto other = ModelAtSize(graph, {0, 3}, {32, 32});
  EXPECT_TRUE(absl::IsInvalidArgument(other.status()));
  EXPECT_THAT(std::string(other.status().message()), HasSubstr("fixed at 24x32"));
  EXPECT_FALSE(ModelAtSize(graph, {0, 99}, {}).ok());
}

TEST(DescribeModel, NamesModelMachineAndGroups) {
  const auto graph = TwoOutputs("H", "W");
  const auto at = ModelAtSize(graph, {0, 2, 3}, {8, 8});
  ASSERT_TRUE(at.ok()) << at.status();
  Profile p = DescribeModel(*at->grouping);
  EXPECT_EQ(p.model, "net");
  EXPECT_EQ(p.model_sha256, graph->model->sha256);
  EXPECT_EQ(p.grouping, at->grouping->fingerprint);
  EXPECT_THAT(p.positions, ElementsAre(0, 2, 3));
  EXPECT_THAT(p.group_param_bytes, ElementsAre(4 * 3 * 4, 2 * 4 * 4));
  EXPECT_EQ(p.group_count(), 2);
  DescribeMachine({"CPU", 4, "Linux", 1e9}, {"onnxruntime", "1.31.1", "cpu", 2}, "2026-11-21T07:00:00Z", &p);
  EXPECT_EQ(p.cores, 4);
  EXPECT_EQ(p.engine_version, "1.31.1");
  EXPECT_EQ(p.date, "2026-11-21T07:00:00Z");
}

}   // namespace
}   // namespace partway::profile
