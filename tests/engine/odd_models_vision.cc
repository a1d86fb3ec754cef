// Branches that part and meet, and frontiers of several values.
#include "base/text.h"
#include "tests/engine/odd_models.h"

namespace partway::engine {
namespace {

using graph::ModelBuilder;
namespace attr = graph::attr;

ModelBuilder ImageModel(std::string_view name) {
  ModelBuilder b{std::string(name)};
  b.Input("x", DType::kFloat32, {"N", 3, "H", "W"});
  return b;
}

onnx::ModelProto Chain() {
  ModelBuilder b = ImageModel("chain");
  std::string v = ConvRelu(b, Pool(b, ConvRelu(b, "x", 3, 8, "c0"), "pool"), 8, 8, "c1");
  b.NodeWithOutputs("Dropout", {v}, {"dropped", "mask"});   // in inference the identity; nobody reads the mask
  b.Output(b.Node("Softmax", {Classify(b, "dropped", 8, 10, "fc")}, {attr::Int("axis", 1)}, "y"));
  return b.Build();
}

onnx::ModelProto Residual() {
  ModelBuilder b = ImageModel("residual");
  std::string v = ConvRelu(b, "x", 3, 16, "stem");
  for (int i = 0; i < 3; ++i) {
    const int stride = i == 1 ? 2 : 1;
    const std::string name = Concat("block", i);
    std::string branch = Conv(b, v, 16, 16, Concat(name, ".a"), stride);
    std::vector<std::string> norm = {branch};
    for (const char* part : {"scale", "shift", "mean", "variance"}) {
      b.Floats(Concat(name, ".", part), {16}, std::vector<float>(16, std::string_view(part) == "variance" ? 1.5f : 0.25f));
      norm.push_back(Concat(name, ".", part));
    }
    branch = b.Node("Relu", {b.Node("BatchNormalization", norm)});
    branch = Conv(b, branch, 16, 16, Concat(name, ".b"));
    const std::string shortcut = stride == 1 ? v : Conv(b, v, 16, 16, Concat(name, ".shortcut"), stride);
    v = b.Node("Relu", {b.Node("Add", {branch, shortcut})}, {}, name);
  }
  b.Output(Classify(b, v, 16, 10, "y"));
  return b.Build();
}

onnx::ModelProto Inception() {
  ModelBuilder b = ImageModel("inception");
  std::string v = ConvRelu(b, "x", 3, 8, "stem");
  for (int i = 0; i < 2; ++i) {
    const std::string name = Concat("mixed", i);
    const int from = i == 0 ? 8 : 20;
    const std::string one = ConvRelu(b, v, from, 4, Concat(name, ".one"));
    const std::string two = ConvRelu(b, ConvRelu(b, v, from, 6, Concat(name, ".two0")), 6, 8, Concat(name, ".two1"));
    const std::string three =
        ConvRelu(b, ConvRelu(b, ConvRelu(b, v, from, 4, Concat(name, ".three0")), 4, 4, Concat(name, ".three1")), 4, 4,
                 Concat(name, ".three2"));
    const std::string pooled = b.Node("AveragePool", {v}, {attr::Ints("kernel_shape", {3, 3}), attr::Ints("pads", {1, 1, 1, 1})});
    v = b.Node("Concat", {one, two, three, ConvRelu(b, pooled, from, 4, Concat(name, ".four"))}, {attr::Int("axis", 1)}, name);
  }
  b.Output(Classify(b, v, 20, 10, "y"));
  return b.Build();
}

onnx::ModelProto DenseNet() {
  ModelBuilder b = ImageModel("densenet");
  std::vector<std::string> all = {"x"};
  for (int i = 0; i < 6; ++i) {
    const std::string in = i == 0 ? "x" : b.Node("Concat", all, {attr::Int("axis", 1)}, Concat("cat", i));
    all.push_back(ConvRelu(b, in, 3 + 4 * i, 4, Concat("dense", i)));
  }
  b.Output(Classify(b, b.Node("Concat", all, {attr::Int("axis", 1)}), 27, 10, "y"));
  return b.Build();
}

// Skips from every depth, the picture itself included; upwards by a transposed convolution, by fixed scales and by a size read
// from the skip, so that odd sizes work.
onnx::ModelProto UNet() {
  ModelBuilder b = ImageModel("unet");
  b.Int64s("first", {0});
  b.Int64s("second", {2});
  b.Int64s("fourth", {4});
  std::vector<std::string> skips;
  std::string v = "x";
  for (int i = 0; i < 3; ++i) {
    v = ConvRelu(b, v, i == 0 ? 3 : 8, 8, Concat("down", i));
    skips.push_back(v);
    v = Pool(b, v, Concat("pool", i));
  }
  v = ConvRelu(b, v, 8, 8, "bottom");
  for (int i = 2; i >= 0; --i) {
    std::string up;
    if (i == 2) {
      up = b.Node("ConvTranspose", {v, Weights(b, "up2.weight", {8, 8, 2, 2})}, {attr::Ints("strides", {2, 2})}, "up2");
    } else if (i == 1) {
      up = b.Node("Resize", {v, "", b.Floats("scales", {4}, {1, 1, 2, 2})}, {attr::String("mode", "nearest")}, "up1");
    } else {
      const std::string size = b.Node("Slice", {b.Node("Shape", {skips[0]}), "second", "fourth"});
      const std::string full =
          b.Node("Concat", {b.Node("Slice", {b.Node("Shape", {v}), "first", "second"}), size}, {attr::Int("axis", 0)});
      up = b.Node("Resize", {v, "", "", full}, {attr::String("mode", "linear")}, "up0");
    }
    v = ConvRelu(b, b.Node("Concat", {skips[i], up}, {attr::Int("axis", 1)}, Concat("cat", i)), 16, 8, Concat("merge", i));
  }
  v = b.Node("Concat", {v, "x"}, {attr::Int("axis", 1)});
  b.Output(b.Node("Sigmoid", {Conv(b, v, 11, 1, "head")}, {}, "y"));
  return b.Build();
}

// Three scales, boxes and scores, suppression whose number of answers depends on the picture; the picture, a weight and an
// inner value are outputs as well.
onnx::ModelProto DetectorWith(float least_score) {
  ModelBuilder b("detector");
  b.Input("x", DType::kFloat32, {1, 3, 64, 64});
  std::vector<std::string> boxes, scores;
  std::string v = ConvRelu(b, "x", 3, 8, "stem", 2);
  b.Int64s("as_boxes", {1, -1, 4});
  b.Int64s("as_scores", {1, 2, -1});
  for (int i = 0; i < 3; ++i) {
    v = ConvRelu(b, v, 8, 8, Concat("level", i), 2);
    const std::string box = b.Node("Transpose", {Conv(b, v, 8, 4, Concat("box", i))}, {attr::Ints("perm", {0, 2, 3, 1})});
    boxes.push_back(b.Node("Reshape", {box, "as_boxes"}));
    scores.push_back(b.Node("Reshape", {b.Node("Sigmoid", {Conv(b, v, 8, 2, Concat("score", i))}), "as_scores"}));
  }
  b.Node("Concat", boxes, {attr::Int("axis", 1)}, "boxes");
  b.Node("Concat", scores, {attr::Int("axis", 2)}, "scores");
  b.Node("NonMaxSuppression",
         {"boxes", "scores", b.Int64s("most", {5}), b.Floats("overlap", {1}, {0.4f}), b.Floats("least", {1}, {least_score})}, {},
         "selected");
  const std::string index = b.Node("Gather", {"selected", b.Int64("box_column", 2)}, {attr::Int("axis", 1)});
  b.Node("Gather", {"boxes", index}, {attr::Int("axis", 1)}, "kept");
  b.NodeWithOutputs("TopK", {"scores", b.Int64s("three", {3})}, {"top", "top_index"}, {attr::Int("axis", 2)});
  b.Output("kept");
  b.Output("selected", DType::kInt64);
  b.Output("level1");
  b.Output("x", DType::kFloat32, {1, 3, 64, 64});
  b.Output("box0.weight");
  b.Output("top");
  b.Output("top_index", DType::kInt64);
  return b.Build();
}

onnx::ModelProto Detector() { return DetectorWith(0.3f); }
// No score is above 2, so tensors without any element cross the cuts.
onnx::ModelProto DetectorThatFindsNothing() { return DetectorWith(2); }

// One weight at both ends, and a transposed copy of another that two far operators read.
onnx::ModelProto SharedWeights() {
  ModelBuilder b = ImageModel("shared");
  Weights(b, "w", {6, 6, 3, 3});
  Weights(b, "m", {10, 6});
  const std::string turned = b.Node("Transpose", {"m"}, {attr::Ints("perm", {1, 0})}, "turned");
  std::string v = ConvRelu(b, "x", 3, 6, "stem");
  for (int i = 0; i < 4; ++i) {
    const std::string w = i == 0 || i == 3 ? "w" : Weights(b, Concat("w", i), {6, 6, 3, 3});
    v = b.Node("Relu", {b.Node("Conv", {v, w}, {attr::Ints("pads", {1, 1, 1, 1})})}, {}, Concat("r", i));
    if (i == 0) b.Output(b.Node("MatMul", {b.Node("Flatten", {b.Node("GlobalAveragePool", {v})}), turned}, {}, "early"));
  }
  b.Output(b.Node("MatMul", {b.Node("Flatten", {b.Node("GlobalAveragePool", {v})}), turned}, {}, "late"));
  return b.Build();
}

// A picture, a mask, indices, a scale and an input that nothing reads; outputs from three depths.
onnx::ModelProto SeveralInputs() {
  ModelBuilder b = ImageModel("several");
  b.Input("mask", DType::kBool, {"N", 1, "H", "W"});
  b.Input("index", DType::kInt64, {2});
  b.Input("unread", DType::kFloat32, {3});
  b.Input("scale", DType::kFloat32, {});
  const std::string a = ConvRelu(b, "x", 3, 8, "a");
  const std::string masked = b.Node("Where", {"mask", a, b.Floats("zero", {}, {0})}, {}, "masked");
  const std::string c = ConvRelu(b, masked, 8, 8, "c");
  b.Node("Gather", {c, "index"}, {attr::Int("axis", 1)}, "picked");
  b.Node("Mul", {c, "scale"}, {}, "scaled");
  b.Output(Classify(b, b.Node("Add", {"scaled", a}), 8, 4, "y"));
  b.Output("picked");
  b.Output("masked");
  return b.Build();
}

}   // namespace

std::vector<OddModel> VisionModels() {
  const ProbeSize small{24, 24}, other{40, 32};
  return {
      {"chain", Chain, 10, 1, small, other},
      {"residual", Residual, 24, 2, small, other},
      {"inception", Inception, 37, 4, small, other},
      {"densenet", DenseNet, 21, 7, small, other},
      {"unet", UNet, 31, 5, small, other},
      {"detector", Detector, 32, 7},
      {"detector_finds_nothing", DetectorThatFindsNothing, 32, 7},
      {"shared_weights", SharedWeights, 16, 2, small, other},
      {"several_inputs", SeveralInputs, 11, 4, small, other},
  };
}

}   // namespace partway::engine
