#include "apps/load_model.h"

#include <cstdlib>
#include <filesystem>

#include "apps/verb.h"
#include "base/file.h"
#include "base/text.h"
#include "gmock/gmock.h"
#include "graph/model_builder.h"
#include "gtest/gtest.h"

namespace partway::apps {
namespace {

using testing::HasSubstr;

std::string Message(const absl::Status& status) { return std::string(status.message()); }

// One file of the suite's own temporary folder, named after the test.
class LoadModelTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) /
              Concat("partway_load_model_", testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override {
    ::unsetenv("PARTWAY_SHARE");
    std::filesystem::remove_all(folder_);
  }

  std::string Path(const std::string& name) const { return (folder_ / name).string(); }

  std::string WriteModel(const std::string& name) const {
    graph::ModelBuilder b("small");
    b.Input("x", DType::kFloat32, {1, 3});
    b.Output(b.Node("Relu", {"x"}, {}, "y"), DType::kFloat32, {1, 3});
    std::string bytes;
    b.Build().SerializeToString(&bytes);
    EXPECT_TRUE(WriteFileAtomically(Path(name), bytes).ok());
    return Path(name);
  }

  std::filesystem::path folder_;
};

TEST_F(LoadModelTest, AZooNameIsBuiltAndKnowsItsSize) {
  const auto loaded = LoadModelArgument("efficientnet_v2_s");
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->model->name, "efficientnet_v2_s");
  EXPECT_EQ(loaded->model->path, "");
  EXPECT_EQ(loaded->config.size, 384);
}

TEST_F(LoadModelTest, TheShippedModelComesWithItsLabelsAndNormalisation) {
  const auto loaded = LoadModelArgument("efficientnet_lite0");
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->config.mean[0], 127);
  ASSERT_EQ(loaded->config.labels.size(), 1000u);
  EXPECT_EQ(loaded->config.labels[1], "goldfish");
}

TEST_F(LoadModelTest, AFileTakesTheTomlBesideItElseTheDefaults) {
  const std::string path = WriteModel("a.onnx");
  auto loaded = LoadModelArgument(path);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->model->name, "a");
  EXPECT_EQ(loaded->config.size, media::DefaultModelConfig().size);
  ASSERT_TRUE(WriteFileAtomically(Path("a.toml"), "[input]\nsize = 96\n").ok());
  loaded = LoadModelArgument(path);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->config.size, 96);
}

TEST_F(LoadModelTest, ATomlThatCannotStandIsAnErrorNotTheDefaults) {
  const std::string path = WriteModel("a.onnx");
  ASSERT_TRUE(WriteFileAtomically(Path("a.toml"), "[output]\nlabels = \"missing.txt\"\n").ok());
  const auto loaded = LoadModelArgument(path);
  ASSERT_FALSE(loaded.ok());
  EXPECT_THAT(Message(loaded.status()), HasSubstr("missing.txt"));
}

TEST_F(LoadModelTest, ATextThatIsNeitherNamesWhatTheZooHas) {
  const auto loaded = LoadModelArgument("resnet5");
  EXPECT_TRUE(IsUsageError(loaded.status()));
  EXPECT_EQ(Message(loaded.status()),
            "no model 'resnet5': not a file, and the zoo has efficientnet_lite0, efficientnet_v2_s, resnet50, "
            "resnet152, mobilenet_v1, mobilenet_v2, alexnet");
  EXPECT_TRUE(IsUsageError(LoadModelArgument("").status()));
}

TEST_F(LoadModelTest, AFolderIsRefused) {
  const auto loaded = LoadModelArgument(folder_.string());
  ASSERT_FALSE(loaded.ok());
  EXPECT_THAT(Message(loaded.status()), HasSubstr(folder_.string()));
}

TEST_F(LoadModelTest, AShareFolderWithoutTheShippedModelIsNamed) {
  ::setenv("PARTWAY_SHARE", folder_.c_str(), 1);
  EXPECT_EQ(ShareDir(), folder_.string());
  const auto loaded = LoadModelArgument("efficientnet_lite0");
  ASSERT_FALSE(loaded.ok());
  EXPECT_THAT(Message(loaded.status()), HasSubstr("PARTWAY_SHARE"));
}

}   // namespace
}   // namespace partway::apps
