#include "apps/scenario_file.h"

#include <cmath>
#include <filesystem>

#include "base/file.h"
#include "base/quantity.h"
#include "net/trace.h"
#include "sim/known_accuracy.h"

namespace partway::apps {
namespace {

constexpr double kMostBits = sim::SlotScenario::kMostBits;
constexpr int kMostFrames = sim::SlotScenario::kMostFrames;

// The one key of a table that says how something is drawn: { uniform = [..] }, { trace = "f.csv" }.
absl::Status OneOf(const TomlFields& fields, std::initializer_list<const char*> keys) {
  std::string list;
  size_t count = 0;
  for (const char* key : keys) {
    count += fields.Has(key) ? 1 : 0;
    Append(&list, list.empty() ? "" : " or ", key);
  }
  if (count == 1) return absl::OkStatus();
  return InvalidArgument(fields.At(fields.table()), fields.name(), " has ", count, " of ", list, "; expected exactly one");
}

absl::Status AtKey(const TomlFields& fields, std::string_view key, const absl::Status& status) {
  if (status.ok()) return status;
  const std::string_view message(status.message().data(), status.message().size());
  return InvalidArgument(fields.At(key), "'", key, "' in ", fields.name(), ": ", message);
}

absl::Status ReadFrames(TomlFields frames, sim::FrameSource* source) {
  frames.Only({"per_slot", "bits"});
  frames.Require("per_slot", "a number, { uniform = [30, 60] } or { trace = \"frames.csv\" }");
  RETURN_IF_ERROR(frames.status());
  const toml::node& node = *frames.Node("per_slot");
  if (!node.is_table()) {
    int64_t count = 0;
    frames.Whole("per_slot", 0, kMostFrames, &count);
    source->low = source->high = static_cast<int>(count);
    return frames.status();
  }
  TomlFields drawn(*node.as_table(), "per_slot", frames.origin());
  drawn.Only({"uniform", "trace"});
  RETURN_IF_ERROR(drawn.status());
  RETURN_IF_ERROR(OneOf(drawn, {"uniform", "trace"}));
  if (drawn.Has("trace")) {
    std::string file;
    drawn.Text("trace", &file);
    RETURN_IF_ERROR(drawn.status());
    const auto numbers = net::ReadNumbers(BesideScenario(frames.origin(), file), "frames", 0, kMostFrames);
    RETURN_IF_ERROR(AtKey(drawn, "trace", numbers.status()));
    for (const double number : *numbers) {
      if (number != std::floor(number)) {
        return AtKey(drawn, "trace", InvalidArgument(file, ": ", number, " frames; expected whole numbers"));
      }
      source->trace.push_back(static_cast<int>(number));
    }
    return absl::OkStatus();
  }
  std::vector<double> ends;
  drawn.Numbers("uniform", 0, kMostFrames, 2, 2, &ends);
  RETURN_IF_ERROR(drawn.status());
  if (ends[0] > ends[1] || ends[0] != std::floor(ends[0]) || ends[1] != std::floor(ends[1])) {
    drawn.Fail("uniform", ": expected two whole numbers, the lower one first");
    return drawn.status();
  }
  *source = {static_cast<int>(ends[0]), static_cast<int>(ends[1]), {}};
  return absl::OkStatus();
}

std::string Mbit(double bits) { return FormatCount(bits) + "bit"; }

absl::Status ReadMarkov(TomlFields markov, sim::MarkovBits* chain) {
  markov.Only({"bits", "transitions", "start"});
  markov.Require("bits", "the bits a slot of each state");
  markov.Require("transitions", "a row of shares for each state");
  markov.Numbers("bits", 0, kMostBits, 1, sim::SlotScenario::kMostStates, &chain->bits);
  markov.Rows("transitions", 0, 1, chain->bits.size(), chain->bits.size(), &chain->transitions);
  int64_t start = 0;
  markov.Whole("start", 0, static_cast<int64_t>(chain->bits.size()) - 1, &start);
  chain->start = static_cast<int>(start);
  RETURN_IF_ERROR(markov.status());
  for (const std::vector<double>& row : chain->transitions) {
    double sum = 0;
    for (const double share : row) sum += share;
    if (row.size() != chain->bits.size() || std::fabs(sum - 1) > 1e-6) {
      markov.Fail("transitions", Concat(": a row of ", row.size(), " shares sums to ", sum, "; expected ", chain->bits.size(),
                                        " shares that sum to 1"));
      return markov.status();
    }
  }
  return absl::OkStatus();
}

absl::Status ReadDrawnBits(TomlFields drawn, Scenario* scenario) {
  drawn.Only({"uniform", "trace", "markov"});
  RETURN_IF_ERROR(drawn.status());
  RETURN_IF_ERROR(OneOf(drawn, {"uniform", "trace", "markov"}));
  if (drawn.Has("uniform")) {
    std::vector<double> ends;
    drawn.Numbers("uniform", 0, kMostBits, 2, 2, &ends);
    RETURN_IF_ERROR(drawn.status());
    if (ends[0] > ends[1]) {
      drawn.Fail("uniform", ": expected two numbers, the lower one first");
      return drawn.status();
    }
    scenario->slots.link = sim::UniformBits{ends[0], ends[1]};
    scenario->link_words = Concat(Mbit(ends[0]), " to ", Mbit(ends[1]), " a slot, each slot anew");
    return absl::OkStatus();
  }
  if (drawn.Has("trace")) {
    std::string file;
    drawn.Text("trace", &file);
    RETURN_IF_ERROR(drawn.status());
    auto bits = net::ReadNumbers(BesideScenario(drawn.origin(), file), "bits", 0, kMostBits);
    RETURN_IF_ERROR(AtKey(drawn, "trace", bits.status()));
    scenario->slots.link = sim::ListedBits{*std::move(bits)};
    scenario->link_words = Concat("bits a slot from ", file);
    return absl::OkStatus();
  }
  sim::MarkovBits chain;
  std::optional<TomlFields> markov = drawn.Table("markov");
  RETURN_IF_ERROR(drawn.status());
  RETURN_IF_ERROR(ReadMarkov(*markov, &chain));
  scenario->link_words = Concat("a Markov chain of ", chain.bits.size(), " states");
  scenario->slots.link = std::move(chain);
  return absl::OkStatus();
}

absl::Status ReadConstraints(TomlFields constraints, Scenario* scenario) {
  constraints.Only({"latency", "accuracy"});
  constraints.Require("latency", "a time, as in \"80ms\"");
  std::optional<Duration> latency;
  constraints.Quantity("latency", ParseDuration, &latency);
  constraints.Number("accuracy", 0, 1, &scenario->slots.min_accuracy);
  RETURN_IF_ERROR(constraints.status());
  if (*latency <= Duration(0)) {
    constraints.Fail("latency", ": expected a time above 0");
    return constraints.status();
  }
  scenario->slots.max_latency_s = ToSeconds(*latency);
  scenario->constraints_line = constraints.table().source().begin.line;
  return absl::OkStatus();
}

}   // namespace

std::string BesideScenario(const std::string& origin, const std::string& file) {
  return (std::filesystem::path(origin).parent_path() / file).string();   // an absolute name stays itself
}

absl::Status ReadScenarioLink(TomlFields link, Scenario* scenario) {
  link.Only({"bits_per_slot", "rate", "trace", "rtt"});
  RETURN_IF_ERROR(link.status());
  RETURN_IF_ERROR(OneOf(link, {"bits_per_slot", "rate", "trace"}));
  std::optional<Duration> rtt;
  link.Quantity("rtt", ParseDuration, &rtt);
  if (rtt) scenario->slots.rtt_s = ToSeconds(*rtt);
  std::optional<BitsPerSecond> rate;
  link.Quantity("rate", ParseBitRate, &rate);
  std::string file;
  link.Text("trace", &file);
  RETURN_IF_ERROR(link.status());
  if (rate) {
    scenario->slots.link = sim::ConstantBits{rate->value() * scenario->slots.slot_s};
    scenario->link_words = FormatBitRate(rate->value());
  } else if (!file.empty()) {
    auto trace = net::ReadTrace(BesideScenario(link.origin(), file));
    RETURN_IF_ERROR(AtKey(link, "trace", trace.status()));
    scenario->link_words = Concat(file, ", ", FormatBitRate((*trace)->Typical().value()), " on average");
    scenario->slots.link = sim::ProfiledBits{*std::move(trace)};
  } else if (link.Node("bits_per_slot")->is_table()) {
    RETURN_IF_ERROR(ReadDrawnBits(TomlFields(*link.Node("bits_per_slot")->as_table(), "bits_per_slot", link.origin()), scenario));
  } else {
    double bits = 0;
    link.Number("bits_per_slot", 0, kMostBits, &bits);
    scenario->slots.link = sim::ConstantBits{bits};
    scenario->link_words = Concat(Mbit(bits), " a slot");
  }
  if (rtt) Append(&scenario->link_words, ", ", FormatSeconds(scenario->slots.rtt_s), " there and back");
  return link.status();
}

absl::StatusOr<Scenario> ReadScenario(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kMostScenarioBytes));
  return ParseScenario(text, path);
}

absl::StatusOr<Scenario> ParseScenario(std::string_view text, const std::string& origin) {
  ASSIGN_OR_RETURN(const toml::table table, ParseToml(text, origin));
  TomlFields root(table, "the file", origin);
  root.Only({"name", "slots", "slot", "seed", "frames", "device", "edge", "link", "model", "constraints", "policy", "train",
             "simulator", "devices", "faults"});
  Scenario scenario;
  scenario.path = origin;
  scenario.slots.name = std::filesystem::path(origin).stem().string();
  root.Text("name", &scenario.slots.name);
  root.Whole("slots", 1, sim::SlotScenario::kMostSlots, &scenario.slots.slots);
  int64_t seed = 1;
  root.Whole("seed", 0, INT64_MAX, &seed);
  scenario.slots.seed = static_cast<uint64_t>(seed);
  std::optional<Duration> slot;
  root.Quantity("slot", ParseDuration, &slot);
  if (slot) scenario.slots.slot_s = ToSeconds(*slot);
  for (const char* section : {"frames", "device", "edge", "link", "model", "constraints"}) {
    root.Require(section, Concat("a section, [", section, "]"));
  }
  RETURN_IF_ERROR(root.status());
  if (!(scenario.slots.slot_s >= sim::SlotScenario::kShortestSlot && scenario.slots.slot_s <= sim::SlotScenario::kLongestSlot)) {
    root.Fail("slot", Concat(": expected a time from ", FormatSeconds(sim::SlotScenario::kShortestSlot), " to ",
                             FormatSeconds(sim::SlotScenario::kLongestSlot)));
    return root.status();
  }
  const auto section = [&](const char* name) { return root.Table(name); };
  const std::optional<TomlFields> frames = section("frames"), link = section("link"), constraints = section("constraints");
  RETURN_IF_ERROR(root.status());
  RETURN_IF_ERROR(ReadFrames(*frames, &scenario.slots.frames));
  RETURN_IF_ERROR(ReadScenarioLink(*link, &scenario));
  RETURN_IF_ERROR(ReadConstraints(*constraints, &scenario));
  RETURN_IF_ERROR(ReadScenarioModel(root, &scenario));
  if (const sim::KnownAccuracy known(*scenario.slots.options); scenario.slots.min_accuracy > 0 && !known.all()) {
    return InvalidArgument(constraints->At("accuracy"), "'accuracy' in [constraints]: that of option '",
                           cost::OptionText(*scenario.slots.options, known.first_unknown()),
                           "' is not known; expected 'accuracy' in [model] to have every size and codec");
  }
  RETURN_IF_ERROR(ReadScenarioEvents(root, &scenario));
  RETURN_IF_ERROR(ReadScenarioPolicies(root, &scenario));
  RETURN_IF_ERROR(Annotate(sim::CheckSlotScenario(scenario.slots), origin));
  return scenario;
}

}   // namespace partway::apps
