// What the tests of this folder share: a small classifier, and folders of made-up pictures.
#pragma once

#include <cmath>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/rng.h"
#include "base/text.h"
#include "engine/group_chain.h"
#include "engine/ort_engine.h"
#include "engine/shape_probe.h"
#include "graph/model_builder.h"
#include "gtest/gtest.h"
#include "media/model_config.h"

namespace partway::profile {

// A folder of its own for each test, removed at the end.
class PictureFolder {
 public:
  PictureFolder()
      : path_(std::filesystem::path(::testing::TempDir()) /
              Concat("pictures_", ::testing::UnitTest::GetInstance()->current_test_info()->test_suite_name(), "_",
                     ::testing::UnitTest::GetInstance()->current_test_info()->name())) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~PictureFolder() { std::filesystem::remove_all(path_); }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  std::string path() const { return path_.string(); }
  void Write(const std::string& name, const std::string& text) const {
    ASSERT_TRUE(WriteFileAtomically(*this / name, text).ok());
  }

  // "00.ppm", "01.ppm", ...: 40x40, two colours that blend into each other, different in each picture.
  void AddPictures(int count, uint64_t seed = 1) const {
    Rng rng(seed);
    constexpr int kEdge = 40;
    for (int i = 0; i < count; ++i) {
      double from[3], to[3];
      for (int c = 0; c < 3; ++c) from[c] = rng.Uniform(0, 255), to[c] = rng.Uniform(0, 255);
      const double across = rng.Uniform(-1, 1), down = rng.Uniform(-1, 1);
      std::string text = Concat("P6\n", kEdge, " ", kEdge, "\n255\n");
      for (int y = 0; y < kEdge; ++y) {
        for (int x = 0; x < kEdge; ++x) {
          const double t = 0.5 + 0.5 * std::sin(3 * (across * x + down * y) / kEdge);
          for (int c = 0; c < 3; ++c) text.push_back(static_cast<char>(static_cast<int>(from[c] + t * (to[c] - from[c]))));
        }
      }
      Write(Concat(i < 10 ? "0" : "", i, ".ppm"), text);
    }
  }

 private:
  std::filesystem::path path_;
};

// Three convolutions with ReLU and a linear layer to 10 logits, any size; each operator a group.
struct SmallModel {
  std::unique_ptr<engine::Engine> engine;
  std::shared_ptr<const graph::OpGraph> graph;
  graph::ValueTypes types;   // at 32x32
  std::unique_ptr<engine::GroupChain> chain;
  media::ModelConfig config;
};

inline SmallModel MakeSmallModel() {
  SmallModel small;
  graph::ModelBuilder b("small");
  Rng rng(1);
  const auto weights = [&](const std::string& name, const std::vector<int64_t>& dims) {
    for (float& w : b.FloatInitializer(name, dims)) w = static_cast<float>(rng.Uniform(-0.4, 0.4));
    return name;
  };
  std::string x = b.Input("picture", DType::kFloat32, {1, 3, "H", "W"});
  int64_t channels = 3;
  for (const char* name : {"w1", "w2", "w3"}) {
    const std::string conv = b.Node("Conv", {x, weights(name, {8, channels, 3, 3})},
                                    {graph::attr::Ints("pads", {1, 1, 1, 1}), graph::attr::Ints("strides", {2, 2})});
    x = b.Node("Relu", {conv});
    channels = 8;
  }
  x = b.Node("Flatten", {b.Node("GlobalAveragePool", {x})});
  b.Output(b.Node("Gemm", {x, weights("w4", {8, 10})}, {}, "logits"), DType::kFloat32);
  small.engine = *engine::MakeOrtEngine({});
  small.graph = *graph::BuildOpGraph(*graph::ModelFromProto(b.Build(), "small"));
  small.types = *engine::ProbeTypes(*small.graph, {32, 32});
  small.chain = *engine::GroupChain::Build(*small.engine, *graph::MakeGrouping(small.graph, small.types, "all"), small.types);
  return small;
}

}   // namespace partway::profile
