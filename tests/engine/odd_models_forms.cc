// The same few operators in files that are written in unusual ways, and operators that are new or work on other types.
#include <algorithm>
#include <span>
#include <utility>

#include "base/text.h"
#include "tests/engine/odd_models.h"

namespace partway::engine {
namespace {

using graph::ModelBuilder;
namespace attr = graph::attr;

ModelBuilder FixedImage(std::string_view name, int64_t opset = 13, int64_t ir_version = 8) {
  ModelBuilder b(std::string(name), opset, ir_version);
  b.Input("x", DType::kFloat32, {1, 3, 16, 16});
  return b;
}

// Sizes and numbers that come out of the graph itself: some from constants only, some from the picture's shape.
onnx::ModelProto ComputedConstants() {
  ModelBuilder b("computed");
  b.Input("x", DType::kFloat32, {"N", 3, "H", "W"});
  const std::vector<int64_t> one = {1};
  const auto constant = [&](int64_t value) {
    return b.Node("Constant", {}, {attr::TensorValue("value", graph::Int64Tensor(one, {&value, 1}))});
  };
  // 8 channels' biases: 0..7 by Range up to a weight's own first dimension, scaled.
  Weights(b, "w", {8, 3, 3, 3});
  const std::string channels = b.Node("Gather", {b.Node("Shape", {"w"}), b.Int64("zero", 0)}, {attr::Int("axis", 0)});
  const std::string range =
      b.Node("Cast", {b.Node("Range", {"zero", channels, b.Int64("step", 1)})}, {attr::Int("to", onnx::TensorProto::FLOAT)});
  const std::string bias = b.Node("Mul", {range, b.Node("Constant", {}, {attr::Float("value_float", 0.05f)})}, {}, "bias");
  std::string v = b.Node("Relu", {b.Node("Conv", {"x", "w", bias}, {attr::Ints("pads", {1, 1, 1, 1})})}, {}, "a");
  // A tensor filled to a shape that is computed from constants.
  const std::string shape = b.Node("Concat", {constant(1), b.Node("Unsqueeze", {channels, "at_front"}), constant(1), constant(1)},
                                   {attr::Int("axis", 0)});
  b.Int64s("at_front", {0});
  const float quarter = 0.25f;
  b.Node("ConstantOfShape", {shape}, {attr::TensorValue("value", graph::FloatTensor(one, {&quarter, 1}))}, "filled");
  v = b.Node("Add", {v, "filled"}, {}, "shifted");
  v = ConvRelu(b, v, 8, 8, "c", 2);
  // Flattened to N x 8 x (rest), with N read from the picture, then averaged with a count that is read too.
  const std::string n = b.Node("Gather", {b.Node("Shape", {"x"}), "at_front"}, {attr::Int("axis", 0)});
  const std::string flat = b.Node("Concat", {n, constant(8), constant(-1)}, {attr::Int("axis", 0)});
  v = b.Node("Reshape", {v, flat}, {}, "flat");
  const std::string count = b.Node("Cast", {b.Node("Size", {v})}, {attr::Int("to", onnx::TensorProto::FLOAT)});
  v = b.Node("Div", {b.Node("ReduceSum", {v, b.Int64s("last_axis", {2})}, {attr::Int("keepdims", 0)}), b.Node("Sqrt", {count})},
             {}, "mean");
  b.Output(v);
  b.Output(bias);   // a constant that is computed and an output
  return b.Build();
}

onnx::ModelProto Ir3() {
  ModelBuilder b = FixedImage("ir3", 8, 3);
  std::string v = Conv(b, ConvRelu(b, "x", 3, 6, "a"), 6, 6, "c");
  v = b.Node("Add", {v, "a"});
  b.Output(b.Node("Relu", {v}, {}, "y"));
  onnx::ModelProto model = b.Build();
  for (const onnx::TensorProto& tensor : model.graph().initializer()) {
    onnx::ValueInfoProto* input = model.mutable_graph()->add_input();
    input->set_name(tensor.name());
    input->mutable_type()->mutable_tensor_type()->set_elem_type(tensor.data_type());
    for (const int64_t d : tensor.dims())
      input->mutable_type()->mutable_tensor_type()->mutable_shape()->add_dim()->set_dim_value(d);
  }
  return model;
}

onnx::ModelProto Plain() {
  ModelBuilder b = FixedImage("plain");
  std::string v = ConvRelu(b, ConvRelu(b, "x", 3, 8, "a"), 8, 8, "c", 2);
  v = b.Node("Reshape", {v, b.Int64s("shape", {1, 512})});   // its size is in the file: no other picture fits
  b.Output(b.Node("MatMul", {v, Weights(b, "fc", {512, 4})}, {}, "y"));
  return b.Build();
}

// The nodes from the last to the first, with two on which nothing depends among them.
onnx::ModelProto OutOfOrder() {
  onnx::ModelProto model = Plain();
  for (int i = 0; i < 2; ++i) {
    onnx::NodeProto* dead = model.mutable_graph()->add_node();
    dead->set_op_type("Tanh");
    dead->add_input(i == 0 ? "a" : "dead0");
    dead->add_output(Concat("dead", i));
  }
  std::reverse(model.mutable_graph()->mutable_node()->begin(), model.mutable_graph()->mutable_node()->end());
  return model;
}

onnx::ModelProto OpsetOf21() {
  ModelBuilder b("opset21", 21, 10);
  b.Input("x", DType::kFloat32, {"N", 3, "H", "W"});
  std::string v = Conv(b, "x", 3, 8, "a");
  v = b.Node("GroupNormalization", {v, Weights(b, "scale", {8}), Weights(b, "shift", {8})}, {attr::Int("num_groups", 2)},
             "normed");
  v = b.Node("Gelu", {v}, {attr::String("approximate", "tanh")}, "gelu");
  v = b.Node("Mish", {Conv(b, v, 8, 8, "c", 2)}, {}, "mish");
  v = b.Node("HardSwish", {b.Node("Add", {v, b.Node("ReduceMax", {v, b.Int64s("axes", {2, 3})})})});
  b.Output(Classify(b, v, 8, 4, "y"));
  return b.Build();
}

// A block of a vision transformer in the operators of opset 23.
onnx::ModelProto OpsetOf23() {
  ModelBuilder b("opset23", 23, 11);
  b.Input("x", DType::kFloat32, {1, 3, 16, 16});
  std::string v = b.Node("Conv", {"x", Weights(b, "patch", {16, 3, 4, 4})}, {attr::Ints("strides", {4, 4})}, "patches");
  v = b.Node("Transpose", {b.Node("Reshape", {v, b.Int64s("tokens_shape", {1, 16, 16})})}, {attr::Ints("perm", {0, 2, 1})},
             "tokens");
  for (int i = 0; i < 2; ++i) {
    const std::string name = Concat("block", i),
                      normed = b.Node("RMSNormalization", {v, Weights(b, Concat(name, ".norm"), {16})});
    std::vector<std::string> qkv;
    for (const char* part : {".q", ".k", ".v"})
      qkv.push_back(b.Node("MatMul", {normed, Weights(b, Concat(name, part), {16, 16})}));
    const std::string seen = b.Node("Attention", qkv, {attr::Int("q_num_heads", 4), attr::Int("kv_num_heads", 4)});
    v = b.Node("Add", {v, seen}, {}, name);
  }
  b.Output(b.Node("LayerNormalization", {v, Weights(b, "last", {16})}, {}, "y"));
  return b.Build();
}

// An operator that the file itself defines, one inside the other.
onnx::ModelProto LocalFunctions() {
  ModelBuilder b = FixedImage("functions");
  b.Opset("partway.test", 1);
  const auto define = [&](std::string_view name, const std::vector<std::pair<std::string, std::string>>& steps) {
    onnx::FunctionProto* function = b.proto().add_functions();
    function->set_name(std::string(name));
    function->set_domain("partway.test");
    for (const auto& [domain, version] : {std::pair("", 13), std::pair("partway.test", 1)}) {
      onnx::OperatorSetIdProto* import = function->add_opset_import();
      import->set_domain(domain);
      import->set_version(version);
    }
    std::string v = *function->add_input() = "in";
    for (const auto& [domain, op] : steps) {
      onnx::NodeProto* node = function->add_node();
      node->set_domain(domain);
      node->set_op_type(op);
      node->add_input(v);
      if (op == "Mul") node->add_input("in");
      v = *node->add_output() = Concat("f", function->node_size());
    }
    *function->add_output() = v;
  };
  define("Swish", {{"", "Sigmoid"}, {"", "Mul"}});
  define("SwishTwice", {{"partway.test", "Swish"}, {"", "Neg"}, {"partway.test", "Swish"}});
  std::string v = Conv(b, "x", 3, 6, "a");
  for (const char* op : {"Swish", "SwishTwice"}) {
    v = b.Node(op, {v}, {}, op);
    b.graph().mutable_node(b.graph().node_size() - 1)->set_domain("partway.test");
    v = Conv(b, v, 6, 6, Concat("after", op));
  }
  b.Output(v);
  return b.Build();
}

onnx::ModelProto SparseWeight() {
  ModelBuilder b = FixedImage("sparse");
  onnx::SparseTensorProto* sparse = b.graph().add_sparse_initializer();
  const std::vector<int64_t> count = {3}, indices = {1, 9, 15};
  const std::vector<float> values = {0.5f, -1, 2};
  *sparse->mutable_values() = graph::FloatTensor(count, values);
  sparse->mutable_values()->set_name("m");
  *sparse->mutable_indices() = graph::Int64Tensor(count, indices);
  for (const int64_t d : {4, 4}) sparse->add_dims(d);
  const auto flat = [&](const std::string& v) { return b.Node("Flatten", {b.Node("GlobalAveragePool", {v})}); };
  const std::string a = ConvRelu(b, "x", 3, 4, "a"), c = ConvRelu(b, a, 4, 4, "c");
  b.Output(b.Node("Add", {b.Node("MatMul", {flat(a), "m"}), b.Node("MatMul", {flat(c), "m"})}, {}, "y"));
  return b.Build();
}

// Bytes and halves cross the cuts: a quantised convolution, and a part in FP16.
onnx::ModelProto OtherTypes() {
  ModelBuilder b = FixedImage("types");
  const uint8_t zero = 128;
  const int8_t weight_zero = 0;
  b.Initializer("zero", DType::kUint8, {}, std::as_bytes(std::span(&zero, 1)));
  b.Initializer("weight_zero", DType::kInt8, {}, std::as_bytes(std::span(&weight_zero, 1)));
  std::vector<int8_t> weights(4 * 3 * 3 * 3);
  for (size_t i = 0; i < weights.size(); ++i) weights[i] = static_cast<int8_t>(static_cast<int>(i * 37 % 127) - 63);
  b.Initializer("weights", DType::kInt8, {4, 3, 3, 3}, std::as_bytes(std::span(weights)));
  const std::string in = b.Floats("in_scale", {}, {1 / 127.f}), w = b.Floats("w_scale", {}, {0.005f}),
                    out = b.Floats("out_scale", {}, {0.02f});
  std::string v = b.Node("QuantizeLinear", {"x", in, "zero"}, {}, "bytes");
  v = b.Node("QLinearConv", {v, in, "zero", "weights", w, "weight_zero", out, "zero"}, {attr::Ints("pads", {1, 1, 1, 1})},
             "conv_bytes");
  v = b.Node("DequantizeLinear", {v, out, "zero"}, {}, "floats");
  v = b.Node("Cast", {v}, {attr::Int("to", onnx::TensorProto::FLOAT16)}, "halves");
  v = b.Node("Transpose", {v}, {attr::Ints("perm", {0, 2, 3, 1})}, "turned");
  v = b.Node("Cast", {v}, {attr::Int("to", onnx::TensorProto::FLOAT)}, "back");
  b.NodeWithOutputs("Split", {v, b.Int64s("rows", {6, 4, 6})}, {"left", "middle", "right"},
                    {attr::Int("axis", 1)});   // nobody reads the middle
  b.Output(b.Node("Sub", {"left", "right"}, {}, "y"), DType::kFloat32);
  return b.Build();
}

onnx::ModelProto NoOperator() {
  ModelBuilder b = FixedImage("nothing");
  Weights(b, "w", {4});
  b.Output("x", DType::kFloat32, {1, 3, 16, 16});
  b.Output("w", DType::kFloat32, {4});
  return b.Build();
}

// Nothing depends on the picture: the answers are computed from constants.
onnx::ModelProto OnlyConstants() {
  ModelBuilder b = FixedImage("constants");
  b.Output(b.Node("Exp", {b.Node("Neg", {Weights(b, "w", {4})})}, {}, "y"));
  b.Output(b.Node("Sqrt", {b.Floats("two", {1}, {2})}, {}, "root"));
  return b.Build();
}

}   // namespace

std::vector<OddModel> FormModels() {
  const ProbeSize small{16, 16}, other{24, 20};
  return {
      {"computed_constants", ComputedConstants, 14, 2, small, other},
      {"ir_3", Ir3, 5, 2},
      {"fixed_sizes", Plain, 6, 1},
      {.name = "external_data", .build = Plain, .groups = 6, .external = true},
      {"out_of_order", OutOfOrder, 6, 1},
      {"opset_21", OpsetOf21, 11, 2, small, other},
      {"opset_23", OpsetOf23, 16, 4},
      {"local_functions", LocalFunctions, 5, 1},
      {"sparse_weight", SparseWeight, 11, 2},
      {"other_types", OtherTypes, 8, 2},
      {"no_operator", NoOperator, 1, 0},
      {"only_constants", OnlyConstants, 1, 0},
  };
}

}   // namespace partway::engine
