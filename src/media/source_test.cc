#include "media/source.h"

#include <filesystem>
#include <set>

#include "base/file.h"
#include "base/rng.h"
#include "base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "media/picture_header.h"
#include "media/source_folder.h"

namespace partway::media {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// tests/instances/pictures: 16x8, left half red, right half blue, in five formats; five frames of rising red as a video.
std::string Instance(const std::string& name) { return std::string(PARTWAY_SOURCE_DIR) + "/tests/instances/pictures/" + name; }
std::string Bytes(const std::string& path) { return *ReadFile(path, 1 << 24); }

class Folder {
 public:
  Folder()
      : path_(fs::path(::testing::TempDir()) /
              Concat("source_test_", ::testing::UnitTest::GetInstance()->current_test_info()->name())) {
    fs::remove_all(path_);
    fs::create_directories(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  void Put(const std::string& name, const std::string& content) {
    ASSERT_TRUE(WriteFileAtomically((path_ / name).string(), content).ok());
  }
  void PutPicture(const std::string& name) { Put(name, Bytes(Instance("red_blue.png"))); }
  std::string path() const { return path_.string(); }
  absl::StatusOr<std::unique_ptr<Source>> Open(const SourceOptions& options = {}) const { return OpenSource(path(), options); }

 private:
  fs::path path_;
};

std::vector<std::string> Names(Source& source, int limit = 1000) {
  std::vector<std::string> names;
  for (int i = 0; i < limit; ++i) {
    const auto picture = source.Next();
    if (!picture.ok()) return {std::string(picture.status().message())};
    if (!picture->has_value()) break;
    names.push_back((*picture)->name);
  }
  return names;
}

std::string ErrorOf(const absl::Status& status) { return std::string(status.message()); }

TEST(ReadPicture, GivesRgbTopToBottomInEveryFormat) {
  for (const char* extension : {"png", "jpg", "bmp", "ppm", "webp"}) {
    const auto picture = ReadPicture(Instance(Concat("red_blue.", extension)));
    ASSERT_TRUE(picture.ok()) << extension << ": " << picture.status();
    EXPECT_EQ(picture->height, 8);
    EXPECT_EQ(picture->width, 16);
    ASSERT_EQ(picture->rgb.size(), 3u * 8 * 16);
    const uint8_t* left = &picture->rgb[3 * (4 * 16 + 2)];
    const uint8_t* right = &picture->rgb[3 * (4 * 16 + 13)];
    EXPECT_TRUE(left[0] > 230 && left[1] < 25 && left[2] < 25) << extension;
    EXPECT_TRUE(right[0] < 25 && right[1] < 25 && right[2] > 230) << extension;
  }
}

TEST(ReadPicture, TurnsByExifOrientation) {
  std::string jpeg = Bytes(Instance("red_blue.jpg"));
  // APP1: "Exif", big-endian TIFF, one entry: orientation (0x0112), short, 6: turn a quarter to the right to see it upright.
  const std::string tiff("MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0", 26);
  const std::string body = std::string("Exif\0\0", 6) + tiff;
  jpeg.insert(2, std::string("\xff\xe1\0", 3) + static_cast<char>(body.size() + 2) + body);
  const auto picture = DecodePicture(jpeg, "turned.jpg");
  ASSERT_TRUE(picture.ok()) << picture.status();
  EXPECT_EQ(picture->height, 16);
  EXPECT_EQ(picture->width, 8);
  EXPECT_GT(picture->rgb[3 * (2 * 8 + 4)], 230);        // the left half, red, is now on top
  EXPECT_GT(picture->rgb[3 * (13 * 8 + 4) + 2], 230);   // and blue below
}

TEST(ReadPicture, RefusesAHeaderThatAsksForTooMuch) {
  std::string jpeg = Bytes(Instance("red_blue.jpg"));
  const size_t frame = jpeg.find("\xff\xc0");
  ASSERT_NE(frame, std::string::npos);
  jpeg.replace(frame + 5, 4, "\xff\xdc\xff\xdc");   // 65500 x 65500
  EXPECT_THAT(ErrorOf(DecodePicture(jpeg, "bomb.jpg").status()), HasSubstr("bomb.jpg: its header asks for 65500x65500 pixels"));
  std::string png = Bytes(Instance("red_blue.png"));
  png.replace(16, 8, "\x7f\xff\xff\xff\x7f\xff\xff\xff");
  EXPECT_THAT(ErrorOf(DecodePicture(png, "bomb.png").status()), HasSubstr("2147483647x2147483647"));
  EXPECT_THAT(ErrorOf(DecodePicture("P6\n# huge\n99999999 99999999\n255\n", "bomb.ppm").status()),
              HasSubstr("99999999x99999999"));
  EXPECT_FALSE(DecodePicture(Bytes(Instance("red_blue.bmp")), "small.bmp", 127).ok());   // 16 * 8 = 128
  EXPECT_TRUE(DecodePicture(Bytes(Instance("red_blue.bmp")), "small.bmp", 128).ok());
}

TEST(ReadPicture, RefusesWhatWasCutOff) {
  for (const char* extension : {"jpg", "png", "webp"}) {
    const std::string whole = Bytes(Instance(Concat("red_blue.", extension)));
    for (size_t size = 0; size < whole.size() - 12; size += 7) {
      EXPECT_FALSE(DecodePicture(whole.substr(0, size), "cut").ok())
          << extension << " of " << size << " of " << whole.size() << " bytes";
    }
  }
}

TEST(ReadPicture, SurvivesDamage) {
  Rng rng(7);
  for (const char* extension : {"jpg", "png", "webp", "bmp", "ppm"}) {
    const std::string whole = Bytes(Instance(Concat("red_blue.", extension)));
    for (int round = 0; round < 100; ++round) {
      std::string damaged = whole;
      for (int i = 0; i < 4; ++i)
        damaged[rng.UniformInt(0, static_cast<int64_t>(damaged.size()) - 1)] = static_cast<char>(rng.UniformInt(0, 255));
      const auto picture = DecodePicture(damaged, "damaged", 1'000'000);
      if (picture.ok()) {
        EXPECT_EQ(picture->rgb.size(), size_t{3} * picture->height * picture->width);
      }
    }
  }
}

TEST(ReadPicture, SaysWhatIsWrong) {
  EXPECT_EQ(ReadPicture("/no/such.jpg").status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(ErrorOf(DecodePicture("hello, this is text", "x.jpg").status()),
              HasSubstr("x.jpg: not a JPEG, PNG, BMP, WebP or PPM picture"));
  EXPECT_THAT(ErrorOf(DecodePicture("", "x.jpg").status()), HasSubstr("not a JPEG"));
}

TEST(FolderSource, GoesThroughPicturesByName) {
  Folder folder;
  for (const char* name : {"b.png", "a.PNG", "c.JPeG.png", "notes.txt", ".hidden.png"}) folder.PutPicture(name);
  const auto source = *folder.Open();
  EXPECT_EQ(source->kind(), SourceKind::kFolder);
  EXPECT_FALSE(source->live());
  EXPECT_EQ(source->pass_length(), 3);
  EXPECT_THAT(Names(*source), ElementsAre("a.PNG", "b.png", "c.JPeG.png"));
  EXPECT_THAT(Names(*source), ElementsAre());   // the end stays the end
}

TEST(FolderSource, RepeatsWhenAsked) {
  Folder folder;
  folder.PutPicture("a.png");
  folder.PutPicture("b.png");
  EXPECT_THAT(Names(**folder.Open({.repeat = true}), 5), ElementsAre("a.png", "b.png", "a.png", "b.png", "a.png"));
}

TEST(FolderSource, PassesOverUnreadablePicturesAndNamesThemOnce) {
  Folder folder;
  folder.PutPicture("a.png");
  folder.Put("b.jpg", "not a picture");
  folder.Put("c.jpg", Bytes(Instance("red_blue.jpg")).substr(0, 400));
  fs::create_symlink("nowhere.png", folder.path() + "/d.png");
  folder.PutPicture("e.png");
  const auto source = *folder.Open({.repeat = true});
  EXPECT_THAT(Names(*source, 6), ElementsAre("a.png", "e.png", "a.png", "e.png", "a.png", "e.png"));
  ASSERT_EQ(source->skipped().size(), 3u);
  EXPECT_EQ(source->skipped()[0].name, "b.jpg");
  EXPECT_THAT(source->skipped()[0].reason, HasSubstr("not a JPEG"));
  EXPECT_EQ(source->skipped()[1].name, "c.jpg");
  EXPECT_EQ(source->skipped()[2].name, "d.png");
}

TEST(FolderSource, WithoutAnyReadablePictureIsAnError) {
  Folder folder;
  EXPECT_THAT(ErrorOf(folder.Open().status()), HasSubstr("holds no picture"));
  folder.Put("a.jpg", "x");
  folder.Put("b.jpg", "y");
  EXPECT_THAT(Names(**folder.Open({.repeat = true})),
              ElementsAre(HasSubstr("none of its 2 pictures can be read; the first: a.jpg")));
}

TEST(FolderSource, TakesLabelsFromTheCsv) {
  Folder folder;
  for (const char* name : {"a.png", "b,with comma.png", "c.png"}) folder.PutPicture(name);
  folder.Put("labels.csv",
             "\xef\xbb\xbf"
             "file,label_index\r\na.png,207\r\n\r\nb,with comma.png, 0\n");
  const auto source = *folder.Open();
  EXPECT_TRUE(source->labelled());
  EXPECT_EQ((**source->Next()).label, 207);
  EXPECT_EQ((**source->Next()).label, 0);
  EXPECT_EQ((**source->Next()).label, std::nullopt);
}

TEST(FolderSource, TakesLabelsFromAnotherCsvWhenAsked) {
  Folder folder;
  folder.PutPicture("a.png");
  folder.Put("labels.csv", "a.png,1\n");
  folder.Put("other.csv", "a.png,2\n");
  EXPECT_EQ((**(*folder.Open({.labels_csv = folder.path() + "/other.csv"}))->Next()).label, 2);
  EXPECT_FALSE(folder.Open({.labels_csv = folder.path() + "/missing.csv"}).ok());
}

TEST(FolderSource, RefusesABadLabelByLine) {
  const std::pair<const char*, const char*> cases[] = {
      {"file,label_index\na.png,x\n", "labels.csv:2: 'x' is not a class index"},
      {"a.png\n", "labels.csv:1: expected file,label_index"},
      {",3\n", "labels.csv:1: expected file,label_index"},
      {"a.png,-1\n", "labels.csv:1: '-1' is not a class index"},
      {"a.png,99999999999\n", "labels.csv:1: "},
      {"a.png,1.5\n", "labels.csv:1: '1.5'"},
      {"a.png,\n", "labels.csv:1: ''"},
      {"a.png,1\n\na.png,1\n", "labels.csv:3: 'a.png' already has a label in line 1"},
  };
  Folder folder;
  folder.PutPicture("a.png");
  for (const auto& [csv, expected] : cases) {
    folder.Put("labels.csv", csv);
    EXPECT_THAT(ErrorOf(folder.Open().status()), HasSubstr(expected)) << csv;
  }
}

TEST(FolderSource, NamesPicturesThatAreListedButMissing) {
  Folder folder;
  folder.PutPicture("a.png");
  folder.Put("labels.csv", "zz.png,1\na.png,1\nb.png,1\n");
  const auto source = *folder.Open();
  EXPECT_THAT(Names(*source), ElementsAre("a.png"));
  ASSERT_EQ(source->skipped().size(), 2u);
  EXPECT_EQ(source->skipped()[0].name, "zz.png");
  EXPECT_THAT(source->skipped()[0].reason, HasSubstr("line 1 of "));
  EXPECT_EQ(source->skipped()[1].name, "b.png");
}

TEST(OpenSource, TakesOnePicture) {
  const auto source = *OpenSource(Instance("red_blue.jpg"));
  EXPECT_THAT(Names(*source), ElementsAre("red_blue.jpg"));
}

TEST(OpenSource, SaysWhyAFolderCannotBeRead) {
  Folder folder;
  folder.Put("file", "x");
  EXPECT_THAT(ErrorOf(ListPictures(folder.path() + "/file", "").status()),
              HasSubstr("the folder " + folder.path() + "/file cannot be read: Not a directory"));
  EXPECT_THAT(ErrorOf(OpenSource(folder.path() + "/" + std::string(300, 'x')).status()),
              HasSubstr("cannot be looked at: File name too long"))
      << "which is another thing than not being there";
}

TEST(OpenSource, RefusesWhatIsNoSource) {
  EXPECT_EQ(OpenSource("/no/such/place").status().code(), absl::StatusCode::kNotFound);
  EXPECT_FALSE(OpenSource("/dev/null").ok());
  for (const char* spec : {"camera:", "camera:x", "camera:-1", "camera:1x", "camera:100"}) {
    EXPECT_THAT(ErrorOf(OpenSource(spec).status()), HasSubstr("expected camera:N")) << spec;
  }
  Folder folder;
  folder.Put("v.mp4", "this is no video");
  EXPECT_THAT(ErrorOf(OpenSource(folder.path() + "/v.mp4").status()), HasSubstr("neither a picture nor a video"));
  folder.Put("p.jpg", "this is no picture");
  EXPECT_THAT(ErrorOf(OpenSource(folder.path() + "/p.jpg").status()), HasSubstr("not a JPEG"));
}

TEST(CameraSource, MissingCameraIsOneLine) {
  if (fs::exists("/dev/video99")) GTEST_SKIP();
  EXPECT_THAT(ErrorOf(OpenSource("camera:99").status()), HasSubstr("cannot open camera:99"));
}

TEST(VideoSource, GivesEveryFrameInOrder) {
  const auto source = *OpenSource(Instance("five_frames.avi"));
  EXPECT_EQ(source->kind(), SourceKind::kVideo);
  EXPECT_FALSE(source->live());
  EXPECT_NEAR(source->native_fps().value_or(0), 25, 1e-6);
  for (int i = 0; i < 5; ++i) {
    const auto frame = *source->Next();
    ASSERT_TRUE(frame.has_value()) << i;
    EXPECT_EQ(frame->name, Concat("five_frames.avi#", i));
    EXPECT_EQ(frame->height, 48);
    EXPECT_EQ(frame->width, 64);
    EXPECT_NEAR(frame->rgb[3 * (24 * 64 + 32)], 50 * i, 6) << i;
  }
  EXPECT_FALSE((*source->Next()).has_value());
}

TEST(VideoSource, RepeatsFromTheStart) {
  const auto source = *OpenSource(Instance("five_frames.avi"), {.repeat = true});
  for (int i = 0; i < 12; ++i) {
    const auto frame = *source->Next();
    ASSERT_TRUE(frame.has_value()) << i;
    EXPECT_NEAR(frame->rgb[3 * (24 * 64 + 32)], 50 * (i % 5), 6) << i;
  }
}

TEST(VideoSource, RefusesFramesThatAreTooLarge) {
  EXPECT_THAT(ErrorOf(OpenSource(Instance("five_frames.avi"), {.max_pixels = 64 * 48 - 1}).status()), HasSubstr("at most 3071"));
}

TEST(SyntheticSource, IsTheSameForTheSameSeedAndMoves) {
  const SourceOptions options{.seed = 4, .synthetic_height = 60, .synthetic_width = 80};
  const auto a = *OpenSource("synthetic", options), b = *OpenSource("synthetic", options);
  SourceOptions other = options;
  other.seed = 5;
  const auto c = *OpenSource("synthetic", other);
  std::set<std::string> distinct;
  for (int i = 0; i < 300; ++i) {   // long enough for every box to leave and come back
    const Picture frame = **a->Next();
    EXPECT_EQ(frame.name, Concat("synthetic#", i));
    EXPECT_EQ(frame.rgb, (**b->Next()).rgb);
    if (i == 0) {
      EXPECT_NE(frame.rgb, (**c->Next()).rgb);
    }
    distinct.insert(std::string(frame.rgb.begin(), frame.rgb.end()));
  }
  EXPECT_GT(distinct.size(), 250u);
  EXPECT_FALSE(OpenSource("synthetic", {.synthetic_height = 0}).ok());
}

TEST(PictureHeader, DoesNotReadPastTheEnd) {
  for (const char* extension : {"jpg", "png", "webp", "bmp", "ppm"}) {
    const std::string whole = Bytes(Instance(Concat("red_blue.", extension)));
    const auto header = ReadPictureHeader(whole);
    ASSERT_TRUE(header.ok()) << extension;
    EXPECT_EQ(header->height, 8) << extension;
    EXPECT_EQ(header->width, 16) << extension;
    for (size_t size = 0; size < std::min<size_t>(whole.size(), 700); ++size) {
      const std::vector<char> exact(whole.begin(),
                                    whole.begin() + static_cast<ptrdiff_t>(size));   // a sanitizer sees one byte too far
      (void)ReadPictureHeader({exact.data(), exact.size()});
    }
  }
}

}   // namespace
}   // namespace partway::media
