#include "wire/codec.h"

#include <cstring>

#include "base/rng.h"
#include "gmock/gmock.h"
#include "open_inference.pb.h"
#include "wire/proto_bytes.h"

namespace partway::wire {
namespace {

using std::chrono::microseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

NamedTensor Floats(const std::string& name, Shape shape, float first) {
  Tensor t = *Tensor::Allocate(DType::kFloat32, std::move(shape));
  for (float& x : t.mutable_floats()) x = first++;
  return {name, t};
}

std::string Flat(const Pieces& pieces) {
  std::string bytes;
  for (const Piece& p : pieces) bytes.append(reinterpret_cast<const char*>(p.bytes.data()), p.bytes.size());
  return bytes;
}

std::span<const std::byte> Bytes(const std::string& text) { return std::as_bytes(std::span(text.data(), text.size())); }

// Cut at the given places.
std::vector<std::span<const std::byte>> CutAt(const std::string& bytes, std::vector<size_t> places) {
  std::vector<std::span<const std::byte>> pieces;
  size_t from = 0;
  places.push_back(bytes.size());
  for (const size_t to : places) {
    pieces.push_back(Bytes(bytes).subspan(from, to - from));
    from = to;
  }
  return pieces;
}

absl::StatusOr<InferRequest> Decode(const std::string& bytes, const Limits& limits = {}) {
  return DecodeInferRequest(CutAt(bytes, {}), limits);
}

absl::StatusOr<InferReply> DecodeReply(const std::string& bytes, const Limits& limits = {}) {
  return DecodeInferReply(CutAt(bytes, {}), limits);
}

InferRequest FullRequest() {
  InferRequest r;
  r.model = "resnet50";
  r.version = "1";
  r.id = "frame 7";
  r.segment = InferRequest::Segment{3, 9, "00112233aabbccdd", std::string(64, 'a'), "raw"};
  r.device = "pi";
  r.deadline = microseconds(80'000);
  r.parameters = {{"flag", true}, {"n", int64_t{-5}}, {"u", uint64_t{7}}, {"x", 0.5}, {"word", std::string("ja")}};
  r.inputs = {Floats("a", {1, 2, 3}, 10), Floats("b", {4}, -1), Floats("none", {0, 3}, 0)};
  r.outputs = {{"y", {{"k", int64_t{1}}}}, {"z", {}}};
  return r;
}

void ExpectSame(const Tensor& a, const Tensor& b) {
  EXPECT_EQ(a.dtype(), b.dtype());
  EXPECT_EQ(a.shape(), b.shape());
  ASSERT_EQ(a.byte_size(), b.byte_size());
  EXPECT_EQ(std::memcmp(a.data(), b.data(), a.byte_size()), 0);
}

TEST(Codec, OurRequestReadsAsTheProtocolsMessage) {
  inference::ModelInferRequest proto;
  ASSERT_TRUE(proto.ParseFromString(Flat(EncodeInferRequest(FullRequest()))));
  EXPECT_EQ(proto.model_name(), "resnet50");
  EXPECT_EQ(proto.id(), "frame 7");
  EXPECT_EQ(proto.parameters().at("partway_from").int64_param(), 3);
  EXPECT_EQ(proto.parameters().at("partway_to").int64_param(), 9);
  EXPECT_EQ(proto.parameters().at("partway_deadline_us").int64_param(), 80'000);
  EXPECT_EQ(proto.parameters().at("partway_device").string_param(), "pi");
  EXPECT_TRUE(proto.parameters().at("flag").bool_param());
  ASSERT_EQ(proto.inputs_size(), 3);
  EXPECT_EQ(proto.inputs(0).datatype(), "FP32");
  EXPECT_THAT(proto.inputs(0).shape(), ElementsAre(1, 2, 3));
  ASSERT_EQ(proto.raw_input_contents_size(), 3);
  EXPECT_EQ(proto.raw_input_contents(0).size(), 24u);
  float third;
  std::memcpy(&third, proto.raw_input_contents(0).data() + 8, 4);
  EXPECT_EQ(third, 12.0f);
  EXPECT_EQ(proto.raw_input_contents(2).size(), 0u);
  EXPECT_EQ(proto.outputs(0).name(), "y");
}

TEST(Codec, RequestComesBackAsItWasWhereverItIsCut) {
  const InferRequest sent = FullRequest();
  const std::string bytes = Flat(EncodeInferRequest(sent));
  for (size_t cut = 0; cut <= bytes.size(); ++cut) {
    const absl::StatusOr<InferRequest> got = DecodeInferRequest(CutAt(bytes, {cut, std::min(cut + 5, bytes.size())}), {});
    ASSERT_TRUE(got.ok()) << cut << " " << got.status();
    EXPECT_EQ(got->model, sent.model);
    EXPECT_EQ(got->version, sent.version);
    EXPECT_EQ(got->id, sent.id);
    ASSERT_TRUE(got->segment);
    EXPECT_EQ(got->segment->from, 3);
    EXPECT_EQ(got->segment->to, 9);
    EXPECT_EQ(got->segment->grouping, sent.segment->grouping);
    EXPECT_EQ(got->segment->model_sha256, sent.segment->model_sha256);
    EXPECT_EQ(got->device, "pi");
    EXPECT_EQ(got->deadline, sent.deadline);
    EXPECT_EQ(got->parameters, sent.parameters);   // ours have left it
    ASSERT_EQ(got->inputs.size(), 3u);
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(got->inputs[i].name, sent.inputs[i].name);
      ExpectSame(got->inputs[i].tensor, sent.inputs[i].tensor);
      EXPECT_EQ(reinterpret_cast<uintptr_t>(got->inputs[i].tensor.data()) % 64, 0u);
    }
    ASSERT_EQ(got->outputs.size(), 2u);
    EXPECT_EQ(got->outputs[0].parameters, sent.outputs[0].parameters);
  }
}

TEST(Codec, ReplyComesBackAndReadsAsTheProtocolsMessage) {
  InferReply sent{.model = "m",
                  .version = "1",
                  .id = "9",
                  .queue = microseconds(12),
                  .compute = microseconds(3400),
                  .report = ServerReport{microseconds(77), microseconds(88), 4},
                  .outputs = {Floats("y", {1, 1000}, 0)}};
  const std::string bytes = Flat(EncodeInferReply(sent));
  inference::ModelInferResponse proto;
  ASSERT_TRUE(proto.ParseFromString(bytes));
  EXPECT_EQ(proto.raw_output_contents(0).size(), 4000u);
  EXPECT_EQ(proto.parameters().at("partway_compute_us").int64_param(), 3400);
  const absl::StatusOr<InferReply> got = DecodeReply(bytes);
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(got->queue, sent.queue);
  EXPECT_EQ(got->compute, sent.compute);
  ASSERT_TRUE(got->report.has_value());
  EXPECT_EQ(got->report->received, microseconds(77));
  EXPECT_EQ(got->report->busy, microseconds(88));
  EXPECT_EQ(got->report->workers, 4);
  EXPECT_EQ(got->id, "9");
  ExpectSame(got->outputs[0].tensor, sent.outputs[0].tensor);
}

TEST(Codec, StockReplyHasNoParametersOfOurs) {
  inference::ModelInferResponse proto;
  ASSERT_TRUE(proto.ParseFromString(Flat(EncodeInferReply({.model = "m", .outputs = {Floats("y", {1}, 0)}}))));
  EXPECT_EQ(proto.parameters_size(), 0);
}

TEST(Codec, TensorsAreBorrowedNotCopied) {
  const InferRequest request = FullRequest();
  const Pieces pieces = EncodeInferRequest(request);
  int borrowed = 0;
  for (const Piece& p : pieces) {
    for (const NamedTensor& t : request.inputs) borrowed += p.bytes.data() == t.tensor.data();
  }
  EXPECT_EQ(borrowed, 2);   // the empty one needs no piece
  EXPECT_EQ(TotalSize(pieces), Flat(pieces).size());
}

TEST(Codec, PiecesOutliveTheirRequest) {
  Pieces pieces;
  { pieces = EncodeInferRequest(FullRequest()); }
  EXPECT_TRUE(Decode(Flat(pieces)).ok());
}

TEST(Codec, SameRequestSameBytes) { EXPECT_EQ(Flat(EncodeInferRequest(FullRequest())), Flat(EncodeInferRequest(FullRequest()))); }

inference::ModelInferRequest Stock(const std::string& datatype, const std::vector<int64_t>& shape) {
  inference::ModelInferRequest proto;
  proto.set_model_name("m");
  auto* const input = proto.add_inputs();
  input->set_name("x");
  input->set_datatype(datatype);
  for (const int64_t d : shape) input->add_shape(d);
  return proto;
}

TEST(Codec, StockRequestIsTheWholeModel) {
  inference::ModelInferRequest proto = Stock("FP32", {1, 2});
  proto.add_raw_input_contents(std::string(8, '\0'));
  const auto got = Decode(ToBytes(proto));
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_FALSE(got->segment);
  EXPECT_TRUE(got->device.empty());
  EXPECT_FALSE(got->deadline);
}

// Typed contents as protobuf's own encoder writes them, of every type that has them.
TEST(Codec, TypedContentsOfEveryType) {
  const auto decode = [](const char* datatype, auto fill) {
    inference::ModelInferRequest proto = Stock(datatype, {2});
    fill(proto.mutable_inputs(0)->mutable_contents());
    absl::StatusOr<InferRequest> got = Decode(ToBytes(proto));
    EXPECT_TRUE(got.ok()) << datatype << " " << got.status();
    return got.ok() ? got->inputs[0].tensor : Tensor();
  };
  const auto at1 = [](const Tensor& t, auto* value) {
    std::memcpy(value, t.data() + sizeof *value, sizeof *value);
    return *value;
  };
  const auto ints = [](auto* c) {
    c->add_int_contents(1);
    c->add_int_contents(-7);
  };
  const auto uints = [](auto* c) {
    c->add_uint_contents(1);
    c->add_uint_contents(200);
  };
  bool b;
  int8_t i8;
  int16_t i16;
  int32_t i32;
  int64_t i64;
  uint8_t u8;
  uint16_t u16;
  uint32_t u32;
  uint64_t u64;
  float f;
  double d;
  EXPECT_TRUE(at1(decode("BOOL",
                         [](auto* c) {
                           c->add_bool_contents(false);
                           c->add_bool_contents(true);
                         }),
                  &b));
  EXPECT_EQ(at1(decode("INT8", ints), &i8), -7);
  EXPECT_EQ(at1(decode("INT16", ints), &i16), -7);
  EXPECT_EQ(at1(decode("INT32", ints), &i32), -7);
  EXPECT_EQ(at1(decode("INT64",
                       [](auto* c) {
                         c->add_int64_contents(1);
                         c->add_int64_contents(-(int64_t{1} << 40));
                       }),
                &i64),
            -(int64_t{1} << 40));
  EXPECT_EQ(at1(decode("UINT8", uints), &u8), 200);
  EXPECT_EQ(at1(decode("UINT16", uints), &u16), 200);
  EXPECT_EQ(at1(decode("UINT32", uints), &u32), 200u);
  EXPECT_EQ(at1(decode("UINT64",
                       [](auto* c) {
                         c->add_uint64_contents(1);
                         c->add_uint64_contents(~uint64_t{0});
                       }),
                &u64),
            ~uint64_t{0});
  EXPECT_EQ(at1(decode("FP32",
                       [](auto* c) {
                         c->add_fp32_contents(1);
                         c->add_fp32_contents(2.5);
                       }),
                &f),
            2.5f);
  EXPECT_EQ(at1(decode("FP64",
                       [](auto* c) {
                         c->add_fp64_contents(1);
                         c->add_fp64_contents(-0.125);
                       }),
                &d),
            -0.125);
}

std::string ErrorOf(const inference::ModelInferRequest& proto, const Limits& limits = {},
                    absl::StatusCode code = absl::StatusCode::kInvalidArgument) {
  const auto got = Decode(ToBytes(proto), limits);
  EXPECT_EQ(got.status().code(), code) << got.status();
  return std::string(got.status().message());
}

TEST(Codec, ErrorsNameTheTensorAndWhatWasExpected) {
  inference::ModelInferRequest mixed = Stock("FP32", {1});
  mixed.mutable_inputs(0)->mutable_contents()->add_fp32_contents(1);
  mixed.add_raw_input_contents(std::string(4, '\0'));
  EXPECT_THAT(ErrorOf(mixed), HasSubstr("input 'x': has contents although the message has raw_input_contents"));

  inference::ModelInferRequest surplus = Stock("FP32", {1});
  surplus.add_raw_input_contents(std::string(4, '\0'));
  surplus.add_raw_input_contents(std::string(4, '\0'));
  EXPECT_THAT(ErrorOf(surplus), HasSubstr("raw_input_contents has 2 entries for 1 inputs"));

  inference::ModelInferRequest small = Stock("FP32", {1, 3, 2, 2});
  small.add_raw_input_contents(std::string(47, '\0'));
  EXPECT_THAT(ErrorOf(small), HasSubstr("input 'x': 47 raw bytes, expected 48 for FP32 1x3x2x2"));

  inference::ModelInferRequest twice = Stock("FP32", {1});
  *twice.add_inputs() = twice.inputs(0);
  twice.add_raw_input_contents(std::string(4, '\0'));
  twice.add_raw_input_contents(std::string(4, '\0'));
  EXPECT_THAT(ErrorOf(twice), HasSubstr("input 'x' is there twice"));

  EXPECT_THAT(ErrorOf(Stock("BYTES", {1})), HasSubstr("datatype 'BYTES'"));
  EXPECT_THAT(ErrorOf(Stock("FP16", {1})), HasSubstr("FP16 travels only as raw bytes"));
  EXPECT_THAT(ErrorOf(Stock("FP32", {-1, 2})), HasSubstr("shape"));
  EXPECT_THAT(ErrorOf(Stock("FP32", {2})), HasSubstr("asks for 2 values"));

  inference::ModelInferRequest other = Stock("FP32", {1});
  other.mutable_inputs(0)->mutable_contents()->add_int_contents(1);
  EXPECT_THAT(ErrorOf(other), HasSubstr("has int_contents, but FP32 belongs in fp32_contents"));

  inference::ModelInferRequest wide = Stock("INT8", {1});
  wide.mutable_inputs(0)->mutable_contents()->add_int_contents(128);
  EXPECT_THAT(ErrorOf(wide), HasSubstr("does not fit INT8"));

  inference::ModelInferRequest neither = Stock("BOOL", {2});
  neither.add_raw_input_contents(std::string("\1\2"));
  EXPECT_THAT(ErrorOf(neither), HasSubstr("neither 0 nor 1"));

  inference::ModelInferRequest half = Stock("FP32", {1});
  half.add_raw_input_contents(std::string(4, '\0'));
  (*half.mutable_parameters())["partway_from"].set_int64_param(2);
  EXPECT_THAT(ErrorOf(half), HasSubstr("needs all of partway_from, partway_to"));
  (*half.mutable_parameters())["partway_from"].set_string_param("2");
  EXPECT_THAT(ErrorOf(half), HasSubstr("parameter 'partway_from' must be an integer"));
}

TEST(Codec, LimitsHoldBeforeMemoryIsTaken) {
  constexpr auto kFull = absl::StatusCode::kResourceExhausted;
  // 2^40 floats announced in a message of a few bytes.
  inference::ModelInferRequest huge = Stock("FP32", {1 << 20, 1 << 20});
  huge.add_raw_input_contents("");
  EXPECT_THAT(ErrorOf(huge, {}, kFull), HasSubstr("larger than the limit"));
  EXPECT_THAT(ErrorOf(Stock("FP32", {1 << 20, 1 << 20})), HasSubstr("asks for"));
  EXPECT_THAT(ErrorOf(Stock("FP32", std::vector<int64_t>(9, 1))), HasSubstr("9 dimensions, the limit is 8"));

  inference::ModelInferRequest many;
  for (int i = 0; i < 65; ++i) many.add_inputs();
  EXPECT_THAT(ErrorOf(many, {}, kFull), HasSubstr("more than 64 tensors"));
  inference::ModelInferRequest raws;
  for (int i = 0; i < 65; ++i) raws.add_raw_input_contents("");
  EXPECT_THAT(ErrorOf(raws, {}, kFull), HasSubstr("more than 64 tensors"));

  inference::ModelInferRequest chatty;
  for (int i = 100; i < 165; ++i) (*chatty.mutable_parameters())[std::to_string(i)].set_bool_param(true);
  EXPECT_THAT(ErrorOf(chatty, {}, kFull), HasSubstr("65 parameters"));
  chatty.Clear();
  chatty.set_id(std::string(5000, 'x'));
  EXPECT_THAT(ErrorOf(chatty, {}, kFull), HasSubstr("id is longer"));
  chatty.set_id(std::string(300'000, 'x'));
  EXPECT_THAT(ErrorOf(chatty, {}, kFull), HasSubstr("without its tensors' contents"));
  chatty.Clear();
  chatty.add_inputs()->set_name(std::string(300'000, 'x'));
  EXPECT_THAT(ErrorOf(chatty, {}, kFull), HasSubstr("without its tensors' contents"));
  EXPECT_THAT(ErrorOf(chatty, {.max_message_bytes = 1000}, kFull), HasSubstr("the limit is 1000"));
}

// A valid message of ours, and one with typed contents, cut short everywhere and with random bytes changed: an error or a message, and
// whatever is a message encodes and decodes again.
TEST(Codec, EveryTruncationAndRandomMutationIsAnErrorOrAMessage) {
  inference::ModelInferRequest typed = Stock("INT32", {2, 2});
  for (int i = 0; i < 4; ++i) typed.mutable_inputs(0)->mutable_contents()->add_int_contents(i * 1000);
  const std::string bases[] = {
      Flat(EncodeInferRequest(FullRequest())), ToBytes(typed),
      Flat(EncodeInferReply({.model = "m", .queue = microseconds(5), .outputs = {Floats("y", {2, 3}, 0)}}))};
  int messages = 0, errors = 0;
  const auto probe = [&](const std::string& bytes) {
    const absl::StatusOr<InferRequest> request = Decode(bytes);
    if (request.ok()) {
      EXPECT_TRUE(Decode(Flat(EncodeInferRequest(*request))).ok());
    }
    const absl::StatusOr<InferReply> reply = DecodeReply(bytes);
    if (reply.ok()) {
      EXPECT_TRUE(DecodeReply(Flat(EncodeInferReply(*reply))).ok());
    }
    (request.ok() || reply.ok() ? messages : errors) += 1;
  };
  Rng rng(20261121);
  for (const std::string& base : bases) {
    for (size_t n = 0; n <= base.size(); ++n) probe(base.substr(0, n));
    for (int round = 0; round < 4000; ++round) {
      std::string bytes = base;
      for (int64_t change = rng.UniformInt(1, 4); change > 0; --change) {
        const auto at = static_cast<size_t>(rng.UniformInt(0, static_cast<int64_t>(bytes.size()) - 1));
        switch (rng.UniformInt(0, 3)) {
          case 0: bytes[at] = static_cast<char>(rng.Next()); break;
          case 1: bytes[at] = static_cast<char>(bytes[at] ^ (1 << rng.UniformInt(0, 7))); break;
          case 2: bytes.insert(at, 1, static_cast<char>(rng.Next())); break;
          default:
            if (bytes.size() > 1) bytes.erase(at, 1);
        }
      }
      probe(bytes);
    }
  }
  EXPECT_GT(messages, 100);
  EXPECT_GT(errors, 1000);
}

TEST(Codec, ReplyTimesBeyondAllReasonAreRefused) {
  inference::ModelInferResponse proto;
  (*proto.mutable_parameters())["partway_queue_us"].set_int64_param(std::numeric_limits<int64_t>::max());
  EXPECT_EQ(DecodeReply(ToBytes(proto)).status().code(), absl::StatusCode::kInvalidArgument);
}

}   // namespace
}   // namespace partway::wire
