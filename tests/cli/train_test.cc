// `train` as scripts meet it: weights that are the same for the same seed, that `simulate` takes, and training sections that cannot stand.
#include "tests/cli/fixtures.h"

namespace partway::cli {
namespace {

using testing::HasSubstr;
using testing::IsSupersetOf;

// As the toy of src/sim/train_test.cc: "good" fits 4 of 20 frames at accuracy 0.8, "fast" all of them at 0.5; half of each has 0.65.
constexpr char kScenario[] = R"(name = "toy"
slots = 100
seed = 5
[frames]
per_slot = 20
[device]
speed = "1kHz"
[edge]
speed = "1kHz"
[link]
bits_per_slot = 10000
[model]
sizes = [128, 256]
accuracy = [0.5, 0.8]
head_cycles = [[0, 50], [20, 250]]
tail_cycles = [[50, 0], [10, 0]]
upload_bits = [[100000, 0], [2500, 0]]
[constraints]
latency = "400ms"
accuracy = 0.65
[train]
slots = 50
accuracy = [0.6, 0.7]
links = ["scenario", "markov"]
)";

class Train : public ScenarioTest {
 protected:
  Train() : ScenarioTest(kScenario) {}
};

TEST_F(Train, TheSameSeedGivesTheSameFileOnAnyNumberOfThreads) {
  const std::string path = Write(kScenario);
  const auto train = [&](const char* name, std::vector<std::string> more) {
    more.insert(more.begin(), {"train", path, "-o", folder_ / name, "--steps", "3", "--json"});
    return ExpectJson(Partway(more));
  };
  const Json one = train("a.json", {"--threads", "1"});
  train("b.json", {"--threads", "3"});
  train("c.json", {"--seed", "6"});
  EXPECT_EQ(ReadText(folder_ / "a.json"), ReadText(folder_ / "b.json"));
  EXPECT_NE(ReadText(folder_ / "a.json"), ReadText(folder_ / "c.json"));
  EXPECT_THAT(FilesIn(folder_.path()), testing::UnorderedElementsAre("s.toml", "a.json", "b.json", "c.json"));
  EXPECT_THAT(Keys(one), IsSupersetOf({"scenario", "written", "seed", "steps", "runs", "slots", "interrupted", "seconds",
                                       "points", "exam"}));
  EXPECT_EQ(one["scenario"], "toy");
  EXPECT_EQ(one["seed"], 5);
  EXPECT_EQ(one["steps"], 3);
  EXPECT_EQ(one["slots"], 50);
  EXPECT_EQ(one["exam"][0]["policy"], "learned");
  EXPECT_EQ(one["exam"][0]["runs"], 100);
  const Json weights = Json::parse(ReadText(folder_ / "a.json"));
  EXPECT_EQ(weights["trained"]["steps"], 3);
  EXPECT_EQ(weights["layers"][0]["weights"].size(), 16u);
  // A table for people, of the same numbers.
  const Ended text = Partway({"train", path, "-o", folder_ / "d.json", "--steps", "3"});
  EXPECT_EQ(text.code, 0);
  EXPECT_THAT(text.out, testing::AllOf(HasSubstr("trained on toy: 3 steps"), HasSubstr("adaptive-single"), HasSubstr("d.json")));
}

TEST_F(Train, SimulateTakesTheWeightsBesideTheScenario) {
  const std::string path = Write(kScenario);
  ASSERT_EQ(Partway({"train", path, "-o", folder_ / "w.json", "--steps", "0", "--width", "2"}).code, 0);
  const Json shipped = ExpectJson(Partway({"simulate", path, "--policy", "learned", "--json"}));
  const std::string with = Write(std::string(kScenario) + "[[policy]]\nname = \"learned\"\nweights = \"w.json\"\n");
  const Json own = ExpectJson(Partway({"simulate", with, "--json"}));
  // Untrained prices always take the four accurate frames of twenty.
  EXPECT_NEAR(own["policies"][0]["k"].get<double>(), 0.2, 1e-9);
  EXPECT_EQ(own["policies"][0]["parameters"]["weights"], "w.json");
  EXPECT_GT(shipped["policies"][0]["k"].get<double>(), 0.4);
}

// What is accurate is 4 frames by the link, which shows all of the picture, or 3 that stay on the device.
TEST_F(Train, EnergyAndWhatIsGivenAwayAreShownAndSpared) {
  std::string text = kScenario;
  text.replace(text.find("[20, 250]"), 9, "[20, 300]");
  text.insert(text.find("[edge]"), "power = \"raspberry-pi-4\"\n");
  text.insert(text.find("[constraints]"), "distance_correlation = [1, 0]\n");
  text += "[[policy]]\nname = \"learned\"\n[[policy]]\nname = \"learned\"\nprivacy = 0.9\n[[policy]]\nname = \"all-local\"\n";
  const Json policies = ExpectJson(Partway({"simulate", Write(text), "--json"}))["policies"];
  EXPECT_GT(policies[0]["distance_correlation"].get<double>(), 0.01);
  EXPECT_EQ(policies[1]["distance_correlation"], 0);
  EXPECT_EQ(policies[2]["distance_correlation"], 0);
  // 300 ms of a Raspberry Pi 4 that computes, 6.4 W.
  EXPECT_NEAR(policies[2]["energy_j"].get<double>(), 0.3 * 6.4, 1e-9);
  const Json plain = ExpectJson(Partway({"simulate", Write(kScenario), "--policy", "learned", "--json"}))["policies"][0];
  EXPECT_FALSE(plain.contains("energy_j"));
  EXPECT_FALSE(plain.contains("distance_correlation"));
}

TEST_F(Train, WeightsThatCannotBeUsedAreRefusedInOneLine) {
  const std::string with = Write(std::string(kScenario) + "[[policy]]\nname = \"learned\"\nweights = \"w.json\"\n");
  ExpectOneLine(Partway({"simulate", with}), 1, "s.toml:27: 'weights'");
  WriteText(folder_ / "w.json", "{\"learned\": 9}");
  ExpectOneLine(Partway({"simulate", with}), 1, "w.json: 'learned' is 9; expected weights of version 1");
  WriteText(folder_ / "w.json", "{\"learned\": 1,");
  ExpectOneLine(Partway({"simulate", with}), 1, "w.json: not JSON, or cut off");
  WriteText(folder_ / "w.json", std::string((1 << 20) + 1, ' '));
  ExpectOneLine(Partway({"simulate", with}), 1, "w.json");
  const std::string number = Write(std::string(kScenario) + "[[policy]]\nname = \"learned\"\nweights = 3\n");
  ExpectOneLine(Partway({"simulate", number}), 1,
                "s.toml:27: parameter 'weights' of policy 'learned' is a number; expected a text");
  const std::string energy = Write(std::string(kScenario) + "[[policy]]\nname = \"learned\"\nenergy = 1\n");
  ExpectOneLine(Partway({"simulate", energy}), 1, "a weight on energy needs what the device draws");
}

TEST_F(Train, WhatCannotStandIsRefusedByFileLineAndKey) {
  const struct {
    const char *from, *to, *names;
  } cases[] = {
      {"slots = 50", "slotz = 50", "s.toml:22: unknown key 'slotz' in [train]"},
      {"slots = 50", "slots = 0", "s.toml:22: 'slots' in [train]: expected a whole number from 1 to 20000"},
      {"accuracy = [0.6, 0.7]", "accuracy = [0.7, 0.6]", "s.toml:23: 'accuracy' in [train]: expected two numbers"},
      {"accuracy = [0.6, 0.7]", "accuracy = [0.6, nan]", "s.toml:23: 'accuracy' in [train]: nan"},
      {"accuracy = [0.6, 0.7]", "latency = [\"80ms\"]", "s.toml:23: 'latency' in [train]: expected two times above 0"},
      {"accuracy = [0.6, 0.7]", "latency = [\"0s\", \"80ms\"]", "s.toml:23: 'latency' in [train]: expected two times above 0"},
      {"accuracy = [0.6, 0.7]", "rtt = [\"1\", \"80ms\"]", "s.toml:23: 'rtt' in [train]"},
      {"accuracy = [0.6, 0.7]", "uplink = [0, 1]", "s.toml:23: 'uplink' in [train]: 0"},
      {"\"markov\"]", "\"string\"]", "s.toml:24: 'links' in [train]: no link 'string'; there are scenario"},
      {"links = [\"scenario\", \"markov\"]", "links = []", "s.toml:24: 'links' in [train]: expected a list"},
      {"slots = 50", "energy_share = 0.5", "'energy' in [train]"},
      {"slots = 50", "energy_share = 0.5\nenergy = [1, 2]", "'energy_share' in [train]: nothing is said"},
      {"slots = 50", "power = \"raspberry-pi-4\"", "s.toml:22: unknown key 'power' in [train]"},
      {"speed = \"1kHz\"\n", "speed = \"1kHz\"\npower = \"potato\"\n", "s.toml:8: 'power' in [device]"},
      {"upload_bits = [[", "distance_correlation = [1, 0.5]\nupload_bits = [[",
       "s.toml:17: 'distance_correlation' in [model]: the last"},
      {"upload_bits = [[", "distance_correlation = [1]\nupload_bits = [[",
       "s.toml:17: 'distance_correlation' in [model]: 1 numbers"},
      {"slots = 50", "privacy_share = 0.5", "'privacy' in [train]"},
      {"accuracy = [0.6, 0.7]", "accuracy = [0.9, 0.9]", "no run was found whose constraints can be met"},
  };
  for (const auto& one : cases) {
    ExpectOneLine(Partway({"train", Changed(one.from, one.to), "-o", folder_ / "w.json", "--steps", "1"}), 1, one.names);
  }
  const std::string path = Write(kScenario);
  ExpectOneLine(Partway({"train", path}), 2, "--output");
  ExpectOneLine(Partway({"train", path, "-o", folder_ / "no/w.json", "--steps", "1"}), 1, "no/w.json");
  ExpectOneLine(Partway({"train", path, "-o", folder_ / "w.json", "--steps", "x"}), 2, "--steps");
  ExpectOneLine(Partway({"train", path, "-o", folder_ / "w.json", "--steps", "1000001"}), 2, "--steps");
  ExpectOneLine(Partway({"train", path, "-o", folder_ / "w.json", "--width", "65"}), 2, "--width");
  ExpectOneLine(Partway({"train", folder_ / "none.toml", "-o", folder_ / "w.json"}), 1, "none.toml");
  EXPECT_THAT(FilesIn(folder_.path()), testing::UnorderedElementsAre("s.toml"));
}

}   // namespace
}   // namespace partway::cli
