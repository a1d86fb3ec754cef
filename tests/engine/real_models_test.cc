// The engine on models as people have them: the shipped one, those of the zoo and, where they are at hand, the shared ones.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "base/text.h"
#include "engine/check.h"
#include "engine/group_chain.h"
#include "engine/ort_engine.h"
#include "engine/shape_probe.h"
#include "graph/sub_model.h"

namespace partway::engine {
namespace {

struct RealModel {
  std::string path;
  int size;
};

std::vector<RealModel> RealModels() {
  const std::string source = PARTWAY_SOURCE_DIR;
  std::vector<RealModel> models = {{source + "/assets/efficientnet_lite0/efficientnet_lite0.onnx", 160}};
  std::error_code absent;
  for (const auto& entry : std::filesystem::directory_iterator(source + "/../shared/data/models", absent)) {
    if (entry.path().extension() == ".onnx") models.push_back({entry.path().string(), 128});
  }
  std::sort(models.begin() + 1, models.end(), [](const RealModel& a, const RealModel& b) { return a.path < b.path; });
  return models;
}

class RealModelTest : public ::testing::TestWithParam<RealModel> {
 protected:
  void SetUp() override {
    auto model = graph::LoadModel(GetParam().path);
    ASSERT_TRUE(model.ok()) << model.status();
    graph_ = *graph::BuildOpGraph(*model);
    auto types = ProbeTypes(*graph_, {GetParam().size, GetParam().size});
    ASSERT_TRUE(types.ok()) << types.status();
    types_ = *types;
    engine_ = *MakeOrtEngine({});
    inputs_ = *NoiseInputs(*graph_, types_, 1);
  }

  void CheckEvery(const std::string& groups, bool sessions, int step) {
    auto grouping = graph::MakeGrouping(graph_, types_, groups);
    ASSERT_TRUE(grouping.ok()) << grouping.status();
    CheckOptions options{.repeat = 0, .sessions_per_piece = sessions};
    for (int c = 0; c <= (*grouping)->size(); c += step) options.cuts.push_back({c});
    const auto report = CheckCuts(*engine_, *grouping, types_, inputs_, options, ManualClock());
    ASSERT_TRUE(report.ok()) << report.status();
    double worst = 0;
    for (const CutCheck& cut : report->cuts) {
      EXPECT_TRUE(cut.within) << "cut " << cut.cuts[0] << " differs by " << cut.difference.max_rel << " of the output's range";
      worst = std::max(worst, cut.difference.max_rel);
    }
    RecordProperty("worst_max_rel", std::to_string(worst));
  }

  std::shared_ptr<const graph::OpGraph> graph_;
  graph::ValueTypes types_;
  std::unique_ptr<Engine> engine_;
  std::vector<NamedTensor> inputs_;
};

TEST_P(RealModelTest, AChainOfGroupsEqualsTheWhole) { CheckEvery("auto", false, 1); }
TEST_P(RealModelTest, AChainOfSingleOperatorsEqualsTheWhole) { CheckEvery("all", false, 7); }
TEST_P(RealModelTest, HeadAndTailAsSessionsEqualTheWhole) { CheckEvery("auto", true, 3); }

TEST_P(RealModelTest, ProbeAgreesWithARun) {
  const std::string bytes = graph_->model->proto.SerializeAsString();
  const auto whole = engine_->BuildFromBytes(bytes);
  ASSERT_TRUE(whole.ok()) << whole.status();
  std::vector<Tensor> in, out((*whole)->outputs().size());
  for (const NamedTensor& t : inputs_) in.push_back(t.tensor);
  ASSERT_TRUE((*whole)->Run(in, out).ok());
  for (size_t i = 0; i < out.size(); ++i) {
    const graph::ValueType& probed = types_.at((*whole)->outputs()[i].name);
    EXPECT_EQ(out[i].shape(), probed.shape);
    EXPECT_EQ(out[i].dtype(), probed.dtype);
  }
  for (const auto& [name, type] : types_) {
    EXPECT_TRUE(ElementCount(type.shape).has_value()) << name << " is left open";
  }
}

INSTANTIATE_TEST_SUITE_P(Models, RealModelTest, ::testing::ValuesIn(RealModels()), [](const auto& info) {
  return Concat(info.index, "_", std::filesystem::path(info.param.path).stem().string());
});

}   // namespace
}   // namespace partway::engine
