// make_corpus DIR: writes the seeds of the fuzzers' corpora to DIR/wire, DIR/model and DIR/codec, the same bytes each time.
#include <algorithm>
#include <cstdio>
#include <string>

#include "base/file.h"
#include "base/rng.h"
#include "base/status.h"
#include "codec/codec.h"
#include "graph/model_builder.h"
#include "open_inference.pb.h"
#include "wire/codec.h"
#include "wire/service_messages.h"

namespace {

using namespace partway;
using graph::ModelBuilder;

std::string Flat(const wire::Pieces& pieces) {
  std::string bytes;
  for (const wire::Piece& p : pieces) bytes.append(reinterpret_cast<const char*>(p.bytes.data()), p.bytes.size());
  return bytes;
}

NamedTensor Zeros(const std::string& name, DType dtype, Shape shape) {
  Tensor t = *Tensor::Allocate(dtype, std::move(shape));
  std::fill_n(t.mutable_data(), t.byte_size(), std::byte{0});
  return {name, t};
}

int failures = 0;
void Write(const std::string& path, std::string bytes) {
  if (const absl::Status status = WriteFileAtomically(path, bytes); !status.ok()) {
    std::fprintf(stderr, "%s\n", status.ToString().c_str());
    ++failures;
  }
}

// The fuzzer's first byte says how the bytes are cut into pieces.
void WriteWire(const std::string& dir, const char* name, const std::string& bytes) {
  Write(dir + "/wire/" + name, "\x05" + bytes);
}

void Wire(const std::string& dir) {
  wire::InferRequest part;
  part.model = "resnet50";
  part.id = "7";
  part.segment = wire::InferRequest::Segment{3, 9, "00112233aabbccdd", std::string(64, 'a'), "raw"};
  part.device = "pi";
  part.deadline = std::chrono::milliseconds(80);
  part.parameters = {{"b", true}, {"i", int64_t{-1}}, {"s", std::string("x")}, {"d", 0.5}, {"u", uint64_t{9}}};
  part.inputs = {Zeros("a", DType::kFloat32, {1, 2, 2}), Zeros("b", DType::kInt8, {3}), Zeros("c", DType::kFloat16, {})};
  part.outputs = {{"y", {{"k", int64_t{1}}}}};
  WriteWire(dir, "request_part", Flat(wire::EncodeInferRequest(part)));
  wire::InferReply reply{.model = "m",
                         .version = "1",
                         .id = "7",
                         .queue = std::chrono::microseconds(3),
                         .compute = std::chrono::microseconds(400),
                         .outputs = {Zeros("y", DType::kFloat32, {1, 4})}};
  WriteWire(dir, "reply", Flat(wire::EncodeInferReply(reply)));

  inference::ModelInferRequest typed;
  typed.set_model_name("m");
  const auto input = [&](const char* name, const char* datatype) {
    auto* const t = typed.add_inputs();
    t->set_name(name);
    t->set_datatype(datatype);
    t->add_shape(2);
    return t->mutable_contents();
  };
  auto* c = input("b", "BOOL");
  c->add_bool_contents(true), c->add_bool_contents(false);
  c = input("i8", "INT8");
  c->add_int_contents(-1), c->add_int_contents(100);
  c = input("i64", "INT64");
  c->add_int64_contents(-1), c->add_int64_contents(int64_t{1} << 40);
  c = input("u16", "UINT16");
  c->add_uint_contents(1), c->add_uint_contents(60000);
  c = input("u64", "UINT64");
  c->add_uint64_contents(1), c->add_uint64_contents(2);
  c = input("f", "FP32");
  c->add_fp32_contents(1), c->add_fp32_contents(2);
  c = input("d", "FP64");
  c->add_fp64_contents(1), c->add_fp64_contents(2);
  WriteWire(dir, "request_typed", typed.SerializeAsString());
  WriteWire(dir, "attach_request", wire::EncodeAttachRequest({1, "pi", "resnet50", std::string(64, 'b'), {0, 4, 9, 300}}));
  WriteWire(dir, "attach_reply",
            wire::EncodeAttachReply({1, "partway", "0.1.0", "onnxruntime", "1.31.1", "0011223344556677", 1 << 26}));
}

void WriteModel(const std::string& dir, const char* name, ModelBuilder& b) {
  Write(dir + "/model/" + name, b.Build().SerializeAsString());
}

void Models(const std::string& dir) {
  namespace attr = graph::attr;
  {
    ModelBuilder b("chain");
    b.Input("x", DType::kFloat32, {"N", 3, "H", "W"});
    b.Floats("w", {2, 3, 1, 1}, {1, 2, 3, 4, 5, 6});
    const std::string y = b.Node("Relu", {b.Node("Conv", {"x", "w"}, {attr::Ints("pads", {0, 0, 0, 0})})});
    b.Group("stem", y);
    b.Output(b.Node("Add", {y, b.Node("Sigmoid", {y})}, {}, "out"));
    WriteModel(dir, "chain", b);
  }
  {
    ModelBuilder yes("yes"), no("no");
    yes.Output(yes.Node("Neg", {"outer"}));
    no.Output(no.Node("Abs", {"outer"}));
    ModelBuilder b("branch");
    b.Input("x", DType::kFloat32, {1, 4});
    b.Bool("condition", true);
    b.Node("Relu", {"x"}, {}, "outer");
    b.NodeWithOutputs("If", {"condition"}, {"r"},
                      {attr::Body("then_branch", yes.BuildBody()), attr::Body("else_branch", no.BuildBody())});
    b.Output(b.Node("Relu", {"r"}, {}, "out"));
    WriteModel(dir, "branch", b);
  }
  {
    ModelBuilder b("shared", 11, 3);
    b.Input("x", DType::kFloat32, {1, 2});
    b.Input("w", DType::kFloat32, {2, 2});
    b.Floats("w", {2, 2}, {1, 0, 0, 1});
    b.Node("MatMul", {"x", "w"}, {}, "a");
    b.NodeWithOutputs("Split", {"a"}, {"l", "r"}, {attr::Int("axis", 1)});
    b.Node("Concat", {"r", "l"}, {attr::Int("axis", 1)}, "c");
    b.Output(b.Node("MatMul", {"c", "w"}, {}, "out"));
    b.Output("a", DType::kFloat32);
    WriteModel(dir, "shared", b);
  }
  {
    ModelBuilder b("reshape");
    b.Input("x", DType::kFloat32, {"N", 4});
    b.Int64s("first", {0});
    b.Int64s("rest", {2, 2});
    const std::string n = b.Node("Gather", {b.Node("Shape", {"x"}), "first"});
    b.Output(b.Node("Reshape", {b.Node("Relu", {"x"}), b.Node("Concat", {n, "rest"}, {attr::Int("axis", 0)})}, {}, "out"));
    WriteModel(dir, "reshape", b);
  }
}

// The fuzzer's first byte chooses the codec that decoded values are encoded with.
void Codecs(const std::string& dir) {
  Rng rng(1);
  const auto noisy = [&](const std::string& name, Shape shape, double height = 1) {
    Tensor t = *Tensor::Allocate(DType::kFloat32, std::move(shape));
    float v = 0;
    for (float& f : t.mutable_floats()) f = v = static_cast<float>(0.8 * v + rng.Uniform(-height, height));
    return NamedTensor{name, t};
  };
  const codec::PictureScale scale{{127, 127, 127}, {128, 128, 128}};
  char first = 0;
  for (const char* name : {"raw", "raw-ec", "fp16", "fp16-ec", "int8", "int8-ec", "int5-ch", "int4-ch-ec", "int3-ec", "int2",
                           "raw8", "raw8-ec", "jpeg:50"}) {
    const codec::CodecSpec spec = *codec::ParseCodec(name);
    std::vector<NamedTensor> values = {noisy("input", {1, 3, 16, 16}, 0.1)};
    if (!spec.pictures_only())
      values = {noisy("a", {1, 20, 6, 5}), Zeros("b", DType::kInt64, {3}), noisy("c", {9}), Zeros("d", DType::kFloat32, {0, 2})};
    std::string frame;
    if (const absl::Status status = codec::Encoder(spec).Encode(values, &scale, &frame); !status.ok()) {
      std::fprintf(stderr, "%s: %s\n", name, status.ToString().c_str());
      ++failures;
    }
    std::string file = name;
    std::replace(file.begin(), file.end(), ':', '_');
    Write(dir + "/codec/" + file, std::string(1, first++) + frame);
  }
}

}   // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: make_corpus DIR\n");
    return 2;
  }
  Wire(argv[1]);
  Models(argv[1]);
  Codecs(argv[1]);
  return failures == 0 ? 0 : 1;
}
