// Damaged and hostile frames: each is one error that tells what and where.
#include "codec/frame_format.h"

#include "codec/codec_test_values.h"
#include "gmock/gmock.h"

namespace partway::codec {
namespace {

std::string ErrorOf(const std::string& frame, absl::StatusCode code = absl::StatusCode::kInvalidArgument,
                    DecodeLimits limits = {}) {
  const auto values = Decoder(limits).Decode(Bytes(frame));
  EXPECT_EQ(values.status().code(), code);
  return std::string(values.status().message());
}

// A frame of one value with its checksum right.
std::string Frame(const ValueHeader& header, std::string_view payload) {
  std::string frame;
  BeginFrame(1, &frame);
  AppendValue(header, payload, &frame);
  EndFrame(&frame);
  return frame;
}

TEST(FrameFormat, EveryTruncationAndEveryChangedByteIsAnError) {
  for (const char* name : {"raw", "fp16", "int8", "int4-ch", "int8-ec", "raw-ec"}) {
    const std::string frame = EncodeOk(name, {{"a", Waves({1, 3, 4, 4}, 1)}, {"b", Waves({5}, 2)}});
    for (size_t size = 0; size < frame.size(); ++size)
      EXPECT_FALSE(Decoder().Decode(Bytes(frame.substr(0, size))).ok()) << name << size;
    for (size_t at = 0; at < frame.size(); ++at) {
      std::string changed = frame;
      changed[at] = static_cast<char>(changed[at] ^ 0x10);
      EXPECT_FALSE(Decoder().Decode(Bytes(changed)).ok()) << name << at;
    }
  }
}

TEST(FrameFormat, ChangedBytesUnderARightChecksumNeverDoHarm) {
  // What the checksum would catch must be safe without it: every single-byte change decodes or is an error.
  for (const char* name : {"raw", "fp16", "int8", "int3-ch", "int8-ec", "int4-ch-ec", "int2-ec", "fp16-ec", "raw-ec"}) {
    const std::string frame = EncodeOk(name, {{"a", Waves({1, 3, 7, 7}, 1)}});
    for (size_t at = kFramePrefixBytes; at < frame.size(); ++at) {
      for (int bit = 0; bit < 8; ++bit) {
        std::string changed = frame;
        changed[at] = static_cast<char>(changed[at] ^ (1 << bit));
        EndFrame(&changed);
        const auto values = Decoder(DecodeLimits{1 << 20}).Decode(Bytes(changed));
        if (values.ok()) {
          EXPECT_LE(values->size(), 1u);
        }
      }
    }
  }
}

TEST(FrameFormat, TellsWhatIsWrong) {
  using testing::HasSubstr;
  std::string frame = EncodeOk("raw", {{"a", Floats({2}, {1, 2})}});
  EXPECT_THAT(ErrorOf(""), HasSubstr("the first four bytes needs 4 bytes, 0 are left"));
  EXPECT_THAT(ErrorOf("JFIFabcdefgh"), HasSubstr("does not begin with PWF"));
  std::string other = frame;
  other[3] = 9;
  EXPECT_THAT(ErrorOf(other), HasSubstr("version 9; this program reads version 2"));
  frame.back() ^= 1;
  EXPECT_THAT(ErrorOf(frame), HasSubstr("checksum does not match"));

  const ValueHeader plain{.name = "a", .shape = {2}};
  const std::string eight(8, '\0');
  EXPECT_TRUE(Decoder().Decode(Bytes(Frame(plain, eight))).ok());
  EXPECT_THAT(ErrorOf(Frame(plain, "1234567")), HasSubstr("byte 16: elements needs 8 bytes, 7 are left"));
  EXPECT_THAT(ErrorOf(Frame(plain, "123456789")), HasSubstr("1 bytes too many"));
  EXPECT_THAT(ErrorOf(Frame({.name = std::string(300, 'a'), .shape = {2}}, eight)),
              HasSubstr("the length of a name is 300; at most 256"));
  EXPECT_THAT(ErrorOf(Frame({.name = "a", .dtype = DType::kOpaque, .shape = {2}}, eight)),
              HasSubstr("element type 0 is not known"));
  EXPECT_THAT(ErrorOf(Frame({.name = "a", .shape = Shape(9, 1)}, "1234")), HasSubstr("rank 9; at most 8"));
  EXPECT_THAT(ErrorOf(Frame({.name = "a", .dtype = DType::kInt64, .shape = {2}, .form = Form::kHalf}, "1234")),
              HasSubstr("type INT64 and not FP32"));
  EXPECT_THAT(ErrorOf(Frame({.name = "a", .shape = {0, 3}, .form = Form::kInt}, "")),
              HasSubstr("an empty value that is not raw"));
  EXPECT_THAT(ErrorOf(Frame({.name = "a", .shape = {3}, .form = Form::kIntChannels}, "1234")), HasSubstr("no axis 1"));
  EXPECT_THAT(ErrorOf(Frame({.name = "a", .shape = {1, 4, 2, 2}, .form = Form::kPicture}, "1234")), HasSubstr("not 1x3xHxW"));
  EXPECT_THAT(ErrorOf(Frame({.name = "a", .shape = {2}, .form = static_cast<Form>(6)}, eight)), HasSubstr("form 6 is not known"));
  EXPECT_THAT(ErrorOf(Frame({.name = "a", .shape = {1, 3, 1, 1}, .form = Form::kJpeg, .entropy = true}, eight)),
              HasSubstr("form 133 is not known"));
  EXPECT_THAT(ErrorOf(Frame({.name = "a", .shape = {2}, .form = Form::kInt}, std::string("\x09") + eight)),
              HasSubstr("symbols of 9 bits"));
  EXPECT_THAT(ErrorOf(Frame({.name = "a", .shape = {2}, .form = Form::kInt}, std::string("\x08\0\0\x80\x7f\0\0\1\2", 9))),
              HasSubstr("scale 0 is not finite"));
  std::string picture(24 + 3, '\0');
  EXPECT_THAT(ErrorOf(Frame({.name = "a", .shape = {1, 3, 1, 1}, .form = Form::kPicture}, picture)), HasSubstr("std not zero"));
}

TEST(FrameFormat, RefusesWhatIsBeyondTheLimitsBeforeItTakesMemory) {
  using testing::HasSubstr;
  const auto exhausted = absl::StatusCode::kResourceExhausted;
  const Shape huge = {int64_t{1} << 40, int64_t{1} << 40};
  EXPECT_THAT(ErrorOf(Frame({.name = "a", .shape = huge}, ""), exhausted), HasSubstr("beyond the limit"));
  const std::string two = EncodeOk("raw", {{"a", Waves({100}, 1)}, {"b", Waves({100}, 2)}});
  EXPECT_TRUE(Decoder({800}).Decode(Bytes(two)).ok());
  EXPECT_THAT(ErrorOf(two, exhausted, {799}), HasSubstr("399 bytes are left of it"));   // the limit is of all values together
  // Nothing in it, whatever the other dimensions say.
  EXPECT_TRUE(Decoder().Decode(Bytes(Frame({.name = "a", .shape = {0, int64_t{1} << 60}}, ""))).ok());
  std::string frame;
  BeginFrame(65, &frame);
  EndFrame(&frame);
  EXPECT_THAT(ErrorOf(frame), HasSubstr("the number of values is 65; at most 64"));
}

TEST(FrameFormat, RefusesNumbersThatAreNotShortest) {
  std::string frame;
  BeginFrame(1, &frame);
  frame.back() = '\x81';   // 1 as two bytes
  frame += '\0';
  EndFrame(&frame);
  EXPECT_THAT(ErrorOf(frame), testing::HasSubstr("not in its shortest form"));
}

TEST(FrameFormat, AJpegMustBeOneOfTheRightSize) {
  const PictureScale scale{{0, 0, 0}, {1, 1, 1}};
  const std::string frame = EncodeOk("jpeg:75", {{"x", Waves({1, 3, 64, 48}, 1)}}, &scale);
  const auto framed = ParseFrame(Bytes(frame), 1 << 20);
  ASSERT_TRUE(framed.ok());
  ASSERT_EQ((*framed)[0].header.form, Form::kJpeg);
  const auto payload = (*framed)[0].payload;
  const std::string bytes(reinterpret_cast<const char*>(payload.data()), payload.size());
  ValueHeader header = (*framed)[0].header;
  EXPECT_TRUE(Decoder().Decode(Bytes(Frame(header, bytes))).ok());
  header.shape = {1, 3, 48, 64};
  EXPECT_THAT(ErrorOf(Frame(header, bytes)), testing::HasSubstr("a JPEG of 64x48 pixels for a picture of 48x64"));
  header.shape = {1, 3, 64, 48};
  EXPECT_THAT(ErrorOf(Frame(header, bytes.substr(0, 24) + "BM" + bytes.substr(26))), testing::HasSubstr("without a JPEG"));
  EXPECT_FALSE(Decoder().Decode(Bytes(Frame(header, bytes.substr(0, bytes.size() / 2)))).ok());
}

}   // namespace
}   // namespace partway::codec
