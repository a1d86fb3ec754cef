#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/rng.h"
#include "base/status.h"
#include "base/tensor.h"
#include "base/units.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace partway {
namespace {

using ::testing::HasSubstr;

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "partway-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

TEST(Units, OnlyMeaningfulProductsExist) {
  EXPECT_EQ((ToBits(Bytes(1e6)) / BitsPerSecond(8e6)).value(), 1);   // 8 Mbit at 8 Mbit/s
  EXPECT_EQ((Macs(4e9) / MacsPerSecond(2e9)).value(), 2);
  EXPECT_EQ(Seconds(3) / Seconds(2), 1.5);
}

TEST(Clock, ManualClockMovesByHand) {
  ManualClock clock;
  const Instant start = clock.Now();
  clock.Advance(FromSeconds(0.25));
  EXPECT_EQ(clock.Now() - start, std::chrono::milliseconds(250));
}

TEST(Rng, GivesTheSameNumbersEverywhere) {
  // splitmix64 of seed 0 begins e220a8397b1dcdaf, 6e789e6aa1b965f4, 06c45d188009454f, f88bb8a8724c81ec (its authors' test
  // vector); the first xoshiro256** output is rotl(s1 * 5, 7) * 9 of those.
  EXPECT_EQ(Rng(0).Next(), std::rotl(uint64_t{0x6e789e6aa1b965f4} * 5, 7) * 9);
  Rng a(7), b(7), c(8);
  EXPECT_EQ(a.Next(), b.Next());
  EXPECT_NE(a.Next(), c.Next());
}

TEST(Rng, UniformIntReachesBothEndsAndStaysInside) {
  Rng rng(1);
  bool low = false, high = false;
  for (int i = 0; i < 1000; ++i) {
    const int64_t v = rng.UniformInt(-2, 2);
    ASSERT_GE(v, -2);
    ASSERT_LE(v, 2);
    low = low || v == -2;
    high = high || v == 2;
  }
  EXPECT_TRUE(low && high);
}

TEST(Hash, MatchesThePublishedVector) {
  // FIPS 180-2, appendix B.1.
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  Sha256 pieces;
  pieces.Update("a");
  pieces.Update("bc");
  EXPECT_EQ(pieces.Hex(), Sha256Hex("abc"));
}

TEST(Tensor, CountsElementsWithoutOverflow) {
  EXPECT_EQ(ElementCount(Shape{1, 3, 224, 224}), 150528);
  EXPECT_EQ(ElementCount(Shape{}), 1);
  EXPECT_EQ(ElementCount(Shape{int64_t{1} << 40, int64_t{1} << 40}), std::nullopt);
  EXPECT_EQ(ElementCount(Shape{int64_t{1} << 40, int64_t{1} << 40, 0}), 0);
  EXPECT_EQ(ElementCount(Shape{-1, 3}), std::nullopt);
}

TEST(Tensor, RefusesWhatIsTooLargeOrOpaque) {
  EXPECT_FALSE(Tensor::Allocate(DType::kFloat32, {1000}, 3999).ok());   // 4000 bytes
  EXPECT_TRUE(Tensor::Allocate(DType::kFloat32, {1000}, 4000).ok());
  EXPECT_FALSE(Tensor::Allocate(DType::kOpaque, {1}).ok());
  EXPECT_FALSE(Tensor::Allocate(DType::kInt8, {-1}).ok());
  EXPECT_EQ(DTypeFromName("FP32"), DType::kFloat32);
  EXPECT_EQ(DTypeFromName("OPAQUE"), std::nullopt);
}

TEST(Tensor, CopiesShareMemoryAndItIsAligned) {
  Tensor a = *Tensor::Allocate(DType::kFloat32, {3});
  EXPECT_EQ(reinterpret_cast<uintptr_t>(a.data()) % 64, 0u);
  Tensor b = a;
  a.mutable_floats()[1] = 5;
  EXPECT_EQ(b.floats()[1], 5);
}

TEST(File, WritesWholeOrNotAtAll) {
  TemporaryFolder folder;
  ASSERT_TRUE(WriteFileAtomically(folder / "a", "old").ok());
  const absl::Status status = WriteFileAtomically(folder / "a", [](const FileSink& sink) -> absl::Status {
    RETURN_IF_ERROR(sink("half of the new"));
    return InternalError("the writer gave up");
  });
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(*ReadFile(folder / "a", 100), "old");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1) << "no temporary file stays behind";
}

TEST(File, WritesIntoWhatIsNoFileInsteadOfReplacingIt) {
  TemporaryFolder folder;
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  const int reader = ::open((folder / "pipe").c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  ASSERT_TRUE(WriteFileAtomically(folder / "pipe", "through it").ok());
  char text[32];
  EXPECT_EQ(std::string(text, static_cast<size_t>(std::max<ssize_t>(0, ::read(reader, text, sizeof text)))), "through it");
  ::close(reader);
  EXPECT_TRUE(std::filesystem::is_fifo(folder / "pipe"));
  EXPECT_THAT(std::string(WriteFileAtomically(folder.path(), "x").message()), HasSubstr("it is a folder"));
}

TEST(File, ErrorsNameThePathAndTheReason) {
  TemporaryFolder folder;
  const absl::Status missing = ReadFile(folder / "nothing", 100).status();
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(missing.message()), HasSubstr(folder / "nothing"));
  EXPECT_FALSE(ReadFile(folder.path(), 100).ok());
  ASSERT_TRUE(WriteFileAtomically(folder / "a", "12345").ok());
  EXPECT_TRUE(ReadFile(folder / "a", 5).ok());
  EXPECT_FALSE(ReadFile(folder / "a", 4).ok());
  EXPECT_THAT(std::string(ReadFile("/dev/zero", 1000).status().message()), HasSubstr("a pipe or a device"));
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);   // nobody writes to it: opening it to read would wait
  EXPECT_THAT(std::string(ReadFile(folder / "pipe", 1000).status().message()),
              HasSubstr(folder / "pipe: it is a pipe or a device, expected a file"));
  EXPECT_FALSE(WriteFileAtomically(folder / "no/such/folder", "x").ok());
}

TEST(Status, AnnotateKeepsTheCode) {
  EXPECT_EQ(Annotate(NotFound("x"), "while y").message(), "while y: x");
  EXPECT_TRUE(absl::IsNotFound(Annotate(NotFound("x"), "y")));
  EXPECT_TRUE(Annotate(absl::OkStatus(), "y").ok());
}

}   // namespace
}   // namespace partway
