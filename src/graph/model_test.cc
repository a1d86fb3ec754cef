#include "graph/model.h"

#include <filesystem>
#include <fstream>

#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"
#include "gmock/gmock.h"
#include "graph/test_graphs.h"

namespace partway::graph {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::string Message(const absl::Status& status) { return std::string(status.message()); }

ModelBuilder Chain() {
  ModelBuilder b("chain");
  b.Input("x", DType::kFloat32, {1, 4});
  b.Floats("w", {1, 4}, {1, 2, 3, 4});
  b.Node("Add", {"x", "w"}, {}, "a");
  b.Node("Relu", {"a"}, {}, "y");
  b.Output("y");
  return b;
}

class ModelFiles : public testing::Test {
 protected:
  void SetUp() override {
    dir_ = fs::temp_directory_path() /
           Concat("partway-model-", ::getpid(), "-", testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::create_directories(dir_ / "in");
  }
  void TearDown() override { fs::remove_all(dir_); }
  std::string Write(const std::string& name, const std::string& content) {
    std::string path = (dir_ / "in" / name).string();
    EXPECT_TRUE(WriteFileAtomically(path, content).ok());
    return path;
  }
  // w = 4 floats = 16 bytes at `offset` of `location`.
  std::string WriteExternal(const std::string& location, const std::string& offset, const std::string& length) {
    ModelBuilder b = Chain();
    onnx::TensorProto& w = *b.graph().mutable_initializer(0);
    w.clear_raw_data();
    w.clear_float_data();
    w.set_data_location(onnx::TensorProto::EXTERNAL);
    for (const auto& [key, value] : {std::pair{"location", location}, {"offset", offset}, {"length", length}}) {
      if (value.empty()) continue;
      auto* entry = w.add_external_data();
      entry->set_key(key);
      entry->set_value(value);
    }
    return Write("m.onnx", b.Build().SerializeAsString());
  }
  fs::path dir_;
};

TEST_F(ModelFiles, LoadsAndHashesTheFile) {
  const std::string bytes = Chain().Build().SerializeAsString();
  const auto model = LoadModel(Write("net.onnx", bytes));
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ((*model)->name, "net");
  EXPECT_EQ((*model)->sha256, Sha256Hex(bytes));
  EXPECT_EQ((*model)->bytes, bytes.size());
  EXPECT_EQ((*model)->opset, 13);
}

TEST_F(ModelFiles, EveryTruncationIsOneClearLine) {
  const std::string bytes = Chain().Build().SerializeAsString();
  for (size_t n = 0; n < bytes.size(); ++n) {
    const auto model = ParseModel(std::string_view(bytes).substr(0, n), "net");
    if (model.ok()) continue;   // a cut between two fields may leave a whole message
    EXPECT_EQ(Message(model.status()).find('\n'), std::string::npos);
    EXPECT_THAT(Message(model.status()), HasSubstr("'net'"));
  }
  EXPECT_THAT(Message(LoadModel(Write("t.onnx", bytes.substr(0, bytes.size() / 2))).status()),
              HasSubstr("t.onnx is not an ONNX model"));
  EXPECT_THAT(Message(LoadModel(Write("e.onnx", "")).status()), HasSubstr("it is empty"));
  EXPECT_THAT(Message(LoadModel(Write("l.onnx", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n")).status()),
              HasSubstr("Git LFS pointer"));
  EXPECT_THAT(Message(LoadModel(dir_.string()).status()), HasSubstr("it is a folder"));
  EXPECT_TRUE(absl::IsNotFound(LoadModel((dir_ / "none.onnx").string()).status()));
}

TEST_F(ModelFiles, RandomBytesNeverLoad) {
  Rng rng(1);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes(static_cast<size_t>(rng.UniformInt(0, 200)), '\0');
    for (char& c : bytes) c = static_cast<char>(rng.Next());
    EXPECT_FALSE(ParseModel(bytes, "noise").ok());
  }
}

TEST_F(ModelFiles, FlippedBitsNeverCrash) {
  const std::string good = Chain().Build().SerializeAsString();
  for (size_t i = 0; i < good.size() * 8; ++i) {
    std::string bytes = good;
    bytes[i / 8] = static_cast<char>(bytes[i / 8] ^ (1 << (i % 8)));
    const auto model = ParseModel(bytes, "flipped");
    if (model.ok()) {
      EXPECT_TRUE(BuildOpGraph(*model).ok());
    }
  }
}

TEST_F(ModelFiles, ExternalDataIsLoadedAndHashedBehindTheModel) {
  const std::string path = WriteExternal("w.bin", "8", "16");
  std::string data(24, '\0');
  for (int i = 0; i < 24; ++i) data[i] = static_cast<char>(i);
  Write("w.bin", data);
  const auto model = LoadModel(path);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ((*model)->proto.graph().initializer(0).raw_data(), data.substr(8));
  EXPECT_EQ((*model)->proto.graph().initializer(0).external_data_size(), 0);
  const std::string file = *ReadFile(path, 1 << 20);
  EXPECT_EQ((*model)->sha256, Sha256Hex(Concat(file, data)));
  EXPECT_EQ((*model)->bytes, file.size() + data.size());
}

TEST_F(ModelFiles, HostileExternalDataIsRefused) {
  Write("w.bin", std::string(24, 'x'));
  std::ofstream(dir_ / "secret") << std::string(24, 's');
  fs::create_symlink(dir_ / "secret", dir_ / "in" / "link.bin");
  const struct {
    std::string location, offset, length, says;
  } cases[] = {
      {"../secret", "", "", "leaves the model's folder"},
      {"link.bin", "", "", "leaves the model's folder"},
      {(dir_ / "secret").string(), "", "", "expected a path relative"},
      {"*/_ORT_MEM_ADDR_/*", "140000", "16", "memory address"},
      {"none.bin", "", "", "No such file"},
      {".", "", "", "regular file"},
      {"w.bin", "9", "16", "which has 24"},
      {"w.bin", "18446744073709551615", "16", "which has 24"},
      {"w.bin", "-1", "16", "expected a number of bytes"},
      {"w.bin", "0", "17", "its shape takes 16"},
      {"", "0", "16", "names no file"},
  };
  for (const auto& c : cases)
    EXPECT_THAT(Message(LoadModel(WriteExternal(c.location, c.offset, c.length)).status()), HasSubstr(c.says)) << c.location;
  const std::string bytes = *ReadFile(WriteExternal("w.bin", "0", "16"), 1 << 20);
  EXPECT_THAT(Message(ParseModel(bytes, "sent").status()), HasSubstr("keeps its data in another file"));
}

TEST(InstancesTest, EachBadFileIsRefusedForItsReason) {
  const struct {
    std::string file, says;
  } cases[] = {
      {"truncated", "is not an ONNX model"},
      {"git_lfs_pointer", "Git LFS pointer"},
      {"deep_bodies", "is not an ONNX model"},   // deeper than the parser goes
      {"cycle", "the graph has a cycle"},
      {"made_twice", "'y', which is made twice"},
      {"dangling_input", "reads 'ghost', which nothing makes"},
      {"short_initializer", "holds 15 bytes, its shape 4 takes 16"},
      {"overflowing_dims", "impossible shape"},
      {"memory_address", "claims to lie at a memory address"},
      {"leaves_folder", "which leaves the model's folder"},
  };
  for (const auto& c : cases) {
    const auto model = LoadModel(Concat(PARTWAY_SOURCE_DIR, "/tests/instances/graph/", c.file, ".onnx"));
    EXPECT_THAT(Message(model.status()), HasSubstr(c.says)) << c.file;
  }
}

std::string ErrorOf(ModelBuilder& b, const LoadLimits& limits = {}) {
  return Message(ModelFromProto(b.Build(), "m", limits).status());
}

TEST(CheckTest, WhatIsWrongIsNamed) {
  {
    ModelBuilder b = Chain();
    b.Node("Relu", {"x"}, {}, "a");
    EXPECT_THAT(ErrorOf(b), HasSubstr("makes 'a', which is made twice"));
  }
  {
    ModelBuilder b = Chain();
    b.Node("Relu", {"ghost"}, {}, "z");
    EXPECT_THAT(ErrorOf(b), HasSubstr("node 'z' (Relu) reads 'ghost', which nothing makes"));
  }
  {
    ModelBuilder b = Chain();
    b.Output("ghost");
    EXPECT_THAT(ErrorOf(b), HasSubstr("output 'ghost' is made by no node"));
  }
  {
    ModelBuilder b = Chain();
    b.Node("Add", {"x", "q"}, {}, "p");
    b.Node("Relu", {"p"}, {}, "q");
    EXPECT_THAT(ErrorOf(b), HasSubstr("cycle: node 'p' (Add) -> node 'q' (Relu) -> node 'p' (Add)"));
  }
  {
    ModelBuilder b = Chain();
    b.graph().mutable_initializer(0)->set_dims(1, 5);
    EXPECT_THAT(ErrorOf(b), HasSubstr("initialiser 'w'"));
  }
  {
    ModelBuilder b = Chain();
    b.graph().mutable_initializer(0)->set_dims(1, int64_t{1} << 62);
    EXPECT_THAT(ErrorOf(b), HasSubstr("impossible"));
  }
  {
    ModelBuilder b = Chain();
    b.graph().mutable_initializer(0)->set_data_type(99);
    EXPECT_THAT(ErrorOf(b), HasSubstr("element type 99"));
  }
  {
    ModelBuilder b = Chain();
    b.Input("huge", DType::kFloat32, {int64_t{1} << 40});
    EXPECT_THAT(ErrorOf(b), HasSubstr("'huge' has a dimension of 1099511627776"));
  }
  {
    ModelBuilder b = Chain();
    EXPECT_THAT(ErrorOf(b, {.max_nodes = 1}), HasSubstr("more than 1 nodes"));
  }
}

TEST(CheckTest, BodiesDeeperThanTheLimitAreRefused) {
  onnx::GraphProto body = ModelBuilder("innermost").BuildBody();
  for (int depth = 0; depth < 5; ++depth) {
    ModelBuilder outer(Concat("body", depth));
    outer.Node("If", {"x"}, {attr::Body("then_branch", std::move(body))});
    body = outer.BuildBody();
  }
  ModelBuilder b = Chain();
  b.Node("If", {"x"}, {attr::Body("then_branch", std::move(body))}, "deep");
  EXPECT_THAT(ErrorOf(b, {.max_subgraph_depth = 4}), HasSubstr("nested deeper than 4"));
}

// y = f0(x), where each function calls the next one twice and the last holds one Relu.
onnx::ModelProto CallsTwice(int functions) {
  ModelBuilder b("calls");
  b.Input("x", DType::kFloat32, {1, 4});
  b.Node("f0", {"x"}, {}, "y");
  b.Output("y");
  onnx::ModelProto model = b.Build();
  model.mutable_graph()->mutable_node(0)->set_domain("own");
  for (int i = 0; i < functions; ++i) {
    onnx::FunctionProto& f = *model.add_functions();
    f.set_domain("own");
    f.set_name(Concat("f", i));
    f.add_input("a");
    f.add_output("c");
    const bool last = i == functions - 1;
    for (const auto& [from, to] : last ? std::vector<std::pair<const char*, const char*>>{{"a", "c"}}
                                       : std::vector<std::pair<const char*, const char*>>{{"a", "b"}, {"b", "c"}}) {
      onnx::NodeProto& node = *f.add_node();
      node.set_op_type(last ? "Relu" : Concat("f", i + 1));
      if (!last) node.set_domain("own");
      node.add_input(from);
      node.add_output(to);
    }
  }
  return model;
}

TEST(CheckTest, FunctionsAreCountedAsWhatTheirCallsStandFor) {
  // f2 stands for 1 node, f1 for 2 calls and 2 nodes, f0 for 2 calls and 8 nodes, the graph for its call and 10 nodes.
  EXPECT_TRUE(ModelFromProto(CallsTwice(3), "m", {.max_nodes = 11}).ok());
  EXPECT_THAT(Message(ModelFromProto(CallsTwice(3), "m", {.max_nodes = 10}).status()),
              HasSubstr("once the calls of its functions are replaced"));
  EXPECT_THAT(Message(ModelFromProto(CallsTwice(60), "m").status()),
              HasSubstr("once the calls of its functions are replaced"));   // 2^60
  onnx::ModelProto circle = CallsTwice(2);
  circle.mutable_functions(1)->mutable_node(0)->set_domain("own");
  circle.mutable_functions(1)->mutable_node(0)->set_op_type("f0");
  EXPECT_THAT(Message(ModelFromProto(circle, "m").status()), HasSubstr("function 'f0' needs itself"));
}

TEST(CheckTest, FunctionsMayNotReachOutsideTheModelEither) {
  onnx::ModelProto model = CallsTwice(1);
  onnx::AttributeProto& value = *model.mutable_functions(0)->mutable_node(0)->add_attribute();
  value.set_name("value");
  value.set_type(onnx::AttributeProto::TENSOR);
  value.mutable_t()->set_data_type(onnx::TensorProto::FLOAT);
  value.mutable_t()->add_dims(1);
  value.mutable_t()->set_data_location(onnx::TensorProto::EXTERNAL);
  auto* entry = value.mutable_t()->add_external_data();
  entry->set_key("location");
  entry->set_value("*/_ORT_MEM_ADDR_/*");
  EXPECT_THAT(Message(ParseModel(model.SerializeAsString(), "m").status()), HasSubstr("keeps its data in another file"));
}

TEST(CheckTest, UnsortedNodesAreSortedStably) {
  ModelBuilder b("unsorted");
  b.Input("x", DType::kFloat32, {1});
  b.Node("Add", {"c", "b"}, {}, "d");
  b.Node("Relu", {"a"}, {}, "c");
  b.Node("Relu", {"a"}, {}, "b");
  b.Node("Relu", {"x"}, {}, "a");
  b.Output("d");
  const auto model = ModelFromProto(b.Build(), "m");
  ASSERT_TRUE(model.ok()) << model.status();
  std::string order;
  for (const auto& node : (*model)->proto.graph().node()) order += node.output(0);
  EXPECT_EQ(order, "acbd");   // c stands before b in the file
}

}   // namespace
}   // namespace partway::graph
