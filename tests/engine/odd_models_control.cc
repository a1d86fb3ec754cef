// Bodies that capture what is outside, recurrence, and values that no cut may send.
#include "base/text.h"
#include "tests/engine/odd_models.h"

namespace partway::engine {
namespace {

using graph::ModelBuilder;
namespace attr = graph::attr;

// If in If: both read values from far before them, a weight and a computed constant of the outer graph. The branches use
// the same names inside.
onnx::ModelProto IfBranches() {
  ModelBuilder b("if_branches");
  b.Input("x", DType::kFloat32, {"N", 3, "H", "W"});
  Weights(b, "captured_weight", {4, 4, 3, 3});
  b.Node("Sqrt", {b.Floats("two", {1}, {2})}, {}, "root");
  const std::string a = ConvRelu(b, "x", 3, 4, "a"), c = ConvRelu(b, a, 4, 4, "c");
  b.Node("ReduceMax", {c}, {attr::Int("keepdims", 0)}, "largest");
  b.Node("Greater", {"largest", b.Floats("low", {}, {-1})}, {}, "yes");
  b.Node("Less", {"largest", b.Floats("lower", {}, {-2})}, {}, "no");
  std::string v = c;
  for (const std::string condition : {"yes", "no"}) {
    ModelBuilder deep_then("deep_then"), deep_else("deep_else"), then("then"), other("else");
    deep_then.Output(deep_then.Node("Mul", {"a", "root"}, {}, "inner"));
    deep_else.Output(deep_else.Node("Sub", {"a", v}, {}, "inner"));
    const std::string nested =
        then.Node("If", {"yes"},
                  {attr::Body("then_branch", deep_then.BuildBody()), attr::Body("else_branch", deep_else.BuildBody())}, "chosen");
    then.Output(then.Node("Conv", {nested, "captured_weight"}, {attr::Ints("pads", {1, 1, 1, 1})}, "out"));
    other.Floats("half", {1}, {0.5f});
    other.Output(other.Node("Mul", {other.Node("Add", {"a", v}, {}, "chosen"), "half"}, {}, "out"));
    v = b.Node("If", {condition}, {attr::Body("then_branch", then.BuildBody()), attr::Body("else_branch", other.BuildBody())},
               Concat("if_", condition));
    v = ConvRelu(b, v, 4, 4, Concat("after_", condition));
  }
  b.Output(v);
  b.Output("yes", DType::kBool);
  return b.Build();
}

// Loop in Loop. The inner body's state is called as an outer value ("shade"), which it therefore does not read and must not capture.
onnx::ModelProto Loops() {
  ModelBuilder b("loops");
  b.Input("x", DType::kFloat32, {1, 3, 16, 16});
  b.Int64("trips", 3);
  b.Int64("inner_trips", 2);
  b.Bool("go", true);
  Weights(b, "recurrent", {4, 4, 3, 3});
  const std::string stem = ConvRelu(b, "x", 3, 4, "stem"), far = ConvRelu(b, stem, 4, 4, "far");
  const std::string shade = ConvRelu(b, far, 4, 4, "shade");
  ModelBuilder inner("inner");
  inner.Input("j", DType::kInt64, {});
  inner.Input("inner_go", DType::kBool, {});
  inner.Input("shade", DType::kFloat32, {1, 4, 16, 16});
  inner.Output(inner.Node("Identity", {"inner_go"}, {}, "inner_more"), DType::kBool);
  inner.Output(inner.Node("Tanh", {inner.Node("Add", {"shade", "far"})}, {}, "inner_next"));
  ModelBuilder body("body");
  body.Input("i", DType::kInt64, {});
  body.Input("body_go", DType::kBool, {});
  body.Input("state", DType::kFloat32, {1, 4, 16, 16});
  body.Node("Conv", {"state", "recurrent"}, {attr::Ints("pads", {1, 1, 1, 1})}, "stirred");
  body.Output(body.Node("Identity", {"body_go"}, {}, "more"), DType::kBool);
  body.Output(body.Node("Loop", {"inner_trips", "body_go", "stirred"}, {attr::Body("body", inner.BuildBody())}, "next"));
  body.Output(body.Node("ReduceMean", {"next"}, {attr::Ints("axes", {2, 3}), attr::Int("keepdims", 0)}, "trace"));
  b.NodeWithOutputs("Loop", {"trips", "go", shade}, {"looped", "traces"}, {attr::Body("body", body.BuildBody())});
  b.Output(Conv(b, b.Node("Add", {"looped", stem}), 4, 2, "y"));
  b.Output("traces");
  return b.Build();
}

// A Loop that runs as often as the picture says, and so leaves a value whose size only the run tells.
onnx::ModelProto LoopOfUnknownLength() {
  ModelBuilder b("counted");
  b.Input("x", DType::kFloat32, {"N", 3, "H", "W"});
  b.Bool("go", true);
  b.Int64s("row", {0});
  const std::string a = ConvRelu(b, "x", 3, 4, "a");
  b.Node("Squeeze", {b.Node("Slice", {b.Node("Shape", {a}), b.Int64s("two", {2}), b.Int64s("three", {3})}), "row"}, {}, "rows");
  ModelBuilder body("body");
  body.Input("i", DType::kInt64, {});
  body.Input("body_go", DType::kBool, {});
  body.Output(body.Node("Identity", {"body_go"}, {}, "more"), DType::kBool);
  body.Output(
      body.Node("ReduceMean", {body.Node("Gather", {"a", "i"}, {attr::Int("axis", 2)})}, {attr::Int("keepdims", 0)}, "mean"));
  b.Node("Loop", {"rows", "go"}, {attr::Body("body", body.BuildBody())}, "means");
  b.Output(b.Node("Softmax", {b.Node("Tanh", {"means"})}, {attr::Int("axis", 0)}, "y"));
  return b.Build();
}

onnx::ModelProto ScanRows() {
  ModelBuilder b("scan");
  b.Input("x", DType::kFloat32, {12, 3, 8, 8});   // twelve pictures in a row
  const std::string a = ConvRelu(b, "x", 3, 4, "a");
  b.Node("Flatten", {b.Node("GlobalAveragePool", {a})}, {}, "rows");
  b.Floats("decay", {4}, {0.9f, 0.8f, 0.7f, 0.6f});
  b.Floats("start", {4}, {0, 0, 0, 0});
  ModelBuilder body("body");
  body.Input("state", DType::kFloat32, {4});
  body.Input("row", DType::kFloat32, {4});
  body.Output(body.Node("Add", {body.Node("Mul", {"state", "decay"}), "row"}, {}, "next"), DType::kFloat32, {4});
  body.Output(body.Node("Tanh", {"next"}, {}, "emitted"), DType::kFloat32, {4});
  b.NodeWithOutputs("Scan", {"start", "rows"}, {"last", "all"},
                    {attr::Body("body", body.BuildBody()), attr::Int("num_scan_inputs", 1)});
  b.Output(b.Node("MatMul", {"all", Weights(b, "w", {4, 5})}, {}, "y"));
  b.Output("last");
  return b.Build();
}

// Rows of a picture read in both directions; outputs of the operator that nobody asked for have no name.
onnx::ModelProto Lstm() {
  ModelBuilder b("lstm");
  b.Input("x", DType::kFloat32, {1, 3, 16, 16});
  b.Int64s("batch", {1});
  std::string v = ConvRelu(b, "x", 3, 4, "a", 2);   // 1x4x8x8
  v = b.Node("Reshape", {b.Node("Transpose", {v}, {attr::Ints("perm", {2, 0, 1, 3})}), b.Int64s("rows", {8, 1, 32})});
  b.NodeWithOutputs("LSTM", {v, Weights(b, "w", {2, 24, 32}), Weights(b, "r", {2, 24, 6}), Weights(b, "bias", {2, 48})},
                    {"seen", "", "cell"}, {attr::Int("hidden_size", 6), attr::String("direction", "bidirectional")});
  b.NodeWithOutputs(
      "GRU",
      {b.Node("Reshape", {"seen", b.Int64s("joined", {8, 1, 12})}), Weights(b, "gw", {1, 15, 12}), Weights(b, "gr", {1, 15, 5})},
      {"", "hidden"}, {attr::Int("hidden_size", 5)});
  b.Output(b.Node("Tanh", {"hidden"}, {}, "y"));
  b.Output("cell");
  return b.Build();
}

// A sequence lives in the middle: the operators that it spans are one group, those before and after it are cut as always.
onnx::ModelProto SequenceInTheMiddle() {
  ModelBuilder b("sequence");
  b.Input("x", DType::kFloat32, {1, 3, 16, 16});
  b.Int64("last", -1);
  const std::string a = ConvRelu(b, "x", 3, 4, "a");
  b.Node("SplitToSequence", {a}, {attr::Int("axis", 1)}, "parts");
  b.Node("SequenceAt", {"parts", "last"}, {}, "part");
  b.Node("SequenceInsert", {"parts", b.Node("Tanh", {"part"})}, {}, "more_parts");
  b.Node("ConcatFromSequence", {"more_parts"}, {attr::Int("axis", 1)}, "joined");
  b.Output(Conv(b, ConvRelu(b, "joined", 5, 4, "c"), 4, 2, "y"));
  return b.Build();
}

// Text cannot be sent either.
onnx::ModelProto Strings() {
  ModelBuilder b("strings");
  b.Input("x", DType::kFloat32, {1, 3, 16, 16});
  const std::string text = b.Node("Cast", {Classify(b, ConvRelu(b, "x", 3, 4, "a"), 4, 3, "fc")},
                                  {attr::Int("to", onnx::TensorProto::STRING)}, "text");
  const std::string twice = b.Node("Concat", {text, text}, {attr::Int("axis", 1)}, "twice");
  b.Output(b.Node("Tanh", {b.Node("Cast", {twice}, {attr::Int("to", onnx::TensorProto::FLOAT)}, "numbers")}, {}, "y"));
  return b.Build();
}

// Whether a condition that the file fixes holds: the If of constants is a constant of every side, the one that captures the picture is not.
onnx::ModelProto IfOfConstants() {
  ModelBuilder b("fixed_if");
  b.Input("x", DType::kFloat32, {"N", 3, "H", "W"});
  b.Bool("always", true);
  b.Floats("one", {1}, {1});
  const auto branches = [&](std::string_view name, const std::string& captured) {
    ModelBuilder then(Concat(name, "_then")), other(Concat(name, "_else"));
    then.Output(then.Node("Exp", {captured}));
    other.Output(other.Node("Neg", {captured}));
    return b.Node("If", {"always"}, {attr::Body("then_branch", then.BuildBody()), attr::Body("else_branch", other.BuildBody())},
                  name);
  };
  branches("e", "one");
  const std::string a = b.Node("Tanh", {b.Node("Mul", {Conv(b, "x", 3, 4, "a"), "e"})}, {}, "scaled");
  b.Output(b.Node("Mul", {Conv(b, branches("exp", a), 4, 4, "c"), "e"}, {}, "y"));
  return b.Build();
}

// A sequence from the first operator to the last: nothing can be cut, which makes one group.
onnx::ModelProto OneSequence() {
  ModelBuilder b("all_sequence");
  b.Input("x", DType::kFloat32, {1, 4, 8, 8});
  b.Int64("first", 0);
  b.Node("SplitToSequence", {"x"}, {attr::Int("axis", 1)}, "parts");
  const std::string at = b.Node("SequenceAt", {"parts", "first"});
  b.Node("SequenceInsert", {"parts", b.Node("Relu", {at})}, {}, "more");
  b.Output(b.Node("ConcatFromSequence", {"more"}, {attr::Int("axis", 1)}, "y"));
  return b.Build();
}

}   // namespace

std::vector<OddModel> ControlModels() {
  const ProbeSize small{16, 16}, other{24, 20};
  return {
      {"if_branches", IfBranches, 13, 4, small, other},
      {"loops", Loops, 9, 3},
      {"loop_of_unknown_length", LoopOfUnknownLength, 8, 2, small, other},
      {"scan", ScanRows, 6, 1},
      {"lstm", Lstm, 8, 1},
      {"sequence_in_the_middle", SequenceInTheMiddle, 6, 1},
      {"strings", Strings, 7, 1},
      {"if_of_constants", IfOfConstants, 6, 1, small, other},
      {"one_sequence", OneSequence, 1, 0},
  };
}

}   // namespace partway::engine
