// `accuracy` and `privacy` as a user's script meets them.
#include <csignal>
#include <filesystem>

#include "tests/cli/fixtures.h"

namespace partway::cli {
namespace {

using testing::HasSubstr;

std::vector<std::string> With(std::vector<std::string> words, const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

class AccuracyVerb : public testing::Test {
 protected:
  AccuracyVerb() {
    CopyPhotos(folder_ / "photos", 10);
    WriteSmallNet(folder_ / "net.onnx", 0);
  }
  std::vector<std::string> OnShipped(const std::vector<std::string>& more) const {
    return With({"accuracy", "efficientnet_lite0", "--images", folder_ / "photos", "--sizes", "96"}, more);
  }
  // Ten classes, without the labels of a thousand.
  std::vector<std::string> OnSmall(const std::string& verb, const std::vector<std::string>& more) const {
    return With({verb, folder_ / "net.onnx", "--groups", "all", "--images", Unlabelled()}, more);
  }
  std::string Unlabelled() const {
    std::string folder = folder_ / "unlabelled";
    if (!std::filesystem::exists(folder)) {
      CopyPhotos(folder, 12);
      std::filesystem::remove(folder + "/labels.csv");
    }
    return folder;
  }
  TempFolder folder_;
};

TEST_F(AccuracyVerb, SaysWhatItAssumesOfAModelWithoutAToml) {
  std::filesystem::remove(folder_ / "net.toml");
  const std::string line =
      "partway: no .toml beside " + (folder_ / "net.onnx") + ": pictures are normalised with ImageNet's mean and std";
  for (const char* verb : {"accuracy", "privacy"}) {
    const std::vector<std::string> words =
        OnSmall(verb, {verb == std::string("accuracy") ? "--sizes" : "--size", "32", "--cuts", "1"});
    const Ended told = Partway(words);
    EXPECT_EQ(told.code, 0) << told.err;
    EXPECT_THAT(told.err, HasSubstr(line));
    EXPECT_EQ(Partway(With(words, {"--quiet"})).err, "");
  }
}

TEST_F(AccuracyVerb, MeasuresSizesCodecsAndCutsOfTheShippedModel) {
  const std::string file = folder_ / "a.json";
  const Json json = ExpectJson(Partway({"accuracy", "efficientnet_lite0", "--images", folder_ / "photos", "--sizes", "96,128",
                                        "--codecs", "int8,int8-ec,jpeg:75", "--cuts", "0,4", "-o", file, "--json"}));
  EXPECT_EQ(json["n"], 10);
  EXPECT_EQ(json["labelled"], true);
  ASSERT_EQ(json["table"].size(), 8u);   // uncut, jpeg:75 at 0, int8 and int8-ec at 4, at two sizes
  for (const Json& row : json["table"]) {
    EXPECT_EQ(row["n"], 10);
    EXPECT_GE(row["top5"].get<double>(), row["top1"].get<double>());
    EXPECT_EQ(row["bytes"].is_null(), row["cut"].is_null());
  }
  // The real weights see most of the photos right at 128.
  EXPECT_GT(json["table"][4]["top1"].get<double>(), 0.5);
  EXPECT_EQ(json["fit"]["pixels"], Json({96 * 96, 128 * 128}));
  EXPECT_FALSE(json["smallest"].empty());
  const Json written = Json::parse(ReadText(file));
  EXPECT_EQ(written["table"], json["table"]);
  EXPECT_FALSE(std::filesystem::exists(file + ".partial"));
}

// A table of its own model is used as far as it goes: what it does not know is said and never passes a constraint.
TEST_F(AccuracyVerb, APlanTakesATableWithHolesAndNoneOfAnotherModel) {
  const std::string table = folder_ / "t.json";
  ASSERT_EQ(Partway(OnSmall("accuracy", {"--codecs", "int8", "-o", table})).code, 0);
  const auto plan = [&](const std::string& model, const std::vector<std::string>& more) {
    return Partway(With({"plan", folder_ / model, "--groups", "all", "--accuracy", table, "--device", "10MFLOPS", "--edge",
                         "1GFLOPS", "--uplink", "10Mbps", "--codecs", "int8,int4"},
                        more));
  };
  const Json json = ExpectJson(plan("net.onnx", {"--json"}));
  // 9 cuts x 2 codecs + 1 options; int8 was measured where it encodes maps, at cuts 1 to 8, and raw stands for all on the device.
  ASSERT_EQ(json["options"].size(), 19u);
  for (const Json& option : json["options"]) {
    const bool measured = option["codec"].is_null() || (option["codec"] == "int8" && option["cut"] > 0);
    EXPECT_EQ(option["accuracy"].is_null(), !measured) << option;
  }
  EXPECT_THAT(json["notes"].dump(), HasSubstr("no row for 10 of 19 options"));
  const Json constrained = ExpectJson(plan("net.onnx", {"--min-accuracy", "0.01", "--json"}));
  EXPECT_NE(constrained["best"]["codec"], "int4");
  WriteSmallNet(folder_ / "other.onnx", 0, 7);
  ExpectOneLine(plan("other.onnx", {}), 1, "the accuracy table is of");
}

TEST_F(AccuracyVerb, StoppedItGoesOnWhereItWas) {
  const std::vector<std::string> words = OnShipped({"--codecs", "int8,int4,int4-ch,fp16", "--threads", "1"});
  const std::string stopped = folder_ / "stopped.json", straight = folder_ / "straight.json";
  {
    Process process(With(words, {"-o", stopped}));
    ASSERT_TRUE(WaitForFile(stopped + ".partial", [](const auto& lines) { return lines.size() > 3; }));
    process.Signal(SIGINT);
    ExpectOneLine(process.Wait(), 1, "stopped.json.partial");
  }
  EXPECT_FALSE(std::filesystem::exists(stopped));
  const std::string half = ReadText(stopped + ".partial");
  ExpectOneLine(Partway(With(OnShipped({"--codecs", "int8"}), {"-o", stopped})), 1, "another choice of codecs");
  EXPECT_EQ(ReadText(stopped + ".partial"), half) << "what was recorded is kept";
  EXPECT_EQ(Partway(With(words, {"-o", stopped})).code, 0);
  EXPECT_EQ(Partway(With(words, {"-o", straight, "--threads", "2"})).code, 2) << "--threads twice";
  EXPECT_EQ(Partway(With(OnShipped({"--codecs", "int8,int4,int4-ch,fp16", "--threads", "2"}), {"-o", straight})).code, 0);
  EXPECT_EQ(ReadText(stopped), ReadText(straight));
  EXPECT_FALSE(std::filesystem::exists(stopped + ".partial"));
}

TEST_F(AccuracyVerb, WithoutLabelsAgreementStandsForAccuracy) {
  const Json json = ExpectJson(Partway(OnSmall("accuracy", {"--sizes", "24,32", "--codecs", "int3", "--cuts", "all", "--json"})));
  EXPECT_EQ(json["labelled"], false);
  for (const Json& row : json["table"]) {
    EXPECT_TRUE(row["top1"].is_null());
    if (row["size"] == 32 && row["cut"].is_null()) {
      EXPECT_EQ(row["agreement"], 1.0);
    }
  }
  const Ended text = Partway(OnSmall("accuracy", {"--sizes", "32"}));
  EXPECT_EQ(text.code, 0);
  EXPECT_THAT(text.out, HasSubstr("agreement"));
}

TEST_F(AccuracyVerb, UnreadableAndMissingPicturesAreNamedAndCountedOut) {
  const std::string labels = ReadText(folder_ / "photos/labels.csv");
  WriteText(folder_ / "photos/labels.csv", labels + "gone.jpg,3\n");
  const std::string first = labels.substr(labels.find('\n') + 1);
  WriteText(folder_ / ("photos/" + first.substr(0, first.find(','))), "no picture");
  const Ended ended = Partway(OnShipped({"--json"}));
  const Json json = ExpectJson(ended);
  EXPECT_EQ(json["n"], 9);
  ASSERT_EQ(json["skipped"].size(), 2u);
  EXPECT_EQ(json["skipped"][0]["picture"], "gone.jpg");
  EXPECT_THAT(ended.err, HasSubstr("gone.jpg"));
  EXPECT_THAT(ended.err, HasSubstr("2 pictures skipped"));
}

TEST_F(AccuracyVerb, BadInputIsOneLine) {
  std::filesystem::create_directories(folder_ / "empty");
  ExpectOneLine(Partway({"accuracy", "efficientnet_lite0", "--images", folder_ / "empty"}), 1, "holds no picture");
  ExpectOneLine(Partway({"accuracy", "efficientnet_lite0", "--images", folder_ / "gone"}), 1, "gone");
  WriteText(folder_ / "photos/labels.csv",
            ReadText(folder_ / "photos/labels.csv").substr(0, 16) + "\n" + "000b7d55b6184b08.jpg,1000\n");
  ExpectOneLine(Partway(OnShipped({})), 1, "000b7d55b6184b08.jpg has class index 1000; the model gives 1000 classes");
  WriteText(folder_ / "l.csv", "other.jpg,1\n");
  ExpectOneLine(Partway(OnShipped({"--labels", folder_ / "l.csv"})), 1, "names none of the 10 pictures");
  WriteText(folder_ / "l.csv", "other.jpg\n");
  ExpectOneLine(Partway(OnShipped({"--labels", folder_ / "l.csv"})), 1, "l.csv:1: expected file,label_index");
  ExpectOneLine(Partway(OnShipped({"--codecs", "int9"})), 2, "codec 'int9' is not known");
  ExpectOneLine(Partway(OnShipped({"--cuts", "99"})), 2, "cut 99 does not exist");
  ExpectOneLine(Partway({"accuracy", "efficientnet_lite0", "--images", Photos(), "--sizes", "96,x"}), 2, "--sizes");
  WriteSmallNet(folder_ / "fixed.onnx", 32);
  ExpectOneLine(Partway({"accuracy", folder_ / "fixed.onnx", "--images", Unlabelled(), "--sizes", "48"}), 2, "fixed at 32x32");
  ExpectOneLine(Partway(OnSmall("accuracy", {"--sizes", "32", "--within", "-1"})), 2, "--within");
}

TEST_F(AccuracyVerb, SaysWhatItDoesNotMeasure) {
  const Ended ended = Partway(OnSmall("accuracy", {"--sizes", "32", "--codecs", "int8,jpeg:75", "--cuts", "1"}));
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.out, HasSubstr("not measured: codec jpeg:75: only for cut 0"));
}

TEST_F(AccuracyVerb, PrivacyOfEachCut) {
  const std::string file = folder_ / "p.json";
  const Json json = ExpectJson(Partway(OnSmall("privacy", {"--codec", "int8", "-o", file, "--json"})));
  EXPECT_EQ(json["n"], 12);
  EXPECT_EQ(json["table"][0]["cut"], 0);
  EXPECT_EQ(json["table"][0]["codec"], "raw");
  EXPECT_EQ(json["table"][1]["codec"], "int8");
  for (const Json& row : json["table"]) {
    EXPECT_GE(row["distance_correlation"].get<double>(), 0);
    EXPECT_LE(row["distance_correlation"].get<double>(), 1);
  }
  EXPECT_GT(json["table"][0]["distance_correlation"].get<double>(), 0.9) << "the picture itself";
  EXPECT_EQ(Json::parse(ReadText(file)), json);
  EXPECT_EQ(ExpectJson(Partway(OnSmall("privacy", {"--codec", "int8", "--threads", "1", "--json"}))), json)
      << "the same whatever the threads";
  EXPECT_NE(ExpectJson(Partway(OnSmall("privacy", {"--codec", "int8", "--seed", "2", "--json"})))["table"], json["table"]);
  const Ended text = Partway(OnSmall("privacy", {"--cuts", "0,1"}));
  EXPECT_EQ(text.code, 0);
  EXPECT_THAT(text.out, HasSubstr("the mean picture"));
}

TEST_F(AccuracyVerb, PrivacyRefusesInOneLine) {
  ExpectOneLine(Partway(OnSmall("privacy", {"--limit", "9"})), 1, "at least 10 are needed");
  ExpectOneLine(Partway(OnSmall("privacy", {"--codec", "jpeg:75", "--cuts", "1"})), 2, "cut 0 alone");
  ExpectOneLine(Partway(OnSmall("privacy", {"--codec", "jpg"})), 2, "codec 'jpg' is not known");
  ExpectOneLine(Partway(OnSmall("privacy", {"--size", "0"})), 2, "--size");
  const Json groups = ExpectJson(Partway({"inspect", folder_ / "net.onnx", "--groups", "all", "--json"}))["groups"];
  ExpectOneLine(Partway(OnSmall("privacy", {"--cuts", std::to_string(groups.size())})), 2, "sends nothing");
}

}   // namespace
}   // namespace partway::cli
