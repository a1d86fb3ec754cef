#include "wire/service_messages.h"

#include "gmock/gmock.h"
#include "open_inference.pb.h"
#include "partway.pb.h"
#include "wire/proto_bytes.h"

namespace partway::wire {
namespace {

using ::testing::ElementsAre;

TEST(ServiceMessages, AttachComesBackAsItWas) {
  const AttachRequest sent{1, "pi", "resnet50", std::string(64, 'b'), {0, 4, 9, 30}};
  const absl::StatusOr<AttachRequest> got = DecodeAttachRequest(EncodeAttachRequest(sent), {});
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(got->device, sent.device);
  EXPECT_EQ(got->model, sent.model);
  EXPECT_EQ(got->model_sha256, sent.model_sha256);
  EXPECT_EQ(got->positions, sent.positions);

  const AttachReply answer{1, "partway", "0.1.0", "onnxruntime", "1.31.1", "0011223344556677", 64 << 20};
  const absl::StatusOr<AttachReply> back = DecodeAttachReply(EncodeAttachReply(answer), {});
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->engine_version, "1.31.1");
  EXPECT_EQ(back->grouping, answer.grouping);
  EXPECT_EQ(back->max_message_bytes, 64 << 20);
}

TEST(ServiceMessages, MetadataReadsAsTheProtocolsMessage) {
  inference::ModelMetadataResponse proto;
  ASSERT_TRUE(proto.ParseFromString(EncodeModelMetadata({.name = "m",
                                                         .platform = "onnx",
                                                         .versions = {"1"},
                                                         .inputs = {{"x", DType::kFloat32, {-1, 3, 224, 224}}},
                                                         .outputs = {{"y", DType::kInt64, {1}}},
                                                         .properties = {{"sha256", "ab"}}})));
  EXPECT_EQ(proto.inputs(0).datatype(), "FP32");
  EXPECT_THAT(proto.inputs(0).shape(), ElementsAre(-1, 3, 224, 224));
  EXPECT_EQ(proto.outputs(0).datatype(), "INT64");
  EXPECT_EQ(proto.properties().at("sha256"), "ab");
}

TEST(ServiceMessages, HealthIsTheKnownMessage) {
  EXPECT_EQ(EncodeHealth(true), std::string("\x08\x01"));
  EXPECT_EQ(EncodeHealth(false), std::string("\x08\x02"));
  EXPECT_EQ(*DecodeHealthService("\x0a\x01x", {}), "x");
  EXPECT_FALSE(DecodeHealthService("\x0a\x05x", {}).ok());
}

TEST(ServiceMessages, MalformedAndOversizedAreErrors) {
  EXPECT_EQ(DecodeModelQuery("\x0a\xff", {}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(DecodeAttachRequest("\x12\x01\xff", {}).status().code(), absl::StatusCode::kInvalidArgument);   // not UTF-8
  EXPECT_EQ(DecodeAttachRequest(EncodeAttachRequest({1, std::string(5000, 'x')}), {}).status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(DecodeAttachReply(std::string(300 << 10, '\0'), {}).status().code(), absl::StatusCode::kResourceExhausted);
}

TEST(ProbeMessages, ComeBackAsTheyWere) {
  const std::string sent = EncodeProbeRequest({1, "pi", 5000});
  EXPECT_GT(sent.size(), 5000u);
  EXPECT_LT(sent.size(), 5020u) << "padding, its name and the device's";
  const auto request = DecodeProbeRequest(sent, {});
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->device, "pi");
  EXPECT_EQ(request->padding, 5000u);

  const ServerReport report{std::chrono::microseconds(123456789012), std::chrono::microseconds(5), 2};
  const auto reply = DecodeProbeReply(EncodeProbeReply({1, report}), {});
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->report.received, report.received);
  EXPECT_EQ(reply->report.busy, report.busy);
  EXPECT_EQ(reply->report.workers, 2);
}

TEST(ProbeMessages, LimitsAndAbsurdNumbersAreErrors) {
  EXPECT_LT(EncodeProbeRequest({1, "", kMostPadding * 2}).size(), kMostPadding + 16) << "more is not sent";
  partway::v1::ProbeRequest request;
  request.set_padding(std::string(kMostPadding + 1, 'x'));
  EXPECT_TRUE(absl::IsResourceExhausted(DecodeProbeRequest(ToBytes(request), {}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(DecodeProbeReply("\xff\xff", {}).status()));
  for (const auto& [received, busy, workers] : {std::tuple{-1, 0, 1}, {0, -1, 1}, {0, 0, 0}, {0, 0, 1 << 20}}) {
    partway::v1::ProbeReply reply;
    reply.set_received_us(received);
    reply.set_busy_us(busy);
    reply.set_workers(workers);
    EXPECT_TRUE(absl::IsInvalidArgument(DecodeProbeReply(ToBytes(reply), {}).status())) << received << busy << workers;
  }
}

TEST(ProfileMessages, ComeBackAsTheyWere) {
  const ProfileRequest request{1, "net", std::string(64, 'a'), {0, 3, 7}, {{224, 224}, {-1, 300}}};
  const auto read = DecodeProfileRequest(EncodeProfileRequest(request), {});
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->protocol, 1);
  EXPECT_EQ(read->model, "net");
  EXPECT_EQ(read->model_sha256, request.model_sha256);
  EXPECT_EQ(read->positions, request.positions);
  EXPECT_EQ(read->sizes, request.sizes) << "what a size may be is the server's to say";
  const auto reply = DecodeProfileReply(EncodeProfileReply({1, "{}"}), {});
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->profile, "{}");
}

TEST(ProfileMessages, LimitsAndGarbageAreErrors) {
  const std::string long_name = EncodeProfileRequest({.model = std::string(5000, 'x')});
  EXPECT_TRUE(absl::IsResourceExhausted(DecodeProfileRequest(long_name, {}).status()));
  const std::string many = EncodeProfileRequest({.sizes = std::vector<PictureSize>(100, {1, 1})});
  EXPECT_TRUE(absl::IsResourceExhausted(DecodeProfileRequest(many, {.max_header_bytes = 100}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(DecodeProfileRequest("\xff\xff", {}).status()));
  const std::string profile = EncodeProfileReply({1, std::string(2000, 'x')});
  EXPECT_TRUE(DecodeProfileReply(profile, {.max_header_bytes = 100}).ok()) << "a profile may be longer than a header";
  EXPECT_TRUE(absl::IsResourceExhausted(DecodeProfileReply(profile, {.max_profile_bytes = 1000}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(DecodeProfileReply("\xff\xff", {}).status()));
}

}   // namespace
}   // namespace partway::wire
