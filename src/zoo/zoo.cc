#include "zoo/zoo.h"

#include "base/status.h"
#include "base/text.h"
#include "zoo/architectures.h"

namespace partway::zoo {
namespace {

struct Recipe {
  const char* name;
  const char* description;
  int input_size;
  double batch_norm_epsilon;
  double centring;   // NetOptions::centring, chosen so that pictures stay apart through this depth
  Value (*describe)(Net&);
};

constexpr Recipe kRecipes[] = {
    {"efficientnet_v2_s", "EfficientNetV2-S", 384, 1e-3, 0.3, EfficientNetV2S},
    {"resnet50", "ResNet-50 v1.5", 224, 1e-5, 0.85,
     [](Net& net) {
       return ResNet(net, {3, 4, 6, 3});
     }},
    {"resnet152", "ResNet-152 v1.5", 224, 1e-5, 0.85,
     [](Net& net) {
       return ResNet(net, {3, 8, 36, 3});
     }},
    {"mobilenet_v1", "MobileNetV1 1.0", 224, 1e-5, 0.6, MobileNetV1},
    {"mobilenet_v2", "MobileNetV2 1.0", 224, 1e-5, 0.9, MobileNetV2},
    {"alexnet", "AlexNet, one tower", 224, 1e-5, 0.4, AlexNet},
};

NetOptions OptionsFor(const Recipe& recipe) {
  return {.name = recipe.name,
          .input_size = recipe.input_size,
          .batch_norm_epsilon = recipe.batch_norm_epsilon,
          .centring = recipe.centring};
}

std::vector<Entry> MakeEntries() {
  std::vector<Entry> entries;
  entries.push_back({.name = "efficientnet_lite0",
                     .description = "EfficientNet-Lite0, real weights (ImageNet-1k)",
                     .params = 4'631'000,
                     .macs = 385'187'552,
                     .input_size = 224,
                     .shipped = true});
  for (const Recipe& recipe : kRecipes) {
    NetOptions options = OptionsFor(recipe);
    options.weights = false;
    Net net(options);
    recipe.describe(net);
    entries.push_back({.name = recipe.name,
                       .description = Concat(recipe.description, ", seeded weights"),
                       .params = net.params(),
                       .macs = net.macs(),
                       .input_size = recipe.input_size,
                       .groups = net.groups()});
  }
  return entries;
}

}   // namespace

const std::vector<Entry>& Entries() {
  static const std::vector<Entry>* entries = new std::vector<Entry>(MakeEntries());
  return *entries;
}

const Entry* FindEntry(std::string_view name) {
  for (const Entry& entry : Entries()) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

std::string EntryNames() {
  std::string names;
  for (const Entry& entry : Entries()) Append(&names, names.empty() ? "" : ", ", entry.name);
  return names;
}

absl::StatusOr<onnx::ModelProto> BuildModel(std::string_view name, uint64_t seed) {
  for (const Recipe& recipe : kRecipes) {
    if (name != recipe.name) continue;
    NetOptions options = OptionsFor(recipe);
    options.seed = seed;
    Net net(options);
    const Value logits = recipe.describe(net);
    return net.Finish(logits);
  }
  if (FindEntry(name) != nullptr)
    return FailedPrecondition("model '", name, "' has real weights and ships as a file; it is not built");
  return NotFound("no model '", name, "' in the zoo, which has ", EntryNames());
}

}   // namespace partway::zoo
