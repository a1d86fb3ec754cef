#include "report/replay_rows.h"

#include <cmath>
#include <functional>
#include <limits>

#include "gmock/gmock.h"
#include "report/record_rows.h"

namespace partway::report {
namespace {

using Json = nlohmann::ordered_json;

ReplayInfo Sample() {
  ReplayInfo info;
  info.policy = "fixed";
  info.numbers = {{"cut", 3}};
  info.texts = {{"codec", "int8-ec"}};
  info.policy_slot_s = 0.9;
  info.deadline_s = 0.1;
  info.fps = 29.97;
  info.reply_timeout_s = 5;
  info.drop_oldest = true;
  info.encode_slots = 1;
  info.connected = false;
  info.request_bytes = 331;
  info.options = {{0, 224, "jpeg:90", 0.0123456789, 0.0123456789, 20'123.7, 0.03, 4096, 0.71},
                  {9, 224, "", 0.2, 0, 0, 0, 0, std::numeric_limits<double>::quiet_NaN()}};
  info.link = ReplayLink{1.25, {0.01, 0.1, {1e6, 0, 2.5e6}}, {0.02, 1, {0}}};
  return info;
}

TEST(ReplayRows, ComeBackAsTheyWere) {
  const ReplayInfo info = Sample();
  const absl::StatusOr<ReplayInfo> back = ReplayFromJson(Json::parse(ToJson(info).dump()));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->policy, info.policy);
  EXPECT_EQ(back->numbers, info.numbers);
  EXPECT_EQ(back->texts, info.texts);
  EXPECT_EQ(back->policy_slot_s, info.policy_slot_s);
  EXPECT_EQ(back->deadline_s, info.deadline_s);
  EXPECT_EQ(back->fps, info.fps);
  EXPECT_EQ(back->reply_timeout_s, info.reply_timeout_s);
  EXPECT_TRUE(back->drop_oldest);
  EXPECT_EQ(back->encode_slots, 1);
  EXPECT_FALSE(back->connected);
  EXPECT_EQ(back->request_bytes, info.request_bytes);
  ASSERT_EQ(back->options.size(), 2u);
  EXPECT_EQ(back->options[0].codec, "jpeg:90");
  EXPECT_EQ(back->options[0].device_s, info.options[0].device_s) << "to the last bit";
  EXPECT_EQ(back->options[0].upload_bytes, info.options[0].upload_bytes);
  EXPECT_EQ(back->options[1].codec, "");
  EXPECT_TRUE(std::isnan(back->options[1].accuracy)) << "null is not known, and no 0";
  ASSERT_TRUE(back->link);
  EXPECT_EQ(back->link->at_s, 1.25);
  EXPECT_EQ(back->link->up.rates_bps, info.link->up.rates_bps);
  EXPECT_EQ(back->link->down.delay_s, 0.02);
}

TEST(ReplayRows, AreAPartOfTheHeader) {
  RunHeader header;
  header.model_name = "net";
  header.replay = Sample();
  const absl::StatusOr<RunHeader> back = HeaderFromJson(Json::parse(ToJson(header).dump()));
  ASSERT_TRUE(back.ok()) << back.status();
  ASSERT_TRUE(back->replay);
  EXPECT_EQ(back->replay->options.size(), 2u);
  header.replay.reset();
  EXPECT_FALSE(HeaderFromJson(ToJson(header))->replay) << "older records have none";
}

TEST(ReplayRows, WhatCannotBeIsRefusedByItsKey) {
  const auto refused = [](const std::function<void(Json&)>& change) {
    Json json = ToJson(Sample());
    change(json);
    const absl::StatusOr<ReplayInfo> read = ReplayFromJson(json);
    return read.ok() ? std::string("taken") : std::string(read.status().message());
  };
  using testing::HasSubstr;
  EXPECT_THAT(refused([](Json& j) { j["policy_slot_s"] = 0; }), HasSubstr("replay.policy_slot_s"));
  EXPECT_THAT(refused([](Json& j) { j["deadline_s"] = -1; }), HasSubstr("deadline_s"));
  EXPECT_THAT(refused([](Json& j) { j["fps"] = 0; }), HasSubstr("fps"));
  EXPECT_THAT(refused([](Json& j) { j["request_bytes"] = -1; }), HasSubstr("request_bytes"));
  EXPECT_THAT(refused([](Json& j) { j["options"][0]["device_s"] = -0.1; }), HasSubstr("device_s"));
  EXPECT_THAT(refused([](Json& j) { j["options"][0]["accuracy"] = 1.5; }), HasSubstr("accuracy"));
  EXPECT_THAT(refused([](Json& j) { j["options"][0]["size"] = 0; }), HasSubstr("size"));
  EXPECT_THAT(refused([](Json& j) { j["options"][1]["cut"] = -1; }), HasSubstr("cut"));
  EXPECT_THAT(refused([](Json& j) { j["options"] = Json::array_t(ReplayInfo::kMostOptions + 1, j["options"][0]); }),
              HasSubstr("at most 4096"));
  EXPECT_THAT(refused([](Json& j) { j["link"]["up"]["rates_bps"] = Json::array(); }), HasSubstr("link.up.rates_bps"));
  EXPECT_THAT(refused([](Json& j) { j["link"]["up"]["rates_bps"] = {0, 0}; }), HasSubstr("above 0"));
  EXPECT_THAT(refused([](Json& j) { j["link"]["up"]["step_s"] = 0; }), HasSubstr("step_s"));
  EXPECT_THAT(refused([](Json& j) { j["link"].erase("down"); }), HasSubstr("link.down"));
  EXPECT_THAT(refused([](Json& j) { j["parameters"]["cut"] = nullptr; }), HasSubstr("parameters.cut"));
}

}   // namespace
}   // namespace partway::report
