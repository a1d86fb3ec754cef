#include "wire/cursor.h"

#include "gtest/gtest.h"

namespace partway::wire {
namespace {

std::span<const std::byte> Bytes(const std::string& text) { return std::as_bytes(std::span(text.data(), text.size())); }

TEST(Cursor, ReadsAcrossPiecesAndEmptyOnes) {
  const std::string a = "ab", b, c = "cdef";
  const std::span<const std::byte> pieces[] = {Bytes(b), Bytes(a), Bytes(b), Bytes(c), Bytes(b)};
  Cursor cursor(pieces);
  EXPECT_EQ(cursor.left(), 6u);
  char three[3];
  ASSERT_TRUE(cursor.Read(three, 3));
  EXPECT_EQ(std::string(three, 3), "abc");
  Cursor two;
  ASSERT_TRUE(cursor.Take(2, &two));
  std::string text;
  two.AppendTo(&text);
  EXPECT_EQ(text, "de");
  EXPECT_EQ(cursor.left(), 1u);
  EXPECT_FALSE(cursor.Read(three, 2));
}

TEST(Cursor, VarintsOfAllLengths) {
  for (int bits = 0; bits <= 64; ++bits) {
    const uint64_t value = bits == 0 ? 0 : ~uint64_t{0} >> (64 - bits);
    std::string text;
    AppendVarint(&text, value);
    EXPECT_EQ(text.size(), bits == 0 ? 1u : static_cast<size_t>((bits + 6) / 7));
    const std::span<const std::byte> piece = Bytes(text);
    Cursor cursor(std::span(&piece, 1));
    uint64_t got;
    ASSERT_TRUE(cursor.ReadVarint(&got));
    EXPECT_EQ(got, value);
    EXPECT_EQ(cursor.left(), 0u);
  }
}

TEST(Cursor, RefusesWhatIsNoVarintAndNoField) {
  for (const std::string& text : {std::string(), std::string("\x80"), std::string(10, '\xff'), std::string(11, '\x80')}) {
    const std::span<const std::byte> piece = Bytes(text);
    Cursor cursor(std::span(&piece, 1));
    uint64_t value;
    EXPECT_FALSE(cursor.ReadVarint(&value));
  }
  // Field number 0; a group (type 3); type 6; a length beyond the end; a fixed64 cut short.
  for (const std::string& text : {std::string("\x00\x01", 2), std::string("\x0b"), std::string("\x0e"),
                                  std::string("\x0a\x05"
                                              "ab"),
                                  std::string("\x09"
                                              "1234567")}) {
    const std::span<const std::byte> piece = Bytes(text);
    Cursor cursor(std::span(&piece, 1));
    Field field;
    EXPECT_FALSE(ReadField(&cursor, &field));
  }
}

}   // namespace
}   // namespace partway::wire
