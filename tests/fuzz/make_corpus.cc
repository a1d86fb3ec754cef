// make_corpus DIR: writes the seeds of the fuzzers' corpora to DIR/wire and DIR/model, the same bytes each time.
#include <cstdio>
#include <string>

#include "base/file.h"
#include "base/status.h"
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

}   // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: make_corpus DIR\n");
    return 2;
  }
  Wire(argv[1]);
  Models(argv[1]);
  return failures == 0 ? 0 : 1;
}
