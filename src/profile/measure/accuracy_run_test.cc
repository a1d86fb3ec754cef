#include "profile/measure/accuracy_run.h"

#include <set>

#include "gmock/gmock.h"
#include "media/classify.h"
#include "profile/accuracy_json.h"
#include "profile/measure/test_pictures.h"

namespace partway::profile {
namespace {

using ::testing::HasSubstr;

constexpr InputSize kOwn{32, 32}, kOther{24, 24};

class AccuracyRun : public ::testing::Test {
 protected:
  AccuracyRun() : model_(MakeSmallModel()) {
    folder_.AddPictures(12);
    std::vector<codec::CodecSpec> codecs;
    for (const char* name : {"raw-ec", "int8", "int8-ec", "int2", "jpeg:30", "raw8"}) codecs.push_back(*codec::ParseCodec(name));
    std::vector<int> cuts;
    for (int c = 0; c <= model_.chain->size(); ++c) cuts.push_back(c);
    plan_ = PlanAccuracy({kOwn, kOther}, codecs, cuts, model_.chain->size());
  }

  // The classes that the whole model gives at a size, best first.
  std::vector<media::Guess> Guesses(const std::string& name, InputSize size) {
    const Tensor input = *media::ToInput(*media::ReadPicture(folder_ / name), size.height, size.width, model_.config);
    std::vector<NamedTensor> out;
    EXPECT_TRUE(model_.chain->Run(0, model_.chain->size(), std::vector<NamedTensor>{{"picture", input}}, out).ok());
    return *media::TopK(out[0].tensor, media::OutputKind::kLogits, 10);
  }
  absl::StatusOr<AccuracyResult> Run(const AccuracyOptions& options = {}, const std::function<void(int64_t)>& progress = {}) {
    const AccuracySubject subject{.chain = *model_.chain, .config = model_.config, .plan = plan_, .own = kOwn};
    const absl::StatusOr<ImageSet> images = ChooseImages({.folder = folder_.path(), .class_count = 10});
    if (!images.ok()) return images.status();
    return MeasureAccuracy(subject, *images, options, progress, stop_);
  }
  std::string Json(const AccuracyOptions& options = {}) {
    const auto result = Run(options);
    EXPECT_TRUE(result.ok()) << result.status();
    EXPECT_TRUE(result->finished);
    return AccuracyToJson(result->table);
  }
  // Labels that the model at its own size gets right for 00, in the first five for 01, and wrong for 02.
  void Label() {
    const int right = Guesses("00.ppm", kOwn)[0].index, near = Guesses("01.ppm", kOwn)[3].index,
              wrong = Guesses("02.ppm", kOwn)[7].index;
    folder_.Write("labels.csv", Concat("00.ppm,", right, "\n01.ppm,", near, "\n02.ppm,", wrong, "\n"));
  }

  PictureFolder folder_;
  SmallModel model_;
  AccuracyPlan plan_;
  std::atomic<bool> stop_{false};
};

TEST_F(AccuracyRun, CountsWhatTheWholeModelGetsRight) {
  Label();
  const AccuracyResult result = *Run();
  EXPECT_TRUE(result.table.labelled);
  EXPECT_EQ(result.table.n, 3);
  const AccuracyRow& own = *AccuracyIndex(result.table).Find(32, 32, "raw", -1);
  EXPECT_DOUBLE_EQ(*own.top1, 1.0 / 3);
  EXPECT_DOUBLE_EQ(*own.top5, 2.0 / 3);
  EXPECT_EQ(*own.agreement, 1) << "with itself";
  EXPECT_TRUE(AccuracyFromJson(AccuracyToJson(result.table)).ok()) << AccuracyFromJson(AccuracyToJson(result.table)).status();
}

TEST_F(AccuracyRun, WithoutLabelsComparesWithTheOwnSize) {
  int same = 0;
  for (int i = 0; i < 12; ++i) {
    const std::string name = Concat(i < 10 ? "0" : "", i, ".ppm");
    same += Guesses(name, kOwn)[0].index == Guesses(name, kOther)[0].index;
  }
  const AccuracyTable table = Run()->table;
  EXPECT_FALSE(table.labelled);
  EXPECT_DOUBLE_EQ(*AccuracyIndex(table).Find(24, 24, "raw", -1)->agreement, same / 12.0);
  EXPECT_FALSE(table.rows[0].top1.has_value());
}

TEST_F(AccuracyRun, TheOwnSizeNeedNotBeAmongTheSizes) {
  const AccuracyTable all = Run()->table;
  plan_ = PlanAccuracy({kOther}, {*codec::ParseCodec("int8")}, {2}, model_.chain->size());
  const AccuracyTable one = Run()->table;
  EXPECT_EQ(*AccuracyIndex(one).Find(24, 24, "raw", -1)->agreement, *AccuracyIndex(all).Find(24, 24, "raw", -1)->agreement);
  EXPECT_EQ(*AccuracyIndex(one).Find(24, 24, "int8", 2)->agreement, *AccuracyIndex(all).Find(24, 24, "int8", 2)->agreement);
}

TEST_F(AccuracyRun, LosslessCodecsChangeNothingAndBytesAreTheFrames) {
  const AccuracyTable table = Run()->table;
  for (const AccuracyRow& row : table.rows) {
    const std::string name = Concat(row.codec, " at ", row.cut);
    if (row.cut < 0) continue;
    EXPECT_GT(row.bytes, 0) << name;
    if (row.codec == "raw-ec" || row.codec == "raw8") {
      EXPECT_EQ(*row.change, 0) << name;
      EXPECT_EQ(row.change_se, 0) << name;
    }
    if (row.codec == "int8-ec") {
      const AccuracyRow& plain = *AccuracyIndex(table).Find(row.height, row.width, "int8", row.cut);
      EXPECT_EQ(*row.agreement, *plain.agreement) << name;
      EXPECT_LE(row.bytes, plain.bytes) << name;
    }
  }
  // A JPEG is the picture's own, smaller than its bytes.
  EXPECT_LT(AccuracyIndex(table).Find(32, 32, "jpeg:30", 0)->bytes, AccuracyIndex(table).Find(32, 32, "raw8", 0)->bytes);
}

// The tail of cut 1 on what int2 makes of its values, by hand for each picture.
TEST_F(AccuracyRun, ACodedRowIsTheTailOfWhatWasDecoded) {
  codec::Encoder encoder(*codec::ParseCodec("int2"));
  codec::Decoder decoder;
  int same = 0;
  for (int i = 0; i < 12; ++i) {
    const std::string name = Concat(i < 10 ? "0" : "", i, ".ppm");
    const Tensor input = *media::ToInput(*media::ReadPicture(folder_ / name), 32, 32, model_.config);
    std::vector<NamedTensor> sent, out;
    ASSERT_TRUE(model_.chain->Run(0, 1, std::vector<NamedTensor>{{"picture", input}}, sent).ok());
    std::string frame;
    ASSERT_TRUE(encoder.Encode(sent, nullptr, &frame).ok());
    const std::vector<NamedTensor> decoded = *decoder.Decode({reinterpret_cast<const std::byte*>(frame.data()), frame.size()});
    ASSERT_TRUE(model_.chain->Run(1, model_.chain->size(), decoded, out).ok());
    same += (*media::TopK(out[0].tensor, media::OutputKind::kLogits, 1))[0].index == Guesses(name, kOwn)[0].index;
  }
  EXPECT_DOUBLE_EQ(*AccuracyIndex(Run()->table).Find(32, 32, "int2", 1)->agreement, same / 12.0);
}

TEST_F(AccuracyRun, ThreadsDoNotShowInTheResult) {
  Label();
  EXPECT_EQ(Json({.threads = 1}), Json({.threads = 5}));
}

TEST_F(AccuracyRun, AnInterruptionDoesNotShowInTheResult) {
  const std::string whole = Json();
  const AccuracyOptions options{.threads = 2, .journal_path = folder_ / "out.partial"};
  const auto rows = static_cast<int64_t>(plan_.rows());
  int64_t last = 0;
  int starts = 0;
  for (bool finished = false; !finished; ++starts) {
    stop_ = false;
    const int64_t until = last + rows + rows / 2;   // within a picture
    const auto result = Run(options, [&](int64_t done) {
      EXPECT_GE(done, last) << "an earlier start's work is kept";
      last = done;
      if (done >= until) stop_ = true;
    });
    ASSERT_TRUE(result.ok()) << result.status();
    finished = result->finished;
    if (finished) {
      EXPECT_EQ(AccuracyToJson(result->table), whole);
    }
    ASSERT_LT(starts, 100);
  }
  EXPECT_GT(starts, 3) << "12 pictures, about one and a half a start on each thread";
  EXPECT_EQ(last, 12 * rows);
}

TEST_F(AccuracyRun, UnreadablePicturesAreCountedOutAndNamed) {
  folder_.Write("05.ppm", "P6 no picture");
  const AccuracyResult result = *Run({.threads = 3});
  EXPECT_EQ(result.table.n, 11);
  ASSERT_EQ(result.skipped.size(), 1u);
  EXPECT_EQ(result.skipped[0].name, "05.ppm");
  EXPECT_EQ(result.pictures_done, 11);
}

TEST_F(AccuracyRun, NoReadablePictureIsAnError) {
  for (int i = 0; i < 12; ++i) folder_.Write(Concat(i < 10 ? "0" : "", i, ".ppm"), "x");
  const auto result = Run();
  EXPECT_THAT(std::string(result.status().message()), HasSubstr("none of its 12 pictures can be read; the first: 00.ppm: "));
}

}   // namespace
}   // namespace partway::profile
