#include "codec/byte_coder.h"

#include "codec/codec_test_values.h"
#include "gmock/gmock.h"

namespace partway::codec {
namespace {

std::vector<std::byte> Decoded(const std::string& coded, size_t element_bytes, size_t size) {
  std::vector<std::byte> back(size);
  ByteReader reader(Bytes(coded));
  const absl::Status status = DecodeBytes(reader, element_bytes, back);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(reader.left(), 0u);
  return back;
}

TEST(ByteCoder, BringsBackEveryElementSize) {
  Rng rng(1);
  for (size_t element : {1, 2, 4, 8}) {
    for (size_t count : {1, 2, 77, 5000}) {
      for (uint64_t spread : {1, 2, 3, 40, 256}) {   // values of each byte
        std::vector<std::byte> bytes(element * count);
        for (std::byte& b : bytes) b = static_cast<std::byte>(rng.Next() % spread * 255 / spread);
        std::string coded;
        EncodeBytes(bytes, element, &coded);
        EXPECT_EQ(Decoded(coded, element, bytes.size()), bytes);
        EXPECT_LE(coded.size(), bytes.size() + element);   // a plane that does not shrink costs one byte more
      }
    }
  }
}

TEST(ByteCoder, PaysTheEntropyOfEachPlane) {
  std::vector<std::byte> bytes(2 * 32768);
  Rng rng(2);
  for (size_t i = 0; i < 32768; ++i) {
    bytes[2 * i] = static_cast<std::byte>(rng.Next());           // 8 bits: nothing to gain
    bytes[2 * i + 1] = static_cast<std::byte>(rng.Next() & 3);   // 2 bits
  }
  std::string coded;
  EncodeBytes(bytes, 2, &coded);
  EXPECT_NEAR(static_cast<double>(coded.size()), 32768 * 1.25, 100);
}

TEST(ByteCoder, AnExponentTakesFewerBitsThanItHas) {
  // 8 bits of exponent with sign, of which a wave around zero uses a handful of values.
  const NamedTensor wave{"x", Waves({1, 16, 32, 32}, 1)};
  EXPECT_LT(EncodeOk("raw-ec", {wave}).size(), EncodeOk("raw", {wave}).size() * 95 / 100);
  EXPECT_LT(EncodeOk("fp16-ec", {wave}).size(), EncodeOk("fp16", {wave}).size() * 95 / 100);
}

TEST(ByteCoder, RefusesWrongHistograms) {
  using testing::HasSubstr;
  const auto error = [](const std::string& coded) {
    std::vector<std::byte> out(4);
    ByteReader reader(Bytes(coded));
    return std::string(DecodeBytes(reader, 1, out).message());
  };
  EXPECT_THAT(error("\2"), HasSubstr("plane of kind 2"));
  EXPECT_THAT(error(std::string("\0abc", 4)), HasSubstr("a plane needs 4 bytes, 3 are left"));
  EXPECT_THAT(error(std::string("\1\5\0\xff", 4)), HasSubstr("more than 256 shares"));
  EXPECT_THAT(error(std::string("\1\5\0\xfe", 4)), HasSubstr("add up to 5 and not to 4096"));
  EXPECT_THAT(error("\1\x80\x20"), HasSubstr("is 4096; at most 4095"));
}

}   // namespace
}   // namespace partway::codec
