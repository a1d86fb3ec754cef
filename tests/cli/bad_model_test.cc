// Models and pictures that are no good: one clear line, the right exit code, nothing written.
#include <filesystem>

#include "base/rng.h"
#include "graph/model_builder.h"
#include "tests/cli/fixtures.h"

namespace partway::cli {
namespace {

using graph::ModelBuilder;
using testing::HasSubstr;

class BadModel : public testing::Test {
 protected:
  // Every verb that reads a model refuses it: exit 1, one line that names the model, and no output file.
  void ExpectRefused(const std::string& path) {
    SCOPED_TRACE(path);
    ExpectOneLine(Partway({"inspect", path, "--json"}), 1, std::filesystem::path(path).stem().string());
    ExpectOneLine(Partway({"split", path, "--cut", "1", "-o", folder_ / "parts"}), 1,
                  std::filesystem::path(path).stem().string());
    EXPECT_FALSE(std::filesystem::exists(folder_ / "parts"));
  }
  void ExpectRefusedByAll(const std::string& path) {
    ExpectRefused(path);
    const std::string name = std::filesystem::path(path).stem().string();
    ExpectOneLine(Partway({"check", path}), 1, name);
    ExpectOneLine(Partway({"run", path, "--source", "synthetic", "--frames", "1", "--record", folder_ / "r.jsonl"}), 1, name);
    EXPECT_FALSE(std::filesystem::exists(folder_ / "r.jsonl"));
    ExpectOneLine(Partway({"serve", path, "--listen", "127.0.0.1:0"}), 1, name);
  }
  std::string Write(const std::string& name, const std::string& bytes) {
    WriteText(folder_ / name, bytes);
    return folder_ / name;
  }
  std::string Write(const std::string& name, ModelBuilder& builder) { return Write(name, builder.Build().SerializeAsString()); }

  TempFolder folder_;
};

TEST_F(BadModel, TruncatedAnywhere) {
  const std::string whole = SmallNet(32).SerializeAsString();
  ExpectRefusedByAll(Write("half.onnx", whole.substr(0, whole.size() / 2)));
  for (const size_t size : {size_t{1}, size_t{7}, whole.size() / 3, whole.size() - 1}) {
    ExpectRefused(Write("cut-to-" + std::to_string(size) + ".onnx", whole.substr(0, size)));
  }
}

TEST_F(BadModel, EmptyTextOrRandom) {
  ExpectRefusedByAll(Write("empty.onnx", ""));
  ExpectRefused(Write("text.onnx", "This is not a network.\nNor is this.\n"));
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    Rng rng(seed);
    std::string noise(10000, '\0');
    for (char& c : noise) c = static_cast<char>(rng.Next());
    ExpectRefused(Write("noise-" + std::to_string(seed) + ".onnx", noise));
  }
  ExpectRefused(Photos());   // a folder
}

TEST_F(BadModel, FlippedBytesNeverCrash) {
  const std::string whole = SmallNet(32).SerializeAsString();
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    Rng rng(seed);
    std::string bad = whole;
    // In the names and numbers of the structure rather than in the weights, which may be anything.
    for (int i = 0; i < 4; ++i) bad[rng.UniformInt(0, 700)] = static_cast<char>(rng.Next());
    const Ended ended = Partway({"check", Write("flipped.onnx", bad), "--repeat", "0"});
    EXPECT_THAT(ended.code, testing::AnyOf(0, 1, 3)) << "seed " << seed << ": " << ended.err;
    EXPECT_EQ(ended.ErrLines().size(), ended.code == 1 ? 1u : 0u) << ended.err;
  }
}

TEST_F(BadModel, Hostile) {
  {
    ModelBuilder b;   // y <- z <- y
    b.Input("x", DType::kFloat32, {1, 3, 8, 8});
    b.Node("Add", {"x", "z"}, {}, "y");
    b.Node("Relu", {"y"}, {}, "z");
    b.Output("z");
    ExpectRefused(Write("cycle.onnx", b));
  }
  {
    ModelBuilder b;   // reads what nobody makes
    b.Input("x", DType::kFloat32, {1, 3, 8, 8});
    b.Output(b.Node("Add", {"x", "from_nowhere"}, {}, "y"));
    const std::string path = Write("dangling.onnx", b);
    ExpectRefused(path);
    EXPECT_THAT(Partway({"inspect", path}).err, HasSubstr("from_nowhere"));
  }
  {
    ModelBuilder b;   // weights of 2^62 elements in no bytes
    b.Input("x", DType::kFloat32, {1, 3, 8, 8});
    b.Initializer("w", DType::kFloat32, {int64_t{1} << 31, int64_t{1} << 31}, {});
    b.Output(b.Node("MatMul", {"x", "w"}, {}, "y"));
    ExpectRefused(Write("huge-weights.onnx", b));
  }
  {
    ModelBuilder b;   // fewer bytes than its dims say
    b.Input("x", DType::kFloat32, {1, 3, 8, 8});
    b.Floats("w", {8, 8}, {1, 2, 3});
    b.Output(b.Node("MatMul", {"x", "w"}, {}, "y"));
    ExpectRefused(Write("short-weights.onnx", b));
  }
  {
    ModelBuilder b;   // an operator that no engine has
    b.Input("x", DType::kFloat32, {1, 3, 8, 8});
    b.Output(b.Node("Frobnicate", {"x"}, {}, "y"));
    const std::string path = Write("operator.onnx", b);
    ExpectRefused(path);
    EXPECT_THAT(Partway({"inspect", path}).err, HasSubstr("Frobnicate"));
  }
  {
    ModelBuilder b;   // weights that would be read from elsewhere on the disk
    b.Input("x", DType::kFloat32, {1, 3, 8, 8});
    b.Output(b.Node("MatMul", {"x", "w"}, {}, "y"));
    onnx::TensorProto* w = b.graph().add_initializer();
    w->set_name("w");
    w->set_data_type(onnx::TensorProto::FLOAT);
    for (const int64_t d : {8, 8}) w->add_dims(d);
    w->set_data_location(onnx::TensorProto::EXTERNAL);
    onnx::StringStringEntryProto* location = w->add_external_data();
    location->set_key("location");
    location->set_value("../../../../../../etc/passwd");
    ExpectRefused(Write("outside.onnx", b));
  }
  {
    ModelBuilder b;   // no outputs, no nodes
    ExpectRefused(Write("nothing.onnx", b));
  }
  {
    ModelBuilder b("line\nbreak");   // names with line breaks and colours must not make two lines
    b.Input("x", DType::kFloat32, {1, 3, 8, 8});
    b.Output(b.Node("Add", {"x", "evil\n\033[31mname"}, {}, "y"));
    const std::string path = Write("names.onnx", b);
    ExpectRefused(path);
    EXPECT_THAT(Partway({"inspect", path}).err, testing::Not(HasSubstr("\033")))
        << "a model's names reach the terminal unescaped";
  }
}

// Bodies within bodies: a recursive reader would end on its stack.
TEST_F(BadModel, DeepNesting) {
  onnx::ModelProto model = SmallNet(32);
  onnx::GraphProto body;
  body.set_name("innermost");
  for (int depth = 0; depth < 40; ++depth) {
    onnx::GraphProto outer;
    outer.set_name("body");
    onnx::NodeProto* node = outer.add_node();
    node->set_op_type("Loop");
    onnx::AttributeProto* attribute = node->add_attribute();
    attribute->set_name("body");
    attribute->set_type(onnx::AttributeProto::GRAPH);
    attribute->mutable_g()->Swap(&body);
    body.Swap(&outer);
  }
  *model.mutable_graph()->add_node() = body.node(0);
  const Ended ended = Partway({"inspect", Write("deep.onnx", model.SerializeAsString())});
  ExpectOneLine(ended, 1, "deep.onnx");
}

TEST_F(BadModel, ATomlThatCannotStandIsNamedWithItsLine) {
  WriteSmallNet(folder_ / "net.onnx");
  WriteText(folder_ / "net.toml", "[input]\nsize = 32\ncolour = 3\n");
  const Ended ended = Partway({"inspect", folder_ / "net.onnx"});
  ExpectOneLine(ended, 1, "net.toml:3");
  EXPECT_THAT(ended.err, HasSubstr("colour"));
}

TEST_F(BadModel, CutsThatDoNotExist) {
  WriteSmallNet(folder_ / "net.onnx");
  const std::string net = folder_ / "net.onnx";
  const Ended run = Partway({"run", net, "--edge", "127.0.0.1:1", "--source", "synthetic", "--frames", "1", "--cut", "99",
                             "--record", folder_ / "r.jsonl"});
  ExpectOneLine(run, 2, "99");
  EXPECT_THAT(run.err, HasSubstr("0.."));
  ExpectOneLine(Partway({"check", net, "--cuts", "0,99"}), 2, "99");
  ExpectOneLine(Partway({"check", net, "--cuts", "first"}), 2, "first");
  ExpectOneLine(Partway({"split", net, "--cut", "99", "-o", folder_ / "parts"}), 2, "99");
  ExpectOneLine(Partway({"split", net, "--cut", "0", "-o", folder_ / "parts"}), 2, "cut 0");
  ExpectOneLine(Partway({"split", net, "--from", "2", "--to", "1", "-o", folder_ / "parts"}), 2, "--from");
  ExpectOneLine(Partway({"split", net, "--from", "1", "-o", folder_ / "parts"}), 2, "--to");
  ExpectOneLine(Partway({"run", net, "--edge", "none", "--source", "synthetic", "--frames", "1", "--cut", "1"}), 2, "--cut 1");
  EXPECT_EQ(FilesIn(folder_.path()), (std::set<std::string>{"net.onnx", "net.toml"}));
}

TEST_F(BadModel, SizesThatTheModelCannotTake) {
  WriteSmallNet(folder_ / "fixed.onnx", 32);
  const std::string fixed = folder_ / "fixed.onnx";
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"inspect", fixed, "--size", "48"},
                                             {"check", fixed, "--size", "48"},
                                             {"split", fixed, "--cut", "1", "-o", folder_ / "parts", "--size", "48"},
                                             {"run", fixed, "--source", "synthetic", "--frames", "1", "--size", "48"}}) {
    const Ended ended = Partway(words);
    EXPECT_THAT(ended.code, testing::AnyOf(1, 2));
    ExpectOneLine(ended, ended.code, "32x32");
    EXPECT_THAT(ended.err, HasSubstr("48x48"));
  }
  EXPECT_EQ(Partway({"inspect", fixed, "--size", "32"}).code, 0);
  // Five poolings leave nothing of 16 pixels.
  const Ended alexnet = Partway({"inspect", "alexnet", "--size", "16"});
  ExpectOneLine(alexnet, 1, "16x16");
}

TEST_F(BadModel, AModelThatTakesNoColourPictureIsRefusedBeforeTheFirstFrame) {
  onnx::ModelProto grey = SmallNet(32);
  grey.mutable_graph()->mutable_input(0)->mutable_type()->mutable_tensor_type()->mutable_shape()->mutable_dim(1)->set_dim_value(
      1);
  for (auto& weights : *grey.mutable_graph()->mutable_initializer()) {
    if (weights.name() != "w1") continue;
    weights.set_dims(1, 1);   // 16x1x3x3
    weights.mutable_raw_data()->resize(weights.raw_data().size() / 3);
  }
  WriteText(folder_ / "grey.onnx", grey.SerializeAsString());
  ExpectOneLine(Partway({"run", folder_ / "grey.onnx", "--source", "synthetic", "--frames", "1", "--size", "32"}), 1,
                "1x1x32x32");
}

TEST_F(BadModel, AModelOfAnySizeTakesAny) {
  WriteSmallNet(folder_ / "any.onnx", 0);
  for (const char* size : {"8", "33", "200"}) {
    const Json json =
        ExpectJson(Partway({"run", folder_ / "any.onnx", "--source", "synthetic", "--frames", "1", "--size", size, "--json"}));
    EXPECT_EQ(json["frames"]["local"], 1);
  }
}

TEST_F(BadModel, UnreadablePicturesAreSkippedCountedAndNamed) {
  WriteSmallNet(folder_ / "net.onnx");
  const std::string photos = folder_ / "photos";
  CopyPhotos(photos, 4);
  const std::string good = ReadText(photos + "/" + *FilesIn(photos).begin());
  WriteText(photos + "/00-noise.jpg", std::string(5000, 'x'));
  WriteText(photos + "/zz-empty.png", "");
  WriteText(photos + "/05-short.jpg", good.substr(0, 200));
  std::filesystem::create_symlink("nowhere.jpg", photos + "/10-missing.jpg");
  const Ended ended = Partway({"run", folder_ / "net.onnx", "--source", photos, "--record", folder_ / "r.jsonl", "--json"});
  const Json summary = ExpectJson(ended);
  EXPECT_EQ(summary["frames"]["offered"], 4);
  EXPECT_EQ(summary["frames"]["local"], 4);
  for (const char* name : {"00-noise.jpg", "zz-empty.png", "05-short.jpg", "10-missing.jpg"})
    EXPECT_THAT(ended.err, HasSubstr(name));
  EXPECT_THAT(ended.err, HasSubstr("4 pictures skipped"));
  EXPECT_EQ(Rows(folder_ / "r.jsonl", "frame").size(), 4u);
}

TEST_F(BadModel, SourcesWithoutAPicture) {
  WriteSmallNet(folder_ / "net.onnx");
  const std::string net = folder_ / "net.onnx";
  std::filesystem::create_directory(folder_ / "bad");
  WriteText(folder_ / "bad/a.jpg", "x");
  std::filesystem::create_directory(folder_ / "none");
  const auto run = [&](const std::string& source) {
    return Partway({"run", net, "--source", source, "--record", folder_ / "r.jsonl"});
  };
  ExpectOneLine(run(folder_ / "nowhere"), 1, "nowhere");
  ExpectOneLine(run(folder_ / "none"), 1, "none");
  ExpectOneLine(run(net), 1, "net.onnx");
  // With --frames the source is repeated; one that never gives a picture must not repeat forever.
  const Ended ended = Partway({"run", net, "--source", folder_ / "bad", "--frames", "3"});
  EXPECT_EQ(ended.code, 1) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("a.jpg"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "r.jsonl"));
}

}   // namespace
}   // namespace partway::cli
