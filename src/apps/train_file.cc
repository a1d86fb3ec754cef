#include "apps/train_file.h"

#include <utility>

#include "base/file.h"
#include "base/quantity.h"

namespace partway::apps {
namespace {

constexpr double kMostFactor = 1000, kMostJoulePrice = 1e6, kMostPrivacyPrice = 1e3, kMostPenalty = 1e6;
constexpr size_t kMostLinks = 64;

// [low, high] of numbers; without the key the range stays.
void ReadRange(TomlFields* fields, const char* key, double low, double high, sim::DrawRange* range) {
  std::vector<double> ends;
  fields->Numbers(key, low, high, 2, 2, &ends);
  if (!fields->ok() || ends.empty()) return;
  if (ends[0] > ends[1]) return fields->Fail(key, ": expected two numbers, the lower one first");
  *range = {ends[0], ends[1]};
}

// ["30ms", "200ms"].
void ReadTimes(TomlFields* fields, const char* key, bool above_0, sim::DrawRange* range) {
  if (!fields->ok() || !fields->Has(key)) return;
  const toml::array* list = fields->Node(key)->as_array();
  const auto expected = [&] {
    fields->Fail(key, Concat(": expected two times ", above_0 ? "above 0" : "from 0s on",
                             ", the shorter one first, as in [\"30ms\", \"200ms\"]"));
  };
  if (list == nullptr || list->size() != 2) return expected();
  double ends[2];
  for (size_t i = 0; i < 2; ++i) {
    const auto* text = list->get(i)->as_string();
    if (text == nullptr) return expected();
    const absl::StatusOr<Duration> time = ParseDuration(text->get());
    if (!time.ok()) return fields->Fail(key, Concat(": ", std::string(time.status().message())));
    ends[i] = ToSeconds(*time);
  }
  if (ends[0] > ends[1] || ends[0] < 0 || (above_0 && ends[0] == 0)) return expected();
  *range = {ends[0], ends[1]};
}

absl::Status ReadLinks(TomlFields* train, std::vector<sim::LinkShape>* links) {
  if (!train->Has("links")) return absl::OkStatus();
  const toml::array* list = train->Node("links")->as_array();
  if (list == nullptr || list->empty() || list->size() > kMostLinks) {
    train->Fail("links", Concat(": expected a list of 1 to ", kMostLinks, " names"));
    return train->status();
  }
  links->clear();
  for (const toml::node& node : *list) {
    const absl::StatusOr<sim::LinkShape> shape = sim::LinkShapeNamed(node.is_string() ? node.as_string()->get() : "");
    if (!shape.ok()) {
      train->Fail("links", Concat(": ", std::string(shape.status().message())));
      return train->status();
    }
    links->push_back(*shape);
  }
  return absl::OkStatus();
}

absl::Status ReadTrain(TomlFields train, sim::LessonPlan* plan) {
  train.Only({"slots", "latency", "accuracy", "uplink", "device", "edge", "rtt", "links", "step", "energy", "energy_share",
              "privacy", "privacy_share", "latency_penalty", "accuracy_penalty"});
  train.Whole("slots", 1, sim::LessonPlan::kMostSlots, &plan->slots);
  ReadTimes(&train, "latency", /*above_0=*/true, &plan->latency_s);
  ReadRange(&train, "accuracy", 0, 1, &plan->accuracy);
  ReadRange(&train, "uplink", 1 / kMostFactor, kMostFactor, &plan->uplink);
  ReadRange(&train, "device", 1 / kMostFactor, kMostFactor, &plan->device);
  ReadRange(&train, "edge", 1 / kMostFactor, kMostFactor, &plan->edge);
  ReadTimes(&train, "rtt", /*above_0=*/false, &plan->rtt_s);
  train.Number("step", 0, 1, &plan->step);
  ReadRange(&train, "energy", 1 / kMostJoulePrice, kMostJoulePrice, &plan->energy);
  ReadRange(&train, "privacy", 1 / kMostPrivacyPrice, kMostPrivacyPrice, &plan->privacy);
  train.Number("energy_share", 0, 1, &plan->energy_share);
  train.Number("privacy_share", 0, 1, &plan->privacy_share);
  train.Number("latency_penalty", 0, kMostPenalty, &plan->latency_penalty);
  train.Number("accuracy_penalty", 0, kMostPenalty, &plan->accuracy_penalty);
  RETURN_IF_ERROR(train.status());
  RETURN_IF_ERROR(ReadLinks(&train, &plan->links));
  if (plan->energy_share > 0) {
    train.Require("energy", "a range, what a joule is worth in frames");
    if (plan->scenario->power == nullptr)
      train.Fail("energy_share", ": nothing is said of what the device draws; expected power in [device]");
  }
  if (plan->privacy_share > 0) train.Require("privacy", "a range, what a distance correlation of 1 is worth in frames");
  return train.status();
}

}   // namespace

absl::StatusOr<TrainingFile> ReadTraining(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kMostScenarioBytes));
  return ParseTraining(text, path);
}

absl::StatusOr<TrainingFile> ParseTraining(std::string_view text, const std::string& origin) {
  ASSIGN_OR_RETURN(Scenario scenario, ParseScenario(text, origin));
  TrainingFile training;
  training.scenario = std::make_shared<const Scenario>(std::move(scenario));
  const sim::SlotScenario& slots = training.scenario->slots;
  sim::LessonPlan& plan = training.plan;
  plan.scenario = &slots;
  plan.slots = std::min(slots.slots, sim::LessonPlan::kMostSlots);
  plan.latency_s = {slots.max_latency_s, slots.max_latency_s};
  plan.accuracy = {slots.min_accuracy, slots.min_accuracy};
  plan.rtt_s = {slots.rtt_s, slots.rtt_s};
  ASSIGN_OR_RETURN(const toml::table table, ParseToml(text, origin));
  TomlFields root(table, "the file", origin);
  const std::optional<TomlFields> train = root.Table("train");
  RETURN_IF_ERROR(root.status());
  if (train) RETURN_IF_ERROR(ReadTrain(*train, &plan));
  return training;
}

}   // namespace partway::apps
