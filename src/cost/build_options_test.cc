#include "cost/build_options.h"

#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace partway::cost {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Three groups of 10, 20 and 30 ms at 96, four times that at 192; 1, 2, 3 MB of weights; 1000, 600, 200 bytes cross the cuts.
profile::Profile MakeProfile(double speed = 1) {
  profile::Profile p;
  p.model = "net";
  p.model_sha256 = "aa";
  p.grouping = "0123";
  p.positions = {0, 1, 2, 3};
  p.group_names = {"a", "b", "c"};
  p.group_param_bytes = {1'000'000, 2'000'000, 3'000'000};
  for (const int edge : {96, 192}) {
    profile::SizeProfile at;
    at.height = at.width = edge;
    const int64_t scale = edge == 96 ? 1 : 4;
    for (const double ms : {10.0, 20.0, 30.0})
      at.groups.push_back({.median_s = 1e-3 * ms * static_cast<double>(scale) / speed, .n = 5});
    at.group_macs = {100 * scale, 200 * scale, 300 * scale};
    at.cut_bytes = {1000 * scale, 600 * scale, 200 * scale, 0};
    at.output_bytes_of_tail = {40, 40, 40, 0};
    p.sizes.push_back(at);
  }
  p.codecs = {
      {.codec = "int8", .encode_fixed_s = 1e-3, .encode_s_per_byte = 1e-6, .decode_fixed_s = 2e-3, .decode_s_per_byte = 3e-6}};
  return p;
}

struct Fixture {
  profile::Profile device = MakeProfile(), edge = MakeProfile(10);
  profile::AccuracyTable accuracy;
  OptionInputs inputs;
  Fixture() {
    inputs.device = &device;
    inputs.edge = &edge;
    inputs.sizes = {{96, 96}, {192, 192}};
    inputs.codecs = {{.name = "raw", .lossless = true, .bytes = {1000, 600, 200, 4000, 2400, 800}},
                     {.name = "int8", .bytes = {260, 160, 60, 1010, 610, 210}},
                     {.name = "jpeg:75", .bytes = {300, kNotKnown, kNotKnown, 900, kNotKnown, kNotKnown}}};
    accuracy.model_sha256 = "aa";
    accuracy.labelled = true;
    for (const auto& [edge_px, top1] : {std::pair{96, 0.5}, std::pair{192, 0.7}}) {
      accuracy.rows.push_back({.height = edge_px, .width = edge_px, .n = 100, .top1 = top1});
      accuracy.rows.push_back({.height = edge_px, .width = edge_px, .codec = "int8", .cut = 1, .n = 100, .top1 = top1 - 0.01});
    }
    accuracy.grouping = "0123";
    inputs.accuracy = &accuracy;
  }
  size_t Row(const OptionTable& table, const OptionKey& key) const {
    return static_cast<size_t>(std::find(table.keys.begin(), table.keys.end(), key) - table.keys.begin());
  }
};

TEST(BuildOptions, FillsEveryColumnByItsEquation) {
  Fixture f;
  const absl::StatusOr<OptionSet> set = BuildOptions(f.inputs);
  ASSERT_TRUE(set.ok()) << set.status();
  const OptionTable& t = set->table;
  // Per size: raw and int8 at three cuts, jpeg at one, and all local.
  ASSERT_EQ(t.size(), 2u * (3 * 2 + 1 + 1));
  EXPECT_EQ(t.keys.front(), (OptionKey{0, 0, 0}));
  EXPECT_EQ(t.keys.back(), (OptionKey{3, 1, kNoCodec}));
  EXPECT_EQ(OptionText(t, t.size() - 1), "all on the device at 192");

  const size_t int8_at_1 = f.Row(t, {1, 1, 1});   // cut 1, 192, int8
  EXPECT_EQ(OptionText(t, int8_at_1), "cut 1 at 192 as int8");
  EXPECT_DOUBLE_EQ(t.encode_s[int8_at_1], 1e-3 + 1e-6 * 2400);
  EXPECT_DOUBLE_EQ(t.coefficient[kDevice][int8_at_1], 0.040 + 1e-3 + 1e-6 * 2400);
  EXPECT_DOUBLE_EQ(t.coefficient[kUplink][int8_at_1], 8 * 610);
  EXPECT_DOUBLE_EQ(t.coefficient[kRoundTrip][int8_at_1], 1);
  EXPECT_DOUBLE_EQ(t.coefficient[kEdge][int8_at_1], (0.080 + 0.120) / 10 + 2e-3 + 3e-6 * 2400);
  EXPECT_DOUBLE_EQ(t.coefficient[kDownlink][int8_at_1], 8 * 40);
  EXPECT_DOUBLE_EQ(t.accuracy[int8_at_1], 0.69);
  EXPECT_DOUBLE_EQ(t.device_memory_bytes[int8_at_1], 1e6 + 4000 + 2400);
  // On the edge: groups b (2400 in, 800 out) and c (800 in, 40 out).
  EXPECT_DOUBLE_EQ(t.edge_memory_bytes[int8_at_1], 5e6 + 2400 + 800);

  const size_t local = f.Row(t, {3, 0, kNoCodec});
  EXPECT_DOUBLE_EQ(t.coefficient[kDevice][local], 0.060);
  EXPECT_EQ(t.coefficient[kUplink][local] + t.coefficient[kRoundTrip][local] + t.coefficient[kEdge][local] +
                t.coefficient[kDownlink][local],
            0);
  EXPECT_DOUBLE_EQ(t.accuracy[local], 0.5);
  EXPECT_DOUBLE_EQ(t.device_memory_bytes[local], 6e6 + 1600);
  EXPECT_DOUBLE_EQ(t.edge_memory_bytes[local], 0);
  EXPECT_DOUBLE_EQ(t.reconstruction_ssim[local], 0);
  EXPECT_TRUE(std::isnan(t.reconstruction_ssim[int8_at_1]));

  const size_t raw_at_2 = f.Row(t, {2, 0, 0});
  EXPECT_DOUBLE_EQ(t.accuracy[raw_at_2], 0.5) << "an uncut raw row answers for every cut";
  EXPECT_TRUE(std::isnan(t.accuracy[f.Row(t, {2, 0, 1})])) << "int8 was not measured at cut 2";
  EXPECT_THAT(set->notes, ElementsAre(HasSubstr("no row for 6 of 16 options"), HasSubstr("counts as 0 s: jpeg:75, raw")));
}

TEST(BuildOptions, PrivacyComesByCutSizeAndCodec) {
  Fixture f;
  f.inputs.privacy = {
      {.height = 96, .width = 96, .cut = 1, .distance_correlation = 0.8, .reconstruction_ssim = 0.4},
      {.height = 96, .width = 96, .cut = 1, .codec = "int8", .distance_correlation = 0.7, .reconstruction_ssim = 0.3}};
  const OptionTable t = BuildOptions(f.inputs)->table;
  EXPECT_DOUBLE_EQ(t.reconstruction_ssim[f.Row(t, {1, 0, 0})], 0.4);
  EXPECT_DOUBLE_EQ(t.reconstruction_ssim[f.Row(t, {1, 0, 1})], 0.3);
  EXPECT_TRUE(std::isnan(t.distance_correlation[f.Row(t, {1, 1, 0})]));
}

TEST(BuildOptions, AgreementStandsInForLabels) {
  Fixture f;
  f.accuracy.labelled = false;
  for (auto& row : f.accuracy.rows) {
    row.top1.reset();
    row.agreement = 0.9;
  }
  const absl::StatusOr<OptionSet> set = BuildOptions(f.inputs);
  EXPECT_DOUBLE_EQ(set->table.accuracy.back(), 0.9);
  EXPECT_THAT(set->notes, testing::Contains(HasSubstr("agreement with the whole model")));
}

TEST(BuildOptions, RefusesWhatDoesNotGoTogetherInOneLine) {
  const auto message = [](auto change) {
    Fixture f;
    change(f);
    const auto set = BuildOptions(f.inputs);
    EXPECT_FALSE(set.ok());
    std::string text(set.status().message());
    EXPECT_EQ(text.find('\n'), std::string::npos);
    return text;
  };
  EXPECT_THAT(message([](Fixture& f) { f.edge.model_sha256 = "bb"; }), HasSubstr("edge's profile"));
  EXPECT_THAT(message([](Fixture& f) { f.edge.grouping = "9999"; }), HasSubstr("grouping"));
  EXPECT_THAT(message([](Fixture& f) { f.accuracy.model_sha256 = "bb"; }), HasSubstr("the accuracy table is of"));
  EXPECT_THAT(message([](Fixture& f) { f.accuracy.grouping = "9999"; }), HasSubstr("another grouping"));
  EXPECT_THAT(message([](Fixture& f) { f.accuracy.rows[0].top1 = 1.5; }), HasSubstr("1.5 at 96"));
  EXPECT_THAT(message([](Fixture& f) { f.inputs.sizes[0] = {100, 100}; }), HasSubstr("no size 100"));
  EXPECT_THAT(message([](Fixture& f) { f.edge.sizes.pop_back(); }), HasSubstr("it has 96"));
  EXPECT_THAT(message([](Fixture& f) { f.inputs.device_threads = 7; }), HasSubstr("7 threads"));
  EXPECT_THAT(message([](Fixture& f) { f.device.sizes[0].groups[1].median_s = -1; }), HasSubstr("group 1 takes -1 s"));
  EXPECT_THAT(message([](Fixture& f) { f.device.sizes[0].groups[1].median_s = NAN; }), HasSubstr("nan"));
  EXPECT_THAT(message([](Fixture& f) { f.device.sizes[0].groups.pop_back(); }), HasSubstr("one time for each group"));
  EXPECT_THAT(message([](Fixture& f) { f.device.sizes[0].cut_bytes[1] = -5; }), HasSubstr("-5 bytes"));
  EXPECT_THAT(message([](Fixture& f) { f.edge.sizes[0].cut_bytes[1] = 599; }), HasSubstr("disagree"));
  EXPECT_THAT(message([](Fixture& f) { f.inputs.codecs[0].bytes.pop_back(); }), HasSubstr("codec raw"));
  EXPECT_THAT(message([](Fixture& f) { f.inputs.codecs[0].bytes[0] = -1; }), HasSubstr("-1 bytes"));
  EXPECT_THAT(message([](Fixture& f) { f.inputs.sizes.clear(); }), HasSubstr("no size"));
  EXPECT_THAT(message([](Fixture& f) { f.device.group_names.clear(); }), HasSubstr("groups"));
}

TEST(BuildOptions, FindsTheThreadsAndSizesOfAProfile) {
  profile::Profile p = MakeProfile();
  profile::SizeProfile two = p.sizes[1];
  two.threads = 2;
  for (auto& group : two.groups) group.median_s /= 1.7;
  p.sizes.push_back(two);
  EXPECT_EQ(FastestThreads(p), 2);
  EXPECT_THAT(SizesOf(p, 1), ElementsAre(InputSize{96, 96}, InputSize{192, 192}));
  EXPECT_THAT(SizesOf(p, 2), ElementsAre(InputSize{192, 192}));
  EXPECT_EQ(FastestThreads({}), 0);
}

}   // namespace
}   // namespace partway::cost
