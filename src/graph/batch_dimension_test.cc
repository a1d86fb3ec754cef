#include "graph/batch_dimension.h"

#include "graph/model_builder.h"
#include "graph/test_graphs.h"

namespace partway::graph {
namespace {

using Dims = std::vector<Dim>;

std::shared_ptr<const OpGraph> Model(const Dims& in, const Dims& out, const std::string& op = "Relu") {
  ModelBuilder b("model");
  b.Input("x", DType::kFloat32, in);
  b.Output(b.Node(op, {"x"}, {}, "y"), DType::kFloat32, out);
  return GraphOf(b);
}

TEST(DeclaresBatch, TakesAFreeFirstDimensionOfOneName) {
  EXPECT_TRUE(DeclaresBatch(*Model({"N", 3, "H", "W"}, {"N", 3, "H", "W"})));
  EXPECT_TRUE(DeclaresBatch(*Model({"batch", 4}, {"batch", 4})));
  EXPECT_FALSE(DeclaresBatch(*Model({1, 3, "H", "W"}, {1, 3, "H", "W"}))) << "fixed at one";
  EXPECT_FALSE(DeclaresBatch(*Model({"N", 4}, {1, 4}))) << "the output is not";
  EXPECT_FALSE(DeclaresBatch(*Model({"N", 4}, {"M", 4}))) << "another name";
  EXPECT_FALSE(DeclaresBatch(*Model({"N"}, {"N"}))) << "a list may be of anything";
}

TEST(DeclaresBatch, RefusesWhatDrawsOrDependsOnValues) {
  EXPECT_FALSE(DeclaresBatch(*Model({"N", 4}, {"N", 4}, "RandomNormalLike")));
  EXPECT_FALSE(DeclaresBatch(*Model({"N", 4}, {"N", 4}, "NonZero")));
  EXPECT_FALSE(DeclaresBatch(*Model({"N", 4}, {"N", 4}, "Dropout")));
}

TEST(DeclaresBatch, AllInputsMustHaveIt) {
  const auto with_second = [](const Dims& second) {
    ModelBuilder b("two");
    b.Input("x", DType::kFloat32, {"N", 4});
    b.Input("bias", DType::kFloat32, second);
    b.Output(b.Node("Add", {"x", "bias"}, {}, "y"), DType::kFloat32, {"N", 4});
    return DeclaresBatch(*GraphOf(b));
  };
  EXPECT_TRUE(with_second({"N", 4}));
  EXPECT_FALSE(with_second({1, 4}));
}

}   // namespace
}   // namespace partway::graph
