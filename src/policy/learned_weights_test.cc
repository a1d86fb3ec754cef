#include "policy/learned_weights.h"

#include <functional>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "policy/registry.h"
#include "policy/test_problems.h"

namespace partway::policy {
namespace {

using testing::HasSubstr;
using Json = nlohmann::ordered_json;

std::string Good() {
  LearnedWeights weights = NewWeights(3, 7);
  weights.origin = {"a \"name\"\n", 7, 20, 5760, 0.84375};
  return LearnedWeightsText(weights);
}

TEST(LearnedWeightsTest, WhatIsWrittenIsRead) {
  const absl::StatusOr<LearnedWeights> read = ParseLearnedWeights(Good(), "w.json");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(LearnedWeightsText(*read), Good());
  EXPECT_EQ(read->Flat(), NewWeights(3, 7).Flat());
  EXPECT_EQ(read->origin.scenario, "a \"name\"\n");
  EXPECT_EQ(read->origin.runs, 5760);
  // 18 inputs, two layers of 3, 2 outputs.
  EXPECT_EQ(read->Flat().size(), 18u * 3 + 3 + 3 * 3 + 3 + 3 * 2 + 2);
}

TEST(LearnedWeightsTest, WhatCannotBeIsRefusedInOneLine) {
  const auto changed = [](const std::function<void(Json*)>& change) {
    Json json = Json::parse(Good());
    change(&json);
    return json.dump();
  };
  const struct {
    std::string text, names;
  } cases[] = {
      {"", "w.json: not JSON"},
      {"[]", "w.json: expected an object"},
      {Good().substr(0, Good().size() / 2), "w.json: not JSON, or cut off"},
      {std::string(LearnedWeights::kMostBytes + 1, ' '), "bytes; weights have at most"},
      {changed([](Json* j) { j->erase("learned"); }), "'learned' is missing"},
      {changed([](Json* j) { (*j)["learned"] = 2; }), "'learned' is 2; expected weights of version 1"},
      {changed([](Json* j) { (*j)["inputs"][0] = "weather"; }), "'inputs' are not those of this version"},
      {changed([](Json* j) { (*j)["inputs"].erase(0); }), "'inputs' are not those of this version"},
      {changed([](Json* j) { j->erase("outputs"); }), "'outputs' are not"},
      {changed([](Json* j) { (*j)["centre"].erase(0); }), "w.json.centre: 17 numbers; expected 18"},
      {changed([](Json* j) { (*j)["scale"][4] = 0; }), "w.json.scale: 0"},
      {changed([](Json* j) { (*j)["layers"].erase(0); }), "2 layers; expected 3"},
      {changed([](Json* j) { (*j)["layers"][0]["weights"][1].erase(0); }), "layers[0].weights[1]: 17 numbers; expected 18"},
      {changed([](Json* j) { (*j)["layers"][1]["weights"][1] = 3; }), "layers[1].weights[1]: no list; expected 3"},
      {changed([](Json* j) { (*j)["layers"][1]["biases"].push_back(0); }), "layers[1].biases: 4 numbers; expected 3"},
      {changed([](Json* j) { (*j)["layers"][2]["weights"].erase(0); }), "layers[2].weights: 1 rows; expected 2"},
      {changed([](Json* j) { (*j)["layers"][0]["weights"] = Json::array(); }), "layers[0].weights: 0 rows; expected 1 to 64"},
      {changed([](Json* j) { (*j)["layers"][0]["weights"] = Json(std::vector<int>(65)); }), "65 rows; expected 1 to 64"},
      {changed([](Json* j) { (*j)["layers"][0]["weights"][0][0] = nullptr; }), "weights[0]: null; expected numbers"},
      {changed([](Json* j) { (*j)["layers"][0]["weights"][0][0] = 2e6; }), "weights[0]: 2000000.0; expected numbers"},
      {changed([](Json* j) { (*j)["layers"][0] = 1; }), "layers[0]: expected an object"},
      {changed([](Json* j) { (*j)["trained"]["seed"] = -1; }), "w.json.trained.seed"},
      {changed([](Json* j) { (*j)["trained"] = 1; }), "w.json.trained: expected an object"},
  };
  for (const auto& one : cases) {
    const absl::Status status = ParseLearnedWeights(one.text, "w.json").status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << one.names;
    const std::string message(status.message());
    EXPECT_THAT(message, HasSubstr(one.names));
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }
  std::string number = Good();
  number.replace(number.find("0.84375"), 7, "1e9999");
  EXPECT_FALSE(ParseLearnedWeights(number, "w.json").ok());
}

TEST(LearnedWeightsTest, ThePolicyTakesThemAsAFilesContent) {
  const cost::OptionTable table = PaperLikeTable();
  const Problem problem = PaperLikeProblem(table);
  EXPECT_TRUE(MakePolicy("learned", problem, {{}, {{"weights", "w.json"}}, {{"weights", Good()}}}, 1).ok());
  EXPECT_THAT(
      std::string(MakePolicy("learned", problem, {{}, {{"weights", "w.json"}}, {{"weights", "{}"}}}, 1).status().message()),
      HasSubstr("w.json: 'learned' is missing"));
  EXPECT_THAT(std::string(MakePolicy("learned", problem, {{}, {{"weights", "w.json"}}, {}}, 1).status().message()),
              HasSubstr("'w.json' of parameter 'weights' of policy 'learned' was not read"));
}

}   // namespace
}   // namespace partway::policy
