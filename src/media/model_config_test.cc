#include "media/model_config.h"

#include <filesystem>

#include "base/file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace partway::media {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ModelConfig, EmptyFileMeansImageNet) {
  const ModelConfig config = *ParseModelConfig("", "m.toml");
  EXPECT_THAT(config.mean, ElementsAre(123.675f, 116.28f, 103.53f));   // 255 * (.485, .456, .406)
  EXPECT_THAT(config.std, ElementsAre(58.395f, 57.12f, 57.375f));      // 255 * (.229, .224, .225)
  EXPECT_EQ(config.size, 224);
  EXPECT_EQ(config.kind, OutputKind::kLogits);
  EXPECT_TRUE(config.labels.empty());
}

TEST(ModelConfig, ReadsEveryKeyAndTheLabelsBesideTheFile) {
  const auto folder = std::filesystem::path(::testing::TempDir()) / "model_config_test";
  std::filesystem::create_directories(folder);
  ASSERT_TRUE(WriteFileAtomically((folder / "names.txt").string(), "cat\r\n\ndog, hound\n\n").ok());
  const std::string toml = (folder / "m.toml").string();
  ASSERT_TRUE(WriteFileAtomically(toml, R"([input]
mean = [127, 127.5, 0]
std  = [128, 1, 0.5]
size = 260
[output]
kind = "probabilities"
labels = "names.txt"
)")
                  .ok());
  const auto config = ReadModelConfig(toml);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(config->mean, ElementsAre(127, 127.5f, 0));
  EXPECT_THAT(config->std, ElementsAre(128, 1, 0.5f));
  EXPECT_EQ(config->size, 260);
  EXPECT_EQ(config->kind, OutputKind::kProbabilities);
  EXPECT_THAT(config->labels, ElementsAre("cat", "", "dog, hound"));   // class 1 has no name; the end's blank line is none
}

TEST(ModelConfig, RefusesWithFileAndLine) {
  const std::pair<const char*, const char*> cases[] = {
      {"[input]\nmena = [1, 2, 3]", "m.toml:2: unknown key 'mena' in [input] (known: mean, std, size)"},
      {"\n[inptu]\n", "m.toml:2: unknown key 'inptu'"},
      {"input = 3", "m.toml:1: 'input' must be a section"},
      {"[input]\nmean = [1, 2]", "m.toml:2: 'mean' must be three numbers"},
      {"[input]\nmean = [1, 2, '3']", "m.toml:2: 'mean' must be three numbers"},
      {"[input]\nmean = 127", "m.toml:2: 'mean' must be three numbers"},
      {"[input]\nmean = [1, nan, 3]", "m.toml:2: 'mean'"},
      {"[input]\nstd = [1, 0, 3]", "m.toml:2: 'std' must be three numbers above 0"},
      {"[input]\nstd = [1, -1, 3]", "m.toml:2: 'std'"},
      {"[input]\nstd = [1, 1e-30, 3]", "m.toml:2: 'std'"},
      {"[input]\nstd = [1, inf, 3]", "m.toml:2: 'std'"},
      {"[input]\nsize = 0", "m.toml:2: 'size'"},
      {"[input]\nsize = 16385", "m.toml:2: 'size'"},
      {"[input]\nsize = 224.0", "m.toml:2: 'size'"},
      {"[input]\nsize = 9223372036854775807", "m.toml:2: 'size'"},
      {"[output]\nkind = 'scores'", "m.toml:2: 'kind' must be"},
      {"[output]\nkind = 1", "m.toml:2: 'kind' must be"},
      {"[output]\nlabels = 1", "m.toml:2: 'labels' must be"},
      {"[output]\nlabels = 'no/such.txt'", "m.toml:2: labels: "},
      {"[input\n", "m.toml:1: "},
      {"[input]\nsize = 1\nsize = 2", "m.toml:3: "},
      {"\xff\xfe", "m.toml:1: "},
  };
  for (const auto& [text, expected] : cases) {
    const auto config = ParseModelConfig(text, "m.toml");
    ASSERT_FALSE(config.ok()) << text;
    EXPECT_EQ(config.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(config.status().message()), HasSubstr(expected)) << text;
    EXPECT_EQ(std::string(config.status().message()).find('\n'), std::string::npos) << text;
  }
}

TEST(ModelConfig, MissingFileIsNotFound) {
  EXPECT_EQ(ReadModelConfig("/no/such.toml").status().code(), absl::StatusCode::kNotFound);
}

TEST(ModelConfig, TextIsReadBackEqual) {
  ModelConfig config{.mean = {127.5f, 0, 1e-3f}, .std = {0.1f, 128, 58.395f}, .size = 64, .kind = OutputKind::kTensor};
  const ModelConfig again = *ParseModelConfig(ModelConfigText(config), "m.toml");
  EXPECT_EQ(again.mean, config.mean);
  EXPECT_EQ(again.std, config.std);
  EXPECT_EQ(again.size, config.size);
  EXPECT_EQ(again.kind, config.kind);
  config.labels_file = "a \"quoted\" \\ name.txt";
  const std::string missing(ParseModelConfig(ModelConfigText(config), "m.toml").status().message());
  EXPECT_THAT(missing, HasSubstr("a \"quoted\" \\ name.txt"));   // the name came through; only the file is not there
}

TEST(ReadLabels, RefusesAFileWithoutAny) {
  const std::string path = ::testing::TempDir() + "/empty_labels.txt";
  ASSERT_TRUE(WriteFileAtomically(path, "\n\n").ok());
  EXPECT_FALSE(ReadLabels(path).ok());
}

}   // namespace
}   // namespace partway::media
